"""The live tail of a log: every watch reads its own pages, so nobody's queue grows.

A watch that has read everything waits until the log has grown. A head lock gives the order, so a position that can be
read has everything before it.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from services.common import tokens
from services.common.errors import Exhausted, InvalidInput, OutOfRange, Unavailable

MAX_POSITION = 2**62
LOOK_SECONDS = 1.0
"""How often the log's size is read when nobody wakes us: another process may have appended."""


class Placed(Protocol):
    """What a watch reads: something at a position of the log."""

    @property
    def position(self) -> int:
        """Give the position."""


P = TypeVar("P", bound=Placed)
Read = Callable[[int], Awaitable[tuple[Sequence[P], int]]]
"""Reads from a position on: what passes the watch's filter, and the position after the last entry read."""


class Feed(Generic[P]):
    """All watches of one process."""

    def __init__(self, most_watches: int, bookmark_seconds: float) -> None:
        self._most_watches = most_watches
        self._bookmark_seconds = bookmark_seconds
        self._watches: set[asyncio.Event] = set()
        self._woken = asyncio.Event()

    @property
    def is_watched(self) -> bool:
        """Tell whether anybody watches."""
        return bool(self._watches)

    def wake(self) -> None:
        """Say that something was committed."""
        self._woken.set()

    async def follow(self, read_size: Callable[[], Awaitable[int]]) -> None:
        """Read the log's size after commits, and now and then, and wake all watches when it has grown."""
        known = -1
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._woken.wait()
            self._woken.clear()
            with contextlib.suppress(Unavailable):  # the database is away: look again
                size = await read_size()
                if size != known:
                    known = size
                    for watch in self._watches:
                        watch.set()

    async def tail(self, read: Read[P], start: int, draining: asyncio.Event) -> AsyncIterator[tuple[P | None, int]]:
        """Give what passes, in order, each with the position to resume from after it; None is a bookmark.

        The first is a bookmark: the watch stands. Another follows when entries were read of which none passed, or when
        nothing happened for a while. Raises Exhausted for one watch too many, Unavailable when the process drains.
        """
        with self._admitted() as grown:
            position = start
            yield None, position
            while not draining.is_set():
                grown.clear()  # before reading: what is appended during the read wakes us again
                passed, after = await read(position)
                for one in passed:
                    yield one, one.position + 1
                if after != position:
                    position = after
                    if not passed or passed[-1].position + 1 != position:
                        yield None, position
                elif not await _either(grown, draining, self._bookmark_seconds):
                    yield None, position
            raise Unavailable("DRAINING", "The service is stopping; watch again with the last resume_token.")

    @contextlib.contextmanager
    def _admitted(self) -> Iterator[asyncio.Event]:
        if len(self._watches) >= self._most_watches:
            raise Exhausted(
                "TOO_MANY_STREAMS", "Too many watches are open; try again later.", {"max": str(self._most_watches)}
            )
        grown = asyncio.Event()
        self._watches.add(grown)
        try:
            yield grown
        finally:
            self._watches.discard(grown)


def check_start(start: int, size: int, first: int = 0) -> int:
    """Refuse to watch from a position that the log does not keep any more, or has not come to: then it was restored."""
    if not first <= start <= size:
        bounds = {"first": str(first), "size": str(size)}
        raise OutOfRange("POSITION_OUT_OF_RANGE", "The log does not hold that position; list again.", bounds)
    return start


def position_of(position: tokens.Position) -> int:
    """Take the position out of a token that we wrote; a made-up one is taken for the end."""
    first = position[0] if position else MAX_POSITION
    return first if isinstance(first, int) else MAX_POSITION


def read_token(binding: bytes, token: str) -> int:
    """Read the position to resume from; raise InvalidInput for a token of another filter or log."""
    try:
        return position_of(tokens.read(binding, token))
    except tokens.WrongToken as error:
        raise InvalidInput(
            "resume_token",
            "INVALID_RESUME_TOKEN",
            "The resume_token belongs to another filter or log; list again with the filter to watch with.",
        ) from error


async def _either(one: asyncio.Event, other: asyncio.Event, seconds: float) -> bool:
    """Wait for one of two events; tell whether it came in time."""
    waits = [asyncio.create_task(event.wait()) for event in (one, other)]
    try:
        done, _ = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return bool(done)
