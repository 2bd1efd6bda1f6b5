"""The whole mission on one machine: a made-up city lived through month by month, and what supervision found in it."""
