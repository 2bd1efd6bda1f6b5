"""The parameters and the calendar as data."""

from datetime import date

import pytest

from services.card.calendar import Deadline, load_calendar
from services.card.drawing import draw
from services.card.operation import Operation
from services.card.parameters import load_parameters
from services.card.transitions import RULES
from tests.support.contracts import ROOT

BOOK = load_parameters()


def test_a_value_holds_from_its_day_on() -> None:
    assert [BOOK.on(day).making_working_days for day in (date(2018, 1, 31), date(2018, 2, 1))] == [30, 7]
    assert [BOOK.on(day).pin_tries for day in (date(2021, 12, 31), date(2022, 1, 1))] == [3, 6]


def test_every_value_names_its_source_and_what_nobody_confirmed_is_marked() -> None:
    assert all(version.source for item in BOOK.parameters.values() for version in item.since.values())
    assert {"provisional_loss_days", "validity_years", "pin_tries", "formal_loss_undo"} <= set(BOOK.unverified)


@pytest.mark.parametrize(
    ("applied", "count", "last"),
    [
        (date(2026, 11, 25), 7, date(2026, 12, 4)),
        (date(2026, 2, 13), 7, date(2026, 3, 2)),  # the Saturdays 14 and 28 February are worked, 15 to 23 off
        (date(2025, 9, 26), 7, date(2025, 10, 13)),  # Sunday 28 September and Saturday 11 October are worked
        (date(2024, 4, 30), 1, date(2024, 5, 6)),
        (date(2023, 9, 28), 2, date(2023, 10, 8)),
    ],
)
def test_working_days_leave_out_holidays_and_count_the_weekends_worked_for_them(
    applied: date, count: int, last: date
) -> None:
    assert load_calendar().after(applied, count) == Deadline(last, is_certain=True)


def test_a_deadline_into_a_year_without_announced_holidays_says_that_it_is_uncertain() -> None:
    deadline = BOOK.making_deadline(date(2026, 12, 25), is_long=False)
    assert deadline == Deadline(date(2027, 1, 5), is_certain=False)
    assert BOOK.making_deadline(date(2026, 11, 25), is_long=True) == Deadline(date(2027, 1, 6), is_certain=False)


def test_every_announced_year_has_its_five_to_seven_holidays_and_whole_weeks_balance() -> None:
    calendar = load_calendar()
    for year in calendar.years:
        worked = sum(calendar.is_working_day(date.fromordinal(day)) for day in _days(year))
        assert 247 <= worked <= 251  # 250 until 2024, 248 since the two holidays added in 2025


def _days(year: int) -> range:
    return range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())


def test_every_operation_has_a_rule() -> None:
    assert set(RULES) == set(Operation)
    names = {name for rule in RULES.values() for name in rule.parameters}
    assert names <= set(BOOK.parameters)


def test_the_drawn_page_is_up_to_date() -> None:
    assert (ROOT / "docs/cards.md").read_text("utf-8") == draw(), "Run python -m services.card.drawing > docs/cards.md"
