"""The group commit: waiting use cases run one after the other in one transaction (docs/adr/0003-group-commit.md)."""

import asyncio
import contextvars
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Any

import sqlalchemy as sa

from services.common.driver import command
from services.common.errors import Conflict
from services.common.failpoints import failpoint
from services.common.group import Group, opened, savepoint

_CONTENTION = frozenset({"40001", "40P01", "55P03"})  # PostgreSQL: not serializable, deadlock, lock timeout


Foresee = Callable[[sa.Connection, Collection[Any]], None]
"""Looks up what use cases will ask for, by what each of them has named."""
Foreseen = Sequence[tuple[Foresee, Any]]
"""What one use case names, by who looks it up."""


class Job:
    """One waiting use case, the future of its caller, and the caller's context (its span) to run it in."""

    __slots__ = ("context", "foreseen", "future", "outcome", "work")

    def __init__(
        self, work: Callable[[sa.Connection], object], future: "asyncio.Future[object]", foreseen: Foreseen = ()
    ) -> None:
        self.work = work
        self.foreseen = foreseen
        self.future = future
        self.context = contextvars.copy_context()
        self.outcome: object | BaseException = None

    def settle(self) -> None:
        """Give its caller, unless he has gone, what has come out."""
        if self.future.done():
            return
        if isinstance(self.outcome, BaseException):
            self.future.set_exception(self.outcome)
        else:
            self.future.set_result(self.outcome)


class _Spoilt(Exception):
    """A use case has failed after it had changed something, and others have run in the same transaction."""


def commit_group(connection: sa.Connection, begin: str, jobs: Sequence[Job]) -> None:
    """Run use cases in one transaction; only a broken connection fails all of them.

    Nearly all succeed, or refuse before they change anything, so they run without savepoints first. When one leaves
    something to undo, everything is rolled back and runs again, now each in a savepoint of its own.
    """
    try:
        _attempt(connection, begin, jobs, _run_all_bare)
    except _Spoilt:
        _attempt(connection, begin, jobs, _run_each_in_savepoint)


def read_group(connection: sa.Connection, jobs: Sequence[Job]) -> None:
    """Run reads one after the other, outside of a transaction, on what is looked up for all of them at first."""
    with opened(connection):
        try:
            _foresee(connection, jobs)
            for job in jobs:
                try:
                    job.outcome = job.context.run(job.work, connection)
                except Exception as error:  # noqa: BLE001  belongs to this caller alone
                    _raise_outage(error)
                    job.outcome = error
        finally:
            forget_transaction(connection)


def _attempt(
    connection: sa.Connection,
    begin: str,
    jobs: Sequence[Job],
    run: Callable[[sa.Connection, Group, Sequence[Job]], None],
) -> None:
    with opened(connection) as group:
        command(connection, begin)
        try:
            run(connection, group, jobs)
            group.last.run()
            failpoint("writer.before_commit")
            command(connection, "COMMIT")
            failpoint("writer.after_commit")
        except BaseException:
            command(connection, "ROLLBACK")
            raise
        finally:
            forget_transaction(connection)


def _run_all_bare(connection: sa.Connection, group: Group, jobs: Sequence[Job]) -> None:
    try:
        _foresee(connection, jobs)
        for job in jobs:
            _run_bare(connection, group, job)
        group.flush(connection)
    except (sa.exc.DBAPIError, Conflict) as error:
        _raise_outage(error)
        raise _Spoilt from error


def _foresee(connection: sa.Connection, jobs: Sequence[Job]) -> None:
    """Look up at once what several use cases will ask for; a lone one asks as it goes."""
    named: dict[Foresee, list[Any]] = defaultdict(list)
    for job in jobs:
        for foresee, name in job.foreseen:
            named[foresee].append(name)
    for foresee, names in named.items():
        if len(names) > 1:
            foresee(connection, names)


def _run_bare(connection: sa.Connection, group: Group, job: Job) -> None:
    group.written = False
    mark = group.mark()
    try:
        job.outcome = job.context.run(job.work, connection)
    except Exception as error:
        _raise_outage(error)
        if group.written or isinstance(error, sa.exc.DBAPIError):
            raise _Spoilt from error
        group.drop_since(mark)
        job.outcome = error


def _run_each_in_savepoint(connection: sa.Connection, _group: Group, jobs: Sequence[Job]) -> None:
    for job in jobs:
        _run_in_savepoint(connection, job)


def _run_in_savepoint(connection: sa.Connection, job: Job) -> None:
    try:
        with savepoint(connection):
            job.outcome = job.context.run(job.work, connection)
    except sa.exc.DBAPIError as error:
        _raise_outage(error)
        job.outcome = error
        if getattr(error.orig, "sqlstate", None) in _CONTENTION:
            job.outcome = Conflict("CONCURRENT_CHANGE", "Another process works on the same records; repeat.")
            job.outcome.__cause__ = error
    except Exception as error:  # noqa: BLE001  belongs to this caller alone
        job.outcome = error


def _raise_outage(error: Exception) -> None:
    if isinstance(error, sa.exc.DBAPIError) and (
        error.connection_invalidated or isinstance(error, sa.exc.OperationalError)
    ):
        raise error


def forget_transaction(connection: sa.Connection) -> None:
    """Let SQLAlchemy forget the transaction that it took part in and that we have ended."""
    if connection.in_transaction():
        connection.rollback()
