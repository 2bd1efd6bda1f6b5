"""The drivers below SQLAlchemy, `sqlite3` and `asyncpg`: how they are reached, what they take, what errors mean."""

import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol, cast

import asyncpg
import sqlalchemy as sa
from sqlalchemy.util import await_only

from services.common.group import Values, group_of

Convert = Callable[[object], object] | None
"""How a value is written or read in another way; None when it stays as it is."""

DRIVER_ERRORS = (sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
_DUPLICATES = (sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError)
_OUTAGES = (
    sqlite3.OperationalError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    OSError,
)


class _Asyncpg(Protocol):
    """What we use of an asyncpg connection."""

    def fetch(self, sql: str, *values: object) -> Coroutine[Any, Any, list[object]]: ...
    def execute(self, sql: str) -> Coroutine[Any, Any, object]: ...
    def executemany(self, sql: str, rows: Sequence[Values]) -> Coroutine[Any, Any, object]: ...
    def fetchmany(self, sql: str, rows: Sequence[Values]) -> Coroutine[Any, Any, list[object]]: ...
    def copy_records_to_table(
        self, table: str, *, records: Sequence[Values], columns: Sequence[str]
    ) -> Coroutine[Any, Any, object]: ...


_NUMBERS: dict[object, object] = {True: 1, False: 0, None: None}

Driver = sqlite3.Connection | _Asyncpg


def driver_of(connection: sa.Connection, *, writes: bool, known: bool = False) -> Driver:
    """Give the driver's connection; the group is told that the database is asked or changed (its effects known)."""
    group = group_of(connection)
    if group is not None:
        if group.unseen:
            group.show(connection)
        if writes:
            group.note_write(known=known)
    return cast("Driver", connection.connection.driver_connection)


def command(connection: sa.Connection, sql: str) -> None:
    """Run a command without values, such as BEGIN."""
    driver = cast("Driver", connection.connection.driver_connection)
    try:
        if isinstance(driver, sqlite3.Connection):
            driver.execute(sql)
        else:
            await_only(driver.execute(sql))
    except DRIVER_ERRORS as error:
        raise translated(sql, error) from error


def written(kind: "sa.types.TypeEngine[Any]", dialect: sa.Dialect) -> Convert:
    """Give how a value of a column's type is written; None when the driver takes it as it is."""
    if isinstance(kind, sa.LargeBinary):
        return None
    if dialect.name == "sqlite" and isinstance(kind, sa.DateTime):
        return _moment
    if dialect.name == "sqlite" and isinstance(kind, sa.Boolean):
        return _NUMBERS.__getitem__
    return kind.dialect_impl(dialect).bind_processor(dialect)


@lru_cache(maxsize=1024)  # rows of one moment share it
def _moment(value: datetime | None) -> str | None:
    """Write a moment as SQLAlchemy's own type for SQLite does, in half the time."""
    return None if value is None else value.replace(tzinfo=None).isoformat(" ", "microseconds")


def translated(sql: str, error: BaseException) -> sa.exc.DBAPIError:
    """Give SQLAlchemy's error for a driver's, so that nobody has to know two kinds."""
    kind = sa.exc.DBAPIError
    if isinstance(error, _DUPLICATES):
        kind = sa.exc.IntegrityError
    elif isinstance(error, _OUTAGES):
        kind = sa.exc.OperationalError
    return kind(sql, None, error)
