"""What differs between the two dialects of SQL that the book is written in; all else is common to both."""

from collections.abc import Callable
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
    refuse: Callable[[str, str], str]
    """A condition of rows that always holds, but where another one does the query ends with a message."""


DUCKDB = Dialect(
    "duckdb",
    quotient=lambda number, divisor: f"({number} // {divisor})",
    union=lambda one, other: f"({one} | {other})",
    refuse=lambda wrong, message: f"CASE WHEN {wrong} THEN error('{message}') ELSE TRUE END",
)
CLICKHOUSE = Dialect(
    "clickhouse",
    quotient=lambda number, divisor: f"intDiv({number}, {divisor})",
    union=lambda one, other: f"bitOr({one}, {other})",
    refuse=lambda wrong, message: f"throwIf(coalesce({wrong}, FALSE), '{message}') = 0",
)
DIALECTS = MappingProxyType({dialect.name: dialect for dialect in (DUCKDB, CLICKHOUSE)})
