"""What differs between the two dialects of SQL that the book is written in; all else is common to both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Dialect:
    """A dialect: texts of SQL made of texts of SQL."""

    name: str
    quotient: Callable[[str, str], str]
    """Whole division by a positive number, towards zero."""
    union: Callable[[str, str], str]
    """The bits of both numbers."""
    picked: Callable[[Sequence[int], str], str]
    """Of some numbers the one at a place, counted from 0; the place is always one of theirs."""
    refuse: Callable[[str, str], str]
    """A condition of rows that always holds, but where another one does the query ends with a message."""
    ending: str = ""
    """What each query ends with."""


DUCKDB = Dialect(
    "DUCKDB",
    quotient=lambda number, divisor: f"({number} // {divisor})",
    union=lambda one, other: f"({one} | {other})",
    picked=lambda numbers, place: f"{list(numbers)}[{place} + 1]",
    refuse=lambda wrong, message: f"CASE WHEN {wrong} THEN error('{message}') ELSE TRUE END",
)
CLICKHOUSE = Dialect(
    "CLICKHOUSE",
    quotient=lambda number, divisor: f"intDiv({number}, {divisor})",
    union=lambda one, other: f"bitOr({one}, {other})",
    # An index into an array that is written out would copy the array for each row.
    picked=lambda numbers, place: f"transform({place}, {list(range(len(numbers)))}, {list(numbers)}, {numbers[0]})",
    refuse=lambda wrong, message: f"throwIf(coalesce({wrong}, FALSE), '{message}') = 0",
    # To leave out what a CASE does not need costs seven times what it saves, and nothing here can go wrong in any row.
    ending="\nSETTINGS short_circuit_function_evaluation = 'disable'",
)
DIALECTS = MappingProxyType({dialect.name: dialect for dialect in (DUCKDB, CLICKHOUSE)})
