"""One database, SQLite or PostgreSQL by its URL, with a group commit as the only way to write.

A use case is a plain function of a `sqlalchemy.Connection`. Writers queue up; whatever waits is run one after the other
in one transaction and is answered after the one commit. A failed use case disturbs nobody, a lone caller waits for
nobody, and a hundred callers share one fsync (docs/adr/0003-group-commit.md).
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from services.common.backends import Connection, Postgres, Sqlite, Work
from services.common.errors import Conflict, Unavailable
from services.common.gathering import Gathering, let_gather
from services.common.group_commit import Foreseen, Job

__all__ = ["Connection", "Database", "Work", "chunks", "insert_ignore", "upsert"]

T = TypeVar("T")

MAX_GROUP = 256
"""Use cases in one commit: bounds how long the first of them waits for the last."""

_MOST_READS = 64
"""Reads of one run: on SQLite they hold up the event loop for about a millisecond."""

_ATTEMPTS = 3  # a use case that lost a race against another process decides anew, knowing what the other one did

log = logging.getLogger(__name__)


class _Backend(Protocol):
    async def commit_group(self, jobs: Sequence[Job]) -> None: ...
    async def read(self, work: Work[T]) -> T: ...
    async def read_group(self, jobs: Sequence[Job]) -> None: ...
    async def scan(self, work: Work[T]) -> T: ...
    async def close(self) -> None: ...


class Database:
    """The service's database; `start` before the first write, `close` after the last."""

    def __init__(self, url: str) -> None:
        self._backend: _Backend = Sqlite(url) if url.startswith("sqlite") else Postgres(url)
        self._reads = Gathering(self._read_group, _MOST_READS, "database-reads")
        self._queue: asyncio.Queue[Job | None] = asyncio.Queue(maxsize=4096)
        self._writer: asyncio.Task[None] | None = None
        self._after_commit: list[Callable[[], None]] = []
        self._stopping = False

    async def start(self) -> None:
        """Start the writer task."""
        self._writer = asyncio.create_task(self._write_groups(), name="database-writer")

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call back in the event loop after each durable commit (to wake the relay or a watch)."""
        self._after_commit.append(callback)

    async def write(self, work: Work[T], foreseen: Foreseen = ()) -> T:
        """Run a use case durably and give its result; what it raises is raised here and nothing of it is kept.

        It is run again, a few times, when another process wrote the same records in the same moment: then it finds them
        and decides otherwise. So whatever it does besides its statements must bear to be done twice. `foreseen` names
        what it will ask for, so that it is looked up together with what the other use cases of its group ask for.
        """
        for _ in range(_ATTEMPTS - 1):
            try:
                return await self._write(work, foreseen)
            except (Conflict, sa.exc.IntegrityError) as error:
                if isinstance(error, Conflict) and error.reason != "CONCURRENT_CHANGE":
                    raise
        return await self._write(work, foreseen)

    async def _write(self, work: Work[T], foreseen: Foreseen) -> T:
        if self._writer is None or self._stopping:
            raise Unavailable("DRAINING", "The service is stopping; repeat the call.")
        job = Job(work, asyncio.get_running_loop().create_future(), foreseen)
        await self._queue.put(job)
        return await job.future  # type: ignore[return-value]  # the future is settled with what `work` returned

    async def read(self, work: Work[T], foreseen: Foreseen = ()) -> T:
        """Run a short query (a point read or one page) on a read-only snapshot.

        One that names what it will look up, in `foreseen` as for `write`, is run together with others that come in the
        same moment, and without a snapshot: it should ask for nothing else that must be of one piece with it.
        """
        if not foreseen:
            return await self._backend.read(work)
        job = Job(work, asyncio.get_running_loop().create_future(), foreseen)
        self._reads.add(job)
        return await job.future  # type: ignore[return-value]  # the future is settled with what `work` returned

    async def _read_group(self, jobs: Sequence[Job]) -> None:
        try:
            await self._backend.read_group(jobs)
        except Exception as error:  # noqa: BLE001  theirs, all of them
            for job in jobs:
                job.outcome = error
        for job in jobs:
            job.settle()

    async def scan(self, work: Work[T]) -> T:
        """Run a long query without holding up the event loop."""
        return await self._backend.scan(work)

    async def close(self) -> None:
        """Answer everything that waits, then close."""
        self._stopping = True
        if self._writer is not None:
            await self._queue.put(None)
            await self._writer
        await self._reads.close()
        await self._backend.close()

    async def _write_groups(self) -> None:
        stopping = False
        while not stopping:
            waiting = [await self._queue.get()]
            await let_gather(self._queue.qsize, MAX_GROUP - 1)  # a commit costs as much as five calls
            waiting += [self._queue.get_nowait() for _ in range(min(self._queue.qsize(), MAX_GROUP - 1))]
            stopping = None in waiting
            # A caller that has gone before its turn wants nothing written.
            jobs = [job for job in waiting if job is not None and not job.future.cancelled()]
            if jobs:
                await self._commit(jobs)

    async def _commit(self, jobs: Sequence[Job]) -> None:
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
            job.settle()
        for callback in self._after_commit:
            callback()


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
