"""Arithmetic in SQL is Python's: divisions go downwards, also below zero, and large products stay whole."""

from collections.abc import Callable
from typing import cast

import duckdb
import pyarrow as pa
import pytest

from services.eligibility.book.interval import Interval
from services.eligibility.book.ops import half_up, least, logical_and, logical_not, logical_or, most, where
from services.eligibility.engines.dialect import DUCKDB
from services.eligibility.engines.expression import Expression, Layers

NUMBERS = [-25, -24, -13, -12, -1, 0, 1, 11, 12, 13, 24, 3_000_000_000]

Rule = Callable[[int], int]


def flag(number: int) -> bool:
    """Call a number of 0 or 1 what it is used as."""
    return cast("bool", number)


RULES: dict[str, Rule] = {
    "floor": lambda x: x // 12,
    "remainder": lambda x: x % 12,
    "constant over": lambda x: 1_000 // most(x, 1) + 1_000 % most(x, 7),
    "half up": lambda x: half_up(x * 10, 24),
    "negative": lambda x: -x - 5,
    "from a constant": lambda x: 7 - x,
    "wide": lambda x: x * 1_000_000_000,
    "least and most": lambda x: least(most(x, -5), 12) + most(3, least(x, 2)),
    "where": lambda x: where(x < 0, -1, where(x == 0, 0, 1)),
    "conditions": lambda x: where(logical_or(logical_and(x > 0, x < 12), logical_not(x != -1)), 1, 0),
    "condition as number": lambda x: (x >= 12) + 2 * (x <= 0),
    "number as condition": lambda x: where(logical_and(flag(x % 2), x > 0), 5, 6),
    "nested": lambda x: ((x // 5) % 7 // 2 - 3) // 2 % 5,
    "long": lambda x: (((x + 1) // 2 + (x + 2) // 3 + (x + 3) // 4 + (x + 4) // 5 + (x + 5) // 6) // 7) % 11 // 2,
}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_gives_the_same_on_an_expression_as_on_numbers(name: str) -> None:
    layers = Layers(DUCKDB)
    given = Expression(layers, "source.x", Interval(min(NUMBERS), max(NUMBERS)), 0)
    found = cast("Expression", RULES[name](cast("int", given)))  # rules are typed as they are read, for one person
    layers.column("found", found.number())
    query = "SELECT x FROM numbers"
    for columns in layers.columns:
        added = "".join(f', {text} AS "{column}"' for column, text in columns.items())
        query = f"SELECT source.*{added} FROM ({query}) AS source"
    with duckdb.connect() as database:
        database.register("numbers", pa.table({"x": NUMBERS}))
        rows = database.sql(f"SELECT x, found FROM ({query}) ORDER BY x").fetchall()
    assert rows == [(x, int(RULES[name](x))) for x in NUMBERS]


def test_what_is_certain_is_written_as_a_number() -> None:
    given = Expression(Layers(DUCKDB), '"x"', Interval(1, 9), 1)
    assert (given >= 1, given < 1, given // 10, given.where(4, 4).__class__) == (1, 0, 0, int)


def test_a_choice_by_if_is_refused() -> None:
    given = Expression(Layers(DUCKDB), '"x"', Interval(1, 9), 1)
    with pytest.raises(TypeError, match="where"):
        bool(given > 3)
