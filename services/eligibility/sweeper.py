"""Lets sweeps go on in the background, across restarts."""

import asyncio
import contextlib
import logging

from services.common.clock import Clock
from services.common.errors import Unavailable
from services.common.failpoints import failpoint
from services.common.transactions import Transactions
from services.eligibility.certification import CertificationParameters
from services.eligibility.service.store import Store
from services.eligibility.service.sweep import STEP, advance_sweep
from services.eligibility.sweep import SweepState

_FALLBACK_SECONDS = 5.0  # a sweep asked for in another process on the same database wakes nobody here
_BACKOFF_SECONDS = 1.0

log = logging.getLogger(__name__)


class Sweeper:
    """Works on whichever sweep is running; spawn `run`.

    Each step is one transaction of bounded size that keeps its own cursor, so a crash repeats nothing and other writers
    get their turn between steps. Two sweepers on one database take turns by the sweep's row lock.
    """

    def __init__(
        self, transactions: Transactions[Store], parameters: CertificationParameters, clock: Clock, step: int = STEP
    ) -> None:
        self._transactions = transactions
        self._parameters = parameters
        self._clock = clock
        self._step = step
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look for work; to be called after commits."""
        self._woken.set()

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            self._woken.clear()
            try:
                await self._work()
            except Unavailable as error:
                log.warning("sweeper.waits", extra={"reason": error.reason})
                await asyncio.sleep(_BACKOFF_SECONDS)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FALLBACK_SECONDS):
                    await self._woken.wait()

    async def _work(self) -> None:
        # Asked with a read first: every commit wakes this task, and most have nothing to do with sweeps.
        while await self._transactions.read(lambda store: store.sweeps.running()) is not None:
            sweep = await self._transactions.write(
                lambda store: advance_sweep(store, self._clock(), self._parameters, self._step)
            )
            failpoint("sweeper.after_step")
            if sweep is not None and sweep.state is SweepState.SUCCEEDED:
                log.info("sweeper.succeeded", extra={"sweep": sweep.sweep, "examined": sweep.counts.examined})
