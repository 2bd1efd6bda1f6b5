"""Tables of eligibility, a module an aggregate; migrations/ has them as they were at each version.

Dates are ISO 8601 texts of ten characters: both databases, and filters, compare them as dates compare.
"""
