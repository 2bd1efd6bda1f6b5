"""The two kinds of database, as the group commit and its readers use them.

Transactions are begun and ended here by plain commands; SQLAlchemy and the drivers only take part in them.
"""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from services.common.driver import command
from services.common.errors import DomainError, Unavailable
from services.common.group import group_of
from services.common.group_commit import Job, commit_group, forget_transaction, read_group

A = TypeVar("A")
T = TypeVar("T")
Connection = sa.Connection
"""What stores and inboxes are opened on; who only passes it on needs no SQL for that."""
Work = Callable[[Connection], T]

_LOCK_SECONDS = 30
"""How long a process waits for another one's transaction on SQLite."""
_READERS = 7
"""Connections for reading PostgreSQL."""


class Sqlite:
    """The embedded database: one writer thread, readers beside it (WAL)."""

    def __init__(self, url: str) -> None:
        self._engine = _sqlite_engine(url)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._reading: sa.Connection | None = None

    async def commit_group(self, jobs: Sequence[Job]) -> None:
        """Run use cases in one transaction and give each job its outcome."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._commit_group, jobs)

    def _commit_group(self, jobs: Sequence[Job]) -> None:
        with self._engine.connect() as connection:
            commit_group(connection, "BEGIN IMMEDIATE", jobs)

    async def read(self, work: Work[T]) -> T:
        """Run a short query on a snapshot."""
        # A point read takes about 10 µs here; a hop to a thread and back would take ten times as long.
        return _read_snapshot(self._reader(), work)

    async def read_group(self, jobs: Sequence[Job]) -> None:
        """Run reads together, and give each job its outcome."""
        read_group(self._reader(), jobs)

    def _reader(self) -> sa.Connection:
        if self._reading is None:
            self._reading = self._engine.connect()
        return self._reading

    async def scan(self, work: Work[T]) -> T:
        """Run a long query off the event loop."""
        return await asyncio.to_thread(self._scan, work)

    def _scan(self, work: Work[T]) -> T:
        with self._engine.connect() as connection:
            return _read_snapshot(connection, work)

    async def close(self) -> None:
        """Close all connections."""
        self._thread.shutdown()
        if self._reading is not None:
            self._reading.close()
        self._engine.dispose()


def _read_snapshot(connection: sa.Connection, work: Work[T]) -> T:
    command(connection, "BEGIN")
    try:
        return work(connection)
    finally:
        command(connection, "ROLLBACK")
        forget_transaction(connection)


class Postgres:
    """The production database, through asyncpg. Transactions are begun and ended by us, not by SQLAlchemy."""

    def __init__(self, url: str) -> None:
        self._engine: AsyncEngine = create_async_engine(
            url,
            hide_parameters=True,  # an error's text is logged
            pool_size=_READERS + 1,
            pool_pre_ping=False,
            isolation_level="AUTOCOMMIT",
            connect_args={
                "timeout": 10,
                "command_timeout": 60,
                "server_settings": {"application_name": "socsec", "lock_timeout": "10s", "timezone": "UTC"},
            },
        )
        _note_writes(self._engine.sync_engine)
        self._writer = _Lanes(self._engine, 1)
        self._readers = _Lanes(self._engine, _READERS)

    async def commit_group(self, jobs: Sequence[Job]) -> None:
        """Run use cases in one transaction and give each job its outcome."""
        async with self._writer.one() as connection:
            await connection.run_sync(commit_group, "BEGIN", jobs)

    async def read(self, work: Work[T]) -> T:
        """Run a short query."""
        return await self.scan(work)

    async def read_group(self, jobs: Sequence[Job]) -> None:
        """Run reads together, and give each job its outcome."""
        await self._with_reader(read_group, jobs)

    async def scan(self, work: Work[T]) -> T:
        """Run a query for itself."""
        return await self._with_reader(_read_committed, work)

    async def _with_reader(self, read: Callable[[sa.Connection, A], T], argument: A) -> T:
        try:
            async with self._readers.one() as connection:
                return await connection.run_sync(read, argument)
        except (OSError, sa.exc.InterfaceError, sa.exc.OperationalError) as error:
            raise Unavailable("DATABASE_UNAVAILABLE", "The database does not answer; repeat the call.") from error

    async def close(self) -> None:
        """Close all connections, once nobody uses them."""
        await self._writer.close()
        await self._readers.close()
        await self._engine.dispose()


class _Lanes:
    """Connections that stay open: taking one from SQLAlchemy's pool and giving it back costs more than a point read."""

    def __init__(self, engine: AsyncEngine, count: int) -> None:
        self._engine = engine
        self._free: asyncio.LifoQueue[AsyncConnection | None] = asyncio.LifoQueue()
        for _ in range(count):
            self._free.put_nowait(None)
        self._count = count

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[AsyncConnection]:
        """Have a connection; one that is not known to be whole afterwards is thrown away."""
        connection = await self._free.get()
        kept: AsyncConnection | None = None
        try:
            if connection is None:
                connection = await self._engine.connect()
            yield connection
            kept = connection
        except DomainError:
            kept = connection
            raise
        finally:
            if kept is None and connection is not None:
                await _throw_away(connection)
            self._free.put_nowait(kept)

    async def close(self) -> None:
        """Close all of them, waiting for those in use."""
        for _ in range(self._count):
            connection = await self._free.get()
            if connection is not None:
                await connection.close()


async def _throw_away(connection: AsyncConnection) -> None:
    with contextlib.suppress(sa.exc.SQLAlchemyError, OSError):
        await connection.invalidate()
        await connection.close()


def _read_committed(connection: sa.Connection, work: Work[T]) -> T:
    try:
        return work(connection)
    finally:
        forget_transaction(connection)


def _sqlite_engine(url: str) -> sa.Engine:
    engine = sa.create_engine(
        url, hide_parameters=True, connect_args={"check_same_thread": False, "timeout": _LOCK_SECONDS}
    )

    @sa.event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions are begun and ended by us, not by the driver
        _write_ahead(connection)
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}")

    _note_writes(engine)
    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let a database have its log written ahead; while another process does so, SQLite refuses instead of waiting."""
    latest = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > latest:
                raise
            time.sleep(0.01)
        else:
            return


def _note_writes(engine: sa.Engine) -> None:
    """Have what use cases ask and write through SQLAlchemy noticed: a failure has to undo it, rows may wait for it."""

    @sa.event.listens_for(engine, "before_cursor_execute")
    def note(connection: sa.Connection, _cursor: object, sql: str, *_rest: object) -> None:
        group = group_of(connection)
        if group is None:
            return
        group.show(connection)
        if not sql.startswith("SELECT"):
            group.note_write()
