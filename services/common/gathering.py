"""Work of many calls that is done in runs: together it takes about half the processor time of each alone.

A database is asked once for all of a run, code and data are still in the processor's caches for the next one, and the
answers leave together. While work comes fast enough to fill the time that a run gathers, nobody loses by that time: he
would have waited for his turn. Where less comes, it is done at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

J = TypeVar("J")

_SECONDS = 0.001
"""How long a run gathers."""
_RUNS = 4
"""Runs after which it is asked whether gathering pays."""
_WORTH_IT = 20
"""Jobs of so many runs from which it does."""
_AT_ONCE = 256
"""Jobs that are done at once when it does not, before it is tried again."""


class Gathering(Generic[J]):
    """Jobs that are run together, in the order of their coming."""

    def __init__(self, run: Callable[[Sequence[J]], Awaitable[None]], most: int, name: str) -> None:
        """Run up to `most` jobs at a time by `run`, which settles each of them and never raises."""
        self._run = run
        self._most = most
        self._name = name
        self._waiting: list[J] = []
        self._task: asyncio.Task[None] | None = None
        self._runs = self._gathered = self._at_once = 0

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
                if not self._at_once:
                    await asyncio.sleep(_SECONDS)
                jobs, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                self._judge(len(jobs))
                await self._run(jobs)
        finally:
            self._task = None

    def _judge(self, jobs: int) -> None:
        """Decide how to go on."""
        if self._at_once:
            self._at_once = max(self._at_once - jobs, 0)
            return
        self._runs += 1
        self._gathered += jobs
        if self._runs == _RUNS:
            if self._gathered < _WORTH_IT:
                self._at_once = _AT_ONCE
            self._runs = self._gathered = 0
