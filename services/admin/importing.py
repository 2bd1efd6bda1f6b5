"""Takes CSV files in: batches of 1,000, several on their way at once, each settled when its service has it durably.

    importer = Importer(session)
    done = await importer.run(PEOPLE, Path("people.csv"), execute=True, on_progress=show)
    done.counts.accepted, done.counts.repeated, done.counts.rejected

An import that was interrupted goes on where it stopped, and one that is finished says so. A service that goes away is
waited for. Sending records twice is harmless, so everything here errs on that side.
"""

import asyncio
import contextlib
import fcntl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import grpc
from google.protobuf.message import Message

from services.admin.csv_file import survey
from services.admin.journal import Counts, Journal, Position
from services.admin.kinds import FileKind
from services.admin.outcome import ExitCode, Failed
from services.admin.resolving import People
from services.admin.sending import Sending, Settled
from services.admin.session import Session

M = TypeVar("M", bound=Message)
Q = TypeVar("Q", bound=Message)

PATIENCE_SECONDS = 30.0
"""How long a service may be away before an import gives up."""

_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 5.0
_HIDDEN = "Internal error from Core"
"""What grpc.aio says when a write comes to a stream that has ended."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import has come."""

    records: int
    """Records settled, those of earlier runs too."""
    total: int
    """Lines of the file: a few more than it has records when some are empty."""
    counts: Counts


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to, all its runs together."""

    counts: Counts
    rejects: Path | None
    """The reject file, when records were refused."""
    resumed_from: int
    """Records that earlier runs had settled."""
    done_before: bool
    """An earlier run had finished it: nothing was sent."""


def _silent(_: Progress) -> None:
    """Show nothing."""


class Importer:
    """Imports files, one after the other; remembers the people it has resolved."""

    def __init__(self, session: Session, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._session = session
        self._patience_seconds = patience_seconds
        self._people = People(session.channel("card"))

    async def run(
        self,
        kind: FileKind[M, Q],
        path: Path,
        *,
        execute: bool,
        again: bool = False,
        on_progress: Callable[[Progress], None] = _silent,
    ) -> Imported:
        """Import a file; without `execute` it is only checked, by this program and by the service.

        `again` sends everything once more, whatever earlier runs did. Raises Failed when the file cannot be used, and
        AioRpcError when the service refuses the stream or stays away too long.
        """
        with _alone(path):
            found = await asyncio.to_thread(survey, path, kind.records.header)
            identity = f"{kind.name} {found.fingerprint} {self._session.profile.target(kind.service)}"
            journal = Journal(path, identity, execute=execute)
            start = journal.read() if execute and not again else Position()
            account = _Account(journal, start, found.lines, execute, on_progress)
            if not start.finished:
                journal.begin(start)
                await self._send(kind, path, account)
            position = account.position
            rejects = journal.rejects if position.counts.rejected else None
            return Imported(position.counts, rejects, start.records, start.finished)

    async def _send(self, kind: FileKind[M, Q], path: Path, account: "_Account") -> None:
        """Send what is not settled yet; a service that goes away is waited for, since settled batches stay settled."""
        pause, waited = _PAUSE_SECONDS, 0.0
        while not account.position.finished:
            before = account.position.batches
            try:
                sending = Sending(kind, path, self._people, execute=account.execute)
                async for batch in sending.settled(self._session.channel(kind.service), before):
                    account.settle(batch)
                account.finish()
            except grpc.aio.AioRpcError as error:
                if account.position.batches > before:
                    pause, waited = _PAUSE_SECONDS, 0.0
                if not _may_go_on(error) or waited >= self._patience_seconds:
                    raise
                await asyncio.sleep(pause)
                waited += pause
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def _may_go_on(error: grpc.aio.AioRpcError) -> bool:
    """Tell whether another stream may do better: the service was away, or why it ended this one is not known.

    When a service ends a stream just as gRPC writes to it, grpc.aio answers an INTERNAL of its own and hides the
    service's reason; the next stream is told the reason again.
    """
    if error.code() is grpc.StatusCode.INTERNAL:
        return error.details() == _HIDDEN
    return error.code() is grpc.StatusCode.UNAVAILABLE


class _Account:
    """Counts what is settled, and keeps it in the journal."""

    def __init__(
        self, journal: Journal, start: Position, total: int, execute: bool, on_progress: Callable[[Progress], None]
    ) -> None:
        self.position = start
        self.execute = execute
        self._journal = journal
        self._total = total
        self._on_progress = on_progress

    def settle(self, batch: Settled) -> None:
        """Take a batch in: its rejects first, then the position that knows of them."""
        position = self.position
        counts = position.counts.plus(batch.accepted, batch.repeated, len(batch.rejects))
        position = replace(position, batches=position.batches + 1, records=position.records + batch.size, counts=counts)
        self._keep(self._journal.reject(position, batch.rejects))
        self._on_progress(Progress(position.records, self._total, counts))

    def finish(self) -> None:
        """Note that the whole file is done."""
        self._keep(replace(self.position, finished=True))

    def _keep(self, position: Position) -> None:
        self.position = position
        if self.execute:
            self._journal.write(position)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep a second import of the same file away; raises Failed with USAGE."""
    try:
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Failed(ExitCode.USAGE, f"{path} is being imported by another process.") from error
            yield
    except OSError as error:
        raise Failed(ExitCode.USAGE, f"{path}: {error.strerror}.") from error
