"""A process from its start to its drain."""

import asyncio
import contextlib
import gc
import logging
import signal
from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType

from services.common.errors import Unavailable

log = logging.getLogger(__name__)

_GARBAGE_THRESHOLDS = (50_000, 20, 20)
"""New objects before the collector looks for cycles: a batch of 1,000 records makes 30,000, and none is in one."""

STOP_SECONDS = 30.0
"""Longest time that one part of the process may take to stop."""


class Process:
    """The parts of a process: started in order, stopped in the reverse order, ended together when one of them breaks.

    Used as an async context manager: on leaving it `draining` is set, then every part stops.
    """

    def __init__(self) -> None:
        self.draining = asyncio.Event()
        self.failed = False
        self._stops: list[tuple[str, Callable[[], Awaitable[None]]]] = []
        self._stop = asyncio.Event()

    def on_stop(self, name: str, stop: Callable[[], Awaitable[None]]) -> None:
        """Register how to stop a part that has just been started."""
        self._stops.append((name, stop))

    def spawn(self, name: str, work: Coroutine[object, object, None]) -> None:
        """Run a part in the background; when it breaks the process drains and ends with an error."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)

        async def stop() -> None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

        self.on_stop(name, stop)

    async def until_signalled(self) -> None:
        """Wait for SIGTERM or SIGINT, or for a part to break."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        _settle_garbage()
        log.info("process.serving")
        await self._stop.wait()

    async def __aenter__(self) -> "Process":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.draining.set()
        for name, stop in reversed(self._stops):
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await stop()
            except Exception:
                self.failed = True
                log.exception("process.stop_failed", extra={"part": name})
        log.info("process.stopped")

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and task.exception() is not None:
            self.failed = True
            log.error("process.part_broke", extra={"part": task.get_name()}, exc_info=task.exception())
            self._stop.set()


def _settle_garbage() -> None:
    """Never look again at what a process has loaded by its start, and seldom at the rest: reference counts free it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE_THRESHOLDS)


async def every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Repeat a piece of work until cancelled; a run that fails is logged and tried again at its next time.

    What is away for a while is no defect of ours, and told in one line.
    """
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except Unavailable as error:
            log.warning("process.periodic_work_waits", extra={"reason": error.reason})
        except Exception:
            log.exception("process.periodic_work_failed")
