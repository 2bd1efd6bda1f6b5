"""A made-up city with planted faults: CSV files for trials, and the truth about them. Nobody in it can be real."""
