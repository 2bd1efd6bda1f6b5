"""Months as whole numbers."""

from datetime import date

import pytest

from services.common.months import add_months, first_day, format_month, month_of, parse_month


@pytest.mark.parametrize(
    ("day", "count", "moved"),
    [
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 12, 31), 2, date(2026, 2, 28)),
        (date(2025, 3, 31), -1, date(2025, 2, 28)),
        (date(2025, 1, 15), -13, date(2023, 12, 15)),
        (date(2025, 1, 15), 0, date(2025, 1, 15)),
    ],
)
def test_a_day_that_the_month_does_not_have_becomes_its_last(day: date, count: int, moved: date) -> None:
    assert add_months(day, count) == moved


def test_months_are_counted_from_year_nought_and_written_again() -> None:
    assert parse_month("2025-06") == 2025 * 12 + 5 == month_of(date(2025, 6, 30))
    assert format_month(month_of(first_day(parse_month("1999-12")))) == "1999-12"
