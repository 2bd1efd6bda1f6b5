"""Sends a file's batches down a stream and gives each back, settled, in the file's order."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import grpc
from google.protobuf.message import Message

from services.admin.csv_file import Line, batches
from services.admin.journal import Reject
from services.admin.kinds import FileKind
from services.admin.outcome import ExitCode, Failed
from services.admin.records import RecordRejected
from services.admin.resolving import People
from services.common.rpc.status import from_status
from socsec.type.v1 import batch_pb2

M = TypeVar("M", bound=Message)
Q = TypeVar("Q", bound=Message)

IN_FLIGHT = 4
"""Batches sent and not answered: enough to keep a service busy while the next are read."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A batch that is done, durably."""

    size: int
    accepted: int
    repeated: int
    rejects: list[Reject]
    """In the order of their lines."""


@dataclass(frozen=True, slots=True)
class _Batch(Generic[M]):
    """A batch, ready to be sent."""

    number: int
    size: int
    messages: list[M]
    lines: list[int]
    """The line of each message."""
    rejects: list[Reject]
    """What was refused before sending."""


class Sending(Generic[M, Q]):
    """One file on its way to one service."""

    def __init__(self, kind: FileKind[M, Q], path: Path, people: People, *, execute: bool) -> None:
        self._kind = kind
        self._path = path
        self._people = people
        self._execute = execute
        self._waiting: deque[_Batch[M]] = deque()
        self._free = asyncio.Semaphore(IN_FLIGHT)
        self._failure: Exception | None = None

    async def settled(self, channel: grpc.aio.Channel, skipped: int) -> AsyncIterator[Settled]:
        """Send all batches but the first `skipped`, and give them as they are answered.

        Raises AioRpcError; what was given before is durable all the same.
        """
        async for result in self._kind.send(channel, self._requests(skipped)):
            for batch in self._without_messages():
                yield batch
            yield self._settle(self._waiting.popleft(), result)
            self._free.release()
        if self._failure is not None:
            raise self._failure
        for batch in self._without_messages():
            yield batch
        if self._waiting:
            raise Failed(ExitCode.UNAVAILABLE, "The service has left batches without an answer; try again.")

    async def _requests(self, skipped: int) -> AsyncIterator[Q]:
        """Give the stream's requests; a failure ends the stream, since gRPC would swallow it, and is raised later."""
        try:
            for number, lines in enumerate(batches(self._path, skipped), skipped):
                await self._free.acquire()
                batch = await self._prepare(number, lines)
                self._waiting.append(batch)
                if batch.messages:
                    yield self._kind.request(number, batch.messages, not self._execute)
                else:
                    self._free.release()
        except Exception as error:  # noqa: BLE001  raised again by `settled`
            self._failure = error

    def _without_messages(self) -> "list[Settled]":
        """Take out the batches at the head of which nothing was sent: no answer will come for them."""
        done = []
        while self._waiting and not self._waiting[0].messages:
            batch = self._waiting.popleft()
            done.append(Settled(batch.size, 0, 0, batch.rejects))
        return done

    def _settle(self, batch: _Batch[M], result: batch_pb2.BatchResult) -> Settled:
        if result.batch != batch.number:
            raise Failed(ExitCode.REFUSED, f"The service answered batch {result.batch} instead of {batch.number}.")
        rejects = batch.rejects
        for rejection in result.rejections:
            refusal = from_status(rejection.status)
            column = self._kind.records.column_of(refusal.field or refusal.metadata.get("field", ""))
            rejects.append(Reject(batch.lines[rejection.index], column, refusal.reason, refusal.message))
        return Settled(batch.size, result.accepted, result.repeated_items, sorted(rejects))

    async def _prepare(self, number: int, lines: Sequence[Line]) -> _Batch[M]:
        """Turn lines into messages: split, find the people of all at once, convert."""
        records, place = self._kind.records, self._kind.records.identity_place
        batch: _Batch[M] = _Batch(number, len(lines), [], [], [])
        split: list[tuple[int, list[str]]] = []
        for line in lines:
            try:
                split.append((line.number, records.cells(line.text)))
            except RecordRejected as rejected:
                batch.rejects.append(_reject(line.number, rejected))
        people = await self._people.resolve(cells[place] for _, cells in split) if place is not None else {}
        for line_number, cells in split:
            try:
                person = "" if place is None else _person(people, cells[place])
                batch.messages.append(records.message(cells, person))
                batch.lines.append(line_number)
            except RecordRejected as rejected:
                batch.rejects.append(_reject(line_number, rejected))
        return batch


def _person(people: dict[str, str], number: str) -> str:
    found = people.get(number)
    if found is None:
        raise RecordRejected(
            "identity_number", "PERSON_NOT_FOUND", "Nobody is registered under that number, or it is none."
        )
    return found


def _reject(line: int, rejected: RecordRejected) -> Reject:
    return Reject(line, rejected.field, rejected.reason, str(rejected))
