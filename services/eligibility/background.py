"""Work that goes on in the background, across restarts."""

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod

from services.common.errors import Conflict, Unavailable

_FALLBACK_SECONDS = 5.0  # what is asked for in another process on the same database wakes nobody here
_BACKOFF_SECONDS = 1.0

log = logging.getLogger(__name__)


class Background(ABC):
    """Takes step after step while there is something to do; spawn `run`.

    Each step is one transaction of bounded size that keeps its own cursor, so a crash repeats nothing and other writers
    get their turn between steps. Two at work on one database take turns by the lock of the row they go on with.
    """

    def __init__(self) -> None:
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look for work; to be called after commits."""
        self._woken.set()

    @abstractmethod
    async def step(self) -> bool:
        """Take the next step; False when there is nothing to do."""

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self._woken.clear()
            try:
                while await self.step():
                    pass
            except (
                Unavailable,
                Conflict,
            ) as error:  # the database is away, or somebody changed the same in this moment
                log.warning("background.waits", extra={"work": type(self).__name__, "reason": error.reason})
                await asyncio.sleep(_BACKOFF_SECONDS)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FALLBACK_SECONDS):
                    await self._woken.wait()
