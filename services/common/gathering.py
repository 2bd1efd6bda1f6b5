"""Work of many calls that is done in runs: together it takes about half the processor time of each alone.

A database is asked once for all of a run, code and data are still in the processor's caches for the next one, and the
answers leave together (docs/adr/0036-work-of-many-calls-is-done-in-runs.md).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

J = TypeVar("J")

_SECONDS = 0.02
"""How long the first one waits at most for others to come."""
_IDLE_TURNS = 10
"""Turns of the event loop without another one after which none is waited for."""


async def let_gather(waiting: Callable[[], int], most: int) -> None:
    """Wait as long as the event loop brings more, up to `most`; `waiting` tells how many there are.

    A lone caller waits for some turns of an idle loop, which take microseconds; who has to wait longer would otherwise
    have waited for his turn, as the loop is busy.
    """
    latest, idle_turns, known = time.monotonic() + _SECONDS, 0, waiting()
    while known < most and idle_turns < _IDLE_TURNS and time.monotonic() < latest:
        await asyncio.sleep(0)
        idle_turns = idle_turns + 1 if waiting() == known else 0
        known = waiting()


class Gathering(Generic[J]):
    """Jobs that are run together, in the order of their coming."""

    def __init__(self, run: Callable[[Sequence[J]], Awaitable[None]], most: int, name: str) -> None:
        """Run up to `most` jobs at a time by `run`, which settles each of them and never raises."""
        self._run = run
        self._most = most
        self._name = name
        self._waiting: list[J] = []
        self._task: asyncio.Task[None] | None = None

    def add(self, job: J) -> None:
        """Have a job run soon."""
        self._waiting.append(job)
        if self._task is None:
            self._task = asyncio.create_task(self._work(), name=self._name)

    async def close(self) -> None:
        """Wait until all is done."""
        if self._task is not None:
            await self._task

    async def _work(self) -> None:
        """Run the jobs that wait, and those that come until they are done, and so on."""
        try:
            while self._waiting:
                await let_gather(lambda: len(self._waiting), self._most)
                jobs, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._run(jobs)
        finally:
            self._task = None
