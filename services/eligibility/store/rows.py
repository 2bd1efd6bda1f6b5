"""Small conversions between columns and values."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

import sqlalchemy as sa

from services.common.database import chunks
from services.common.sets import among
from services.eligibility.certification import CertificationState, Period

_PIECE = 10_000  # one bound value has room for them all; so many rows at once are enough in memory

GRANTING = "eligibility/granting"
"""The matter of which grants take turns."""


def day_text(day: date | None) -> str:
    """Write a date as it is stored; empty for none."""
    return day.isoformat() if day is not None else ""


def day_or_none(text: str) -> date | None:
    """Read a stored date; None for an empty text."""
    return date.fromisoformat(text) if text else None


def read_periods(text: str) -> Iterable[Period]:
    """Read a history as it is stored."""
    for part in text.split(","):
        state, _, since = part.partition(" ")
        yield Period(CertificationState(state), date.fromisoformat(since))


def rows_in(
    connection: sa.Connection,
    table: sa.Table,
    column: str,
    values: Collection[str],
    *conditions: sa.ColumnElement[bool],
) -> Iterator[sa.RowMapping]:
    """Give the rows whose column has one of many values."""
    statement = sa.select(table).where(*conditions)
    for some in chunks(sorted(values), _PIECE):
        yield from connection.execute(statement.where(among(connection, table.c[column], some))).mappings()


def locked_in(
    connection: sa.Connection,
    table: sa.Table,
    column: str,
    values: Collection[str],
    *conditions: sa.ColumnElement[bool],
) -> Iterator[sa.RowMapping]:
    """Give such rows locked for a change; the order keeps two transactions from waiting for each other."""
    statement = sa.select(table).where(*conditions).order_by(table.c[column]).with_for_update()
    for some in chunks(sorted(values), _PIECE):
        yield from connection.execute(statement.where(among(connection, table.c[column], some))).mappings()


def by_first(keys: Collection[tuple[str, str]]) -> Mapping[str, list[str]]:
    """Group pairs by their first part; a composite key is then asked for part by part, which every index serves."""
    groups: dict[str, list[str]] = {}
    for first, second in sorted(keys):
        groups.setdefault(first, []).append(second)
    return groups
