"""Days moved by months in a table fall where they fall one by one."""

from datetime import date, timedelta

import numpy as np
import pytest

from services.common.months import add_months
from services.eligibility.columns import FIRST_DAY, LAST_DAY, NEVER, NO_DAY, day_number, months_table, moved


@pytest.mark.parametrize("months", [(12,), (12, -2), (840,), (1, -1)])
def test_a_table_of_moved_days_says_of_each_what_adding_months_says(months: tuple[int, ...]) -> None:
    table = months_table(*months)
    assert table[0] == NEVER
    # Eleven shares nothing with weeks, months and leap years: within 300 years each day of each month comes.
    for number in range(FIRST_DAY, LAST_DAY, 11):
        day = date(1970, 1, 1) + timedelta(days=number)
        for count in months:
            day = add_months(day, count)
        assert table[number - NO_DAY] == day_number(day)


def test_what_was_moved_beyond_the_last_known_day_can_be_moved_again() -> None:
    days = np.array([LAST_DAY - 1, NEVER], dtype=np.int32)
    again = moved(moved(days, 120), 100)
    assert again.tolist() == [day_number(date(2168, 4, 30)), NEVER]
