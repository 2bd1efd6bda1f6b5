"""Being told to end, by Ctrl-C or SIGTERM, wherever the demo is at that moment."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


class Ending:
    """SIGINT and SIGTERM, as a KeyboardInterrupt in plain work and as a cancellation of what runs in a loop.

    An exception from a signal handler comes out of wherever the program is. Plain work wants that; a loop that is being
    made, run or closed would be left half done by it, and gRPC's threads with it.
    """

    def __init__(self) -> None:
        self._told = False
        self._loops = False
        self._task: asyncio.Task[object] | None = None
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._end)

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do the work in a loop of its own; raises KeyboardInterrupt when told to end, after the work cleaned up."""

        async def attended() -> T:
            if self._told:
                raise asyncio.CancelledError
            self._task = asyncio.current_task()
            try:
                return await work()
            finally:
                self._task = None

        self._loops = True
        try:
            return asyncio.run(attended())
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
        finally:
            self._loops = False

    def _end(self, *_: object) -> None:
        self._told = True
        if not self._loops:
            raise KeyboardInterrupt
        if self._task is not None:
            self._task.get_loop().call_soon_threadsafe(self._task.cancel)  # the loop may be asleep
