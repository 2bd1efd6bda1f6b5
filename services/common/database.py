"""One database, SQLite or PostgreSQL by its URL, with a group commit as the only way to write.

A use case is a plain function of a `sqlalchemy.Connection`. Writers queue up; whatever waits is run one after the other
in one transaction, each in a savepoint of its own, and is answered after the one commit. So a failed use case disturbs
nobody, a lone caller waits for nobody, and a hundred callers share one fsync (docs/adr/0003-group-commit.md).
"""

import asyncio
import contextlib
import contextvars
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from services.common.errors import Conflict, Unavailable
from services.common.last_work import LastWork

T = TypeVar("T")
Connection = sa.Connection
"""What stores and inboxes are opened on; who only passes it on needs no SQL for that."""
Work = Callable[[Connection], T]

MAX_GROUP = 256
"""Use cases in one commit: bounds how long the first of them waits for the last."""

_ATTEMPTS = 3  # a use case that lost a race against another process decides anew, knowing what the other one did
_CONTENTION = frozenset({"40001", "40P01", "55P03"})  # PostgreSQL: not serializable, deadlock, lock timeout

log = logging.getLogger(__name__)


class _Job:
    """One waiting use case, the future of its caller, and the caller's context (its span) to run it in."""

    __slots__ = ("context", "future", "outcome", "work")

    def __init__(self, work: Work[object], future: "asyncio.Future[object]") -> None:
        self.work = work
        self.future = future
        self.context = contextvars.copy_context()
        self.outcome: object | BaseException = None


class _Backend(Protocol):
    async def commit_group(self, jobs: Sequence[_Job]) -> None: ...
    async def read(self, work: Work[T]) -> T: ...
    async def scan(self, work: Work[T]) -> T: ...
    async def close(self) -> None: ...


class Database:
    """The service's database; `start` before the first write, `close` after the last."""

    def __init__(self, url: str) -> None:
        self._backend: _Backend = _Sqlite(url) if url.startswith("sqlite") else _Postgres(url)
        self._queue: asyncio.Queue[_Job | None] = asyncio.Queue(maxsize=4096)
        self._writer: asyncio.Task[None] | None = None
        self._after_commit: list[Callable[[], None]] = []
        self._stopping = False

    async def start(self) -> None:
        """Start the writer task."""
        self._writer = asyncio.create_task(self._write_groups(), name="database-writer")

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call back in the event loop after each durable commit (to wake the relay or a watch)."""
        self._after_commit.append(callback)

    async def write(self, work: Work[T]) -> T:
        """Run a use case durably and give its result; what it raises is raised here and nothing of it is kept.

        It is run again, a few times, when another process wrote the same records in the same moment: then it finds them
        and decides otherwise. So whatever it does besides its statements must bear to be done twice.
        """
        for _ in range(_ATTEMPTS - 1):
            try:
                return await self._write(work)
            except (Conflict, sa.exc.IntegrityError) as error:
                if isinstance(error, Conflict) and error.reason != "CONCURRENT_CHANGE":
                    raise
        return await self._write(work)

    async def _write(self, work: Work[T]) -> T:
        if self._writer is None or self._stopping:
            raise Unavailable("DRAINING", "The service is stopping; repeat the call.")
        job = _Job(work, asyncio.get_running_loop().create_future())
        await self._queue.put(job)
        return await job.future  # type: ignore[return-value]  # the future is settled with what `work` returned

    async def read(self, work: Work[T]) -> T:
        """Run a short query (a point read or one page) on a read-only snapshot."""
        return await self._backend.read(work)

    async def scan(self, work: Work[T]) -> T:
        """Run a long query without holding up the event loop."""
        return await self._backend.scan(work)

    async def close(self) -> None:
        """Answer everything that waits, then close."""
        self._stopping = True
        if self._writer is not None:
            await self._queue.put(None)
            await self._writer
        await self._backend.close()

    async def _write_groups(self) -> None:
        stopping = False
        while not stopping:
            jobs: list[_Job] = []
            job = await self._queue.get()
            while True:
                if job is None:
                    stopping = True
                    break
                if not job.future.cancelled():  # a caller that has gone before its turn wants nothing written
                    jobs.append(job)
                if len(jobs) >= MAX_GROUP or self._queue.empty():
                    break
                job = self._queue.get_nowait()
            if jobs:
                await self._commit(jobs)

    async def _commit(self, jobs: Sequence[_Job]) -> None:
        try:
            await self._backend.commit_group(jobs)
        except (sa.exc.DBAPIError, sqlite3.Error, OSError, TimeoutError) as error:
            log.exception("database.commit_failed", extra={"group": len(jobs)})
            for job in jobs:
                job.outcome = Unavailable("DATABASE_UNAVAILABLE", "The database does not answer; repeat the call.")
                job.outcome.__cause__ = error
        except Exception as error:  # noqa: BLE001  a defect must reach its callers, not end the writer
            for job in jobs:
                job.outcome = error
        for job in jobs:
            if job.future.done():
                continue
            if isinstance(job.outcome, BaseException):
                job.future.set_exception(job.outcome)
            else:
                job.future.set_result(job.outcome)
        for callback in self._after_commit:
            callback()


def _run_group(connection: sa.Connection, jobs: Sequence[_Job]) -> None:
    """Run each use case in its own savepoint, then what they do together; only a broken connection ends the group."""
    last = LastWork(connection)
    for job in jobs:
        mark = last.mark()
        try:
            with connection.begin_nested():
                job.outcome = job.context.run(job.work, connection)
        except sa.exc.DBAPIError as error:
            if error.connection_invalidated or isinstance(error, sa.exc.OperationalError):
                raise
            job.outcome = error
            last.drop_since(mark)
            if getattr(error.orig, "sqlstate", None) in _CONTENTION:
                job.outcome = Conflict("CONCURRENT_CHANGE", "Another process works on the same records; repeat.")
                job.outcome.__cause__ = error
        except Exception as error:  # noqa: BLE001  belongs to this caller alone
            job.outcome = error
            last.drop_since(mark)
    last.run()


class _Sqlite:
    """The embedded database: one writer thread, readers beside it (WAL)."""

    def __init__(self, url: str) -> None:
        self._writer = _sqlite_engine(url, "BEGIN IMMEDIATE")
        self._reader = _sqlite_engine(url, "BEGIN")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")

    async def commit_group(self, jobs: Sequence[_Job]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._commit_group, jobs)

    def _commit_group(self, jobs: Sequence[_Job]) -> None:
        with self._writer.begin() as connection:
            _run_group(connection, jobs)

    async def read(self, work: Work[T]) -> T:
        # A point read takes about 20 µs here; a hop to a thread and back would take five times as long.
        with self._reader.connect() as connection:
            return work(connection)

    async def scan(self, work: Work[T]) -> T:
        return await asyncio.to_thread(self._scan, work)

    def _scan(self, work: Work[T]) -> T:
        with self._reader.connect() as connection:
            return work(connection)

    async def close(self) -> None:
        self._thread.shutdown()
        self._writer.dispose()
        self._reader.dispose()


class _Postgres:
    """The production database, through asyncpg."""

    def __init__(self, url: str) -> None:
        self._engine: AsyncEngine = create_async_engine(
            url,
            hide_parameters=True,  # an error's text is logged
            pool_size=8,
            pool_pre_ping=False,
            connect_args={
                "timeout": 10,
                "command_timeout": 60,
                "server_settings": {"application_name": "socsec", "lock_timeout": "10s", "timezone": "UTC"},
            },
        )
        self._read_engine = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connection: AsyncConnection | None = None

    async def commit_group(self, jobs: Sequence[_Job]) -> None:
        async with self._engine.begin() as connection:
            await connection.run_sync(_run_group, jobs)

    async def read(self, work: Work[T]) -> T:
        async with self._reading() as connection:
            return await connection.run_sync(work)

    scan = read

    @contextlib.asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._read_engine.connect() as connection:
                yield connection
        except (OSError, sa.exc.InterfaceError, sa.exc.OperationalError) as error:
            raise Unavailable("DATABASE_UNAVAILABLE", "The database does not answer; repeat the call.") from error

    async def close(self) -> None:
        await self._engine.dispose()


def _sqlite_engine(url: str, begin: str) -> sa.Engine:
    engine = sa.create_engine(url, hide_parameters=True, connect_args={"check_same_thread": False, "timeout": 30})

    @sa.event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late for savepoints and snapshots
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def start(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def insert_ignore(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, object]]) -> None:
    """Insert many rows and leave out those whose key exists."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)


def upsert(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[dict[str, object]],
    key: Sequence[str],
    never_older: str | None = None,
) -> None:
    """Insert many rows, or overwrite the columns given where `key` exists; all rows have the same columns.

    A row whose column `never_older` would become less is left as it is, also when another process has just written it.
    """
    if not rows:
        return
    statement = _insert(connection, table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    newer = statement.excluded[never_older] >= table.c[never_older] if never_older is not None else None
    connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=changed, where=newer), rows)


def _insert(connection: sa.Connection, table: sa.Table) -> "sqlite.Insert | postgresql.Insert":
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def chunks(values: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """Cut a sequence so that each piece fits the databases' limit of bound variables."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
