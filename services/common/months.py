"""Calendar months as whole numbers, and ISO 8601 texts of months and dates.

A month is `year * 12 + month - 1`, the number of months since year 0, so that a difference is a subtraction.
"""

import re
from datetime import date, timedelta
from functools import lru_cache

FIRST_YEAR, LAST_YEAR = 1800, 2200
"""Years outside are typing errors, not dates of this system."""

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)


def parse_month(text: str) -> int:
    """Read `YYYY-MM`; raise ValueError for anything else."""
    found = _MONTH.fullmatch(text)
    if found is None:
        raise ValueError("A month is written YYYY-MM.")
    year, month = int(found[1]), int(found[2])
    if not FIRST_YEAR <= year <= LAST_YEAR or not 1 <= month <= 12:
        raise ValueError("There is no such month.")
    return year * 12 + month - 1


def format_month(month: int) -> str:
    """Write a month as `YYYY-MM`."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


@lru_cache(maxsize=1 << 14)  # the same days come again and again: 16,384 are forty-four years of them
def parse_date(text: str) -> date:
    """Read `YYYY-MM-DD`; raise ValueError for anything else."""
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError("A date is written YYYY-MM-DD.")
    if not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        raise ValueError("There is no such date.")
    return date(int(found[1]), int(found[2]), int(found[3]))


def month_of(day: date) -> int:
    """Give the month of a date."""
    return day.year * 12 + day.month - 1


def first_day(month: int) -> date:
    """Give the first day of a month."""
    return date(month // 12, month % 12 + 1, 1)


def add_months(day: date, count: int) -> date:
    """Move a date by whole months; a day that the month does not have becomes its last day."""
    month = month_of(day) + count
    try:
        return date(month // 12, month % 12 + 1, day.day)
    except ValueError:
        return first_day(month + 1) - timedelta(days=1)
