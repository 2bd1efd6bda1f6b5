"""The operations of rules on numbers, arrays and bounds."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.eligibility.book.interval import MOST, Interval, interval
from services.eligibility.book.ops import half_up, least, logical_and, logical_not, logical_or, most, where

WHOLE = st.integers(-(10**6), 10**6)

NUMBERS: list[Callable[[int, int], int]] = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: -a + b,
    lambda a, b: 7 + a - (3 - b),
    lambda a, b: 5 * a + 1,
    lambda a, b: a // (most(b, 0) + 1),
    lambda a, b: 1000 // (most(b, 0) + 1) + a * 0,
    lambda a, b: (a + 2_000_000) % 12,
    least,
    lambda a, b: least(5, a),
    most,
    lambda a, b: most(-5, b),
    lambda a, b: half_up(a, 12),
    lambda a, b: half_up(a, most(b, 1)),
    lambda a, b: where(a < b, a, b),
    lambda a, b: where(a >= b, 1, a),
]
CONDITIONS: list[Callable[[int, int], bool]] = [
    lambda a, b: a < b,
    lambda a, b: a <= b,
    lambda a, b: a > b,
    lambda a, b: a >= b,
    lambda a, b: a == b,
    lambda a, b: a != b,
    lambda a, b: logical_and(a > 0, b > 0, True),
    lambda a, b: logical_or(a > 0, b > 0),
    lambda a, b: logical_and(True, a > 0),
    lambda a, b: logical_or(False, a > 0, b < 0),
    lambda a, b: logical_not(a > b),
]
EVERY: list[Callable[[int, int], int]] = [*NUMBERS, *CONDITIONS]


@pytest.mark.parametrize("number", range(len(EVERY)))
@given(pairs=st.lists(st.tuples(WHOLE, WHOLE), min_size=1))
def test_an_array_is_computed_as_its_numbers_are(number: int, pairs: list[tuple[int, int]]) -> None:
    rule: Callable[..., object] = EVERY[number]
    left, right = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
    assert np.asarray(rule(left, right)).tolist() == [rule(a, b) for a, b in pairs]


@pytest.mark.parametrize("number", range(len(EVERY)))
@given(a=st.tuples(WHOLE, WHOLE, WHOLE).map(sorted), b=st.tuples(WHOLE, WHOLE, WHOLE).map(sorted))
def test_bounds_hold_every_value_between(number: int, a: list[int], b: list[int]) -> None:
    rule: Callable[..., object] = EVERY[number]
    bounds = interval(rule(Interval(a[0], a[2]), Interval(b[0], b[2])))
    value = rule(a[1], b[1])
    assert isinstance(value, int)
    assert bounds.low <= value <= bounds.high


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(5, 10, 1), (4, 10, 0), (15, 10, 2), (14, 10, 1), (1, 3, 0), (2, 3, 1), (-5, 10, 0), (-6, 10, -1), (7, 1, 7)],
)
def test_halves_are_rounded_up(numerator: int, denominator: int, rounded: int) -> None:
    assert half_up(numerator, denominator) == rounded


def test_logic_on_one_person_stays_logic() -> None:
    assert logical_not(True) is False
    assert logical_and(True, False) is False
    assert logical_or(False, True) is True


def test_a_condition_that_comes_as_a_number_gives_plain_numbers() -> None:
    met, unmet = int(True), int(False)  # so a plan hands conditions to the next rule
    assert [type(value) for value in (where(met, 2, 3), where(unmet, 2, 3))] == [int, int]  # type: ignore[arg-type]  # see above
    assert (where(met, 2, 3), logical_not(met), logical_not(unmet)) == (2, False, True)  # type: ignore[arg-type]  # see above
    assert type(logical_not(met)) is bool  # type: ignore[arg-type]  # see above


def test_bounds_refuse_what_a_column_cannot_hold() -> None:
    with pytest.raises(OverflowError):
        Interval(0, MOST) + 1
    with pytest.raises(ZeroDivisionError):
        Interval(1, 2) // Interval(0, 1)
    with pytest.raises(ZeroDivisionError):
        Interval(1, 2) % 0
    with pytest.raises(TypeError, match="with where, not with if"):
        bool(Interval(0, 1))
    with pytest.raises(TypeError, match="whole numbers, not with float"):
        Interval(0, 1) * 0.5
