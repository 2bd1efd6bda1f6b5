"""Statements of hot paths: written in SQLAlchemy Core, compiled once a dialect, run by the driver itself.

SQLAlchemy spends 50 to 150 µs on building, caching and wrapping a statement whose work takes 5 to 15. What is called
for every request cannot afford that (docs/adr/0020-driver-tuples.md); everything else uses Core as usual, on the same
connection and in the same transaction.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Generic, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.util import await_only

from services.common.driver import DRIVER_ERRORS, Convert, driver_of, translated, written
from services.common.group import Values

R = TypeVar("R")
T = TypeVar("T")

COPY_FROM = 16
"""Rows from which PostgreSQL's COPY is worth its extra round trips."""

_SQLITE_ROWS = (256, 32, 4)
"""Rows of one statement, as many as there are; SQLite takes 32,766 values."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement as one driver takes it."""

    sql: str
    constants: tuple[object, ...]
    """Values that the statement itself holds; they come after those given."""
    order: tuple[int, ...] | None
    """Which of all these stands at each place; None when they stand in that order."""
    binds: tuple[Convert, ...] | None
    """How each value at its place is written; None when the driver takes all as they are."""
    results: list[tuple[int, Callable[[object], object]]]
    """Which values of a row are read in another way, and how."""

    def bind(self, values: Values) -> Values:
        if self.order is not None:
            known = (*values, *self.constants)
            values = [known[place] for place in self.order]
        if self.binds is not None:
            values = [convert(one) if convert else one for convert, one in zip(self.binds, values, strict=True)]
        return values

    def read(self, rows: list[object]) -> list[object]:
        if not self.results:
            return rows
        read = [list(row) for row in rows]  # type: ignore[call-overload]  # a row is a sequence
        for row in read:
            for place, convert in self.results:
                row[place] = convert(row[place])
        return read


class Statement(Generic[R]):
    """A statement with named parameters, whose values are given in the order of `names`; R is the type of its rows."""

    def __init__(
        self, build: Callable[[str], sa.SelectBase | sa.UpdateBase], *names: str, effects_known: bool = False
    ) -> None:
        """Prepare what `build` gives for a dialect's name, `sqlite` or `postgresql`.

        Who runs one whose effects are known forgets what it changes of what was foreseen (services.common.lookup).
        """
        self._build = build
        self._known = effects_known
        self._names = names
        self._compiled: dict[str, _Compiled] = {}
        self._writes = False

    def rows(self, connection: sa.Connection, *values: object) -> list[R]:
        """Run it and give its rows as tuples; raises what Core raises (IntegrityError, OperationalError)."""
        compiled = self._compiled.get(connection.dialect.name) or self._compile(connection)
        driver = driver_of(connection, writes=self._writes, known=self._known)
        try:
            if isinstance(driver, sqlite3.Connection):
                rows = driver.execute(compiled.sql, compiled.bind(values)).fetchall()
            else:
                rows = await_only(driver.fetch(compiled.sql, *compiled.bind(values)))
        except DRIVER_ERRORS as error:
            raise translated(compiled.sql, error) from error
        return cast("list[R]", compiled.read(rows))

    def one(self, connection: sa.Connection, *values: object) -> R | None:
        """Give its only row, or None."""
        rows = self.rows(connection, *values)
        return rows[0] if rows else None

    def each(self, connection: sa.Connection, rows: Sequence[Values]) -> int:
        """Run a change once for each of some rows of values; give how many rows of the table it has changed.

        On PostgreSQL all of them travel together, and the statement must return a row for each row that it changes.
        """
        compiled = self._compiled.get(connection.dialect.name) or self._compile(connection)
        driver = driver_of(connection, writes=self._writes, known=self._known)
        bound = [compiled.bind(row) for row in rows]
        try:
            if isinstance(driver, sqlite3.Connection):
                return driver.executemany(compiled.sql, bound).rowcount
            return len(await_only(driver.fetchmany(compiled.sql, bound)))
        except DRIVER_ERRORS as error:
            raise translated(compiled.sql, error) from error

    def _compile(self, connection: sa.Connection) -> _Compiled:
        statement = self._build(connection.dialect.name)
        self._writes = isinstance(statement, sa.UpdateBase)
        compiled = _compile(statement, self._names, connection.dialect)
        self._compiled[connection.dialect.name] = compiled
        return compiled


class TableInsert:
    """Inserts many rows into a table; PostgreSQL takes many of them by COPY."""

    def __init__(self, table: sa.Table, *columns: str) -> None:
        self._name = table.name
        self._columns = columns
        self._types = [table.c[name].type for name in columns]
        self._binds: dict[str, list[tuple[int, Callable[[object], object]]]] = {}
        """Which values are written in another way, and how, by dialect."""
        into = f"INSERT INTO {table.name} ({', '.join(columns)})"
        marks = f"({', '.join('?' * len(columns))})"
        self._qmark = f"{into} VALUES {marks}"
        self._qmarks = {count: f"{into} VALUES {', '.join([marks] * count)}" for count in _SQLITE_ROWS}
        self._numeric = f"{into} VALUES ({', '.join(f'${place}' for place in range(1, len(columns) + 1))})"

    def many(self, connection: sa.Connection, rows: Sequence[Values]) -> None:
        """Insert rows, their values in the order of the columns; raises IntegrityError for a key that exists."""
        if not rows:
            return
        driver = driver_of(connection, writes=True)
        rows = self._bound(connection.dialect, rows)
        try:
            if isinstance(driver, sqlite3.Connection):
                self._insert_sqlite(driver, rows)
            elif len(rows) < COPY_FROM:
                await_only(driver.executemany(self._numeric, rows))
            else:
                await_only(driver.copy_records_to_table(self._name, records=rows, columns=self._columns))
        except DRIVER_ERRORS as error:
            raise translated(self._numeric, error) from error

    def _insert_sqlite(self, driver: sqlite3.Connection, rows: Sequence[Values]) -> None:
        # The driver gives the interpreter away for each execution: that is worth it for hundreds of rows, while for
        # each single one a thread that has something to convert would take it and keep it for milliseconds.
        done = 0
        for count, sql in self._qmarks.items():
            for start in range(done, len(rows) - count + 1, count):
                driver.execute(sql, list(chain.from_iterable(rows[start : start + count])))
                done = start + count
        driver.executemany(self._qmark, rows[done:])

    def _bound(self, dialect: sa.Dialect, rows: Sequence[Values]) -> Sequence[Values]:
        if dialect.name not in self._binds:
            convert_each = [written(kind, dialect) for kind in self._types]
            self._binds[dialect.name] = [(place, convert) for place, convert in enumerate(convert_each) if convert]
        converted = self._binds[dialect.name]
        if not converted:
            return rows
        columns: list[Iterable[object]] = list(zip(*rows, strict=True))
        for place, convert in converted:
            columns[place] = map(convert, columns[place])
        return list(zip(*columns, strict=True))


def _compile(statement: sa.ClauseElement, names: Sequence[str], dialect: sa.Dialect) -> _Compiled:
    compiled = cast("sa.sql.compiler.SQLCompiler", statement.compile(dialect=dialect))
    placed = compiled.positiontup or []
    binds = tuple(written(compiled.binds[name].type, dialect) for name in placed)
    columns = compiled._result_columns
    results = [column[3].dialect_impl(dialect).result_processor(dialect, None) for column in columns]
    held = [name for name in placed if name not in names]
    order = tuple([*names, *held].index(name) for name in placed)
    return _Compiled(
        str(compiled),
        tuple(compiled.binds[name].value for name in held),
        None if not held and order == tuple(range(len(order))) else order,
        binds if any(binds) else None,
        [(place, convert) for place, convert in enumerate(results) if convert],
    )
