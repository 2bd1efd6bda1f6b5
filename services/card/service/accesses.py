"""Reads of people are written down: reveals before they are answered, masked reads in groups soon after."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence

from services.card.access import Access, Looked
from services.card.service.store import Store
from services.common.errors import Unavailable
from services.common.filtering import Filter, renamed, values_of

FLUSH_SECONDS = 0.2
"""Longest time that a masked read waits to be written."""
FLUSH_PEOPLE = 2_000
"""So many people waiting are written at once."""
MOST_WAITING = 200_000
"""People waiting when the database is away, before reads are refused: nobody reads unrecorded."""

log = logging.getLogger(__name__)
Write = Callable[[Callable[[Store], None]], Awaitable[None]]
Place = tuple[int, str, int]
"""Time, call, and place in the call: what accesses are ordered by."""


class AccessLog:
    """Masked reads on their way to the log; spawn `run`, and `flush` before the database closes."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._waiting: list[Looked] = []
        self._people = 0
        self._enough = asyncio.Event()
        self._writing = asyncio.Lock()
        self._unsure = False
        """Whether the last writing failed: it may have been done all the same, and only its answer lost."""

    def note(self, looked: Looked) -> None:
        """Take a read that is about to be answered; raises Unavailable when too many wait for the database."""
        if self._people > MOST_WAITING:
            raise Unavailable("DATABASE_UNAVAILABLE", "Reads cannot be recorded now, so none is answered; repeat.")
        if looked.people:
            self._waiting.append(looked)
            self._people += len(looked.people)
            if self._people >= FLUSH_PEOPLE:
                self._enough.set()

    async def run(self) -> None:
        """Write what waits, now and then, until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_SECONDS):
                    await self._enough.wait()
            try:
                await self.flush()
            except Unavailable:
                log.warning("access_log.waits", extra={"people": self._people})
                await asyncio.sleep(FLUSH_SECONDS)

    async def flush(self) -> None:
        """Write all that waits; what cannot be written goes on waiting."""
        async with self._writing:
            self._enough.clear()
            written, self._waiting = self._waiting, []
            if not written:
                return
            unsure, self._unsure = self._unsure, True
            try:
                await self._write(lambda store: store.accesses.add(written, unsure=unsure))
            except BaseException:
                self._waiting = written + self._waiting
                raise
            self._unsure = False
            self._people -= sum(len(looked.people) for looked in written)


def list_accesses(store: Store, wanted: Filter, size: int, before: Place | None) -> Sequence[Access]:
    """List who read whom, newest first; a person by any name, as records that were merged are one person."""
    names = store.people.names(values_of(wanted, "person"))
    return store.accesses.page(renamed(wanted, "person", names), size, before)
