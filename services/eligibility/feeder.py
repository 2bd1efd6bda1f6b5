"""Lets deliveries be checked, applied and undone in the background, across restarts."""

import asyncio
import contextlib
import logging

from services.common.clock import Clock, bureau_date
from services.common.errors import Unavailable
from services.common.failpoints import failpoint
from services.common.transactions import Transactions
from services.eligibility.baseline import Baseline
from services.eligibility.certification import CertificationParameters
from services.eligibility.feed import FeedBatch, FeedBatchState
from services.eligibility.service.feeding import STEP, advance_batch, judge_batch, measure_batch
from services.eligibility.service.store import Store

_FALLBACK_SECONDS = 5.0  # a delivery closed in another process on the same database wakes nobody here
_BACKOFF_SECONDS = 1.0

log = logging.getLogger(__name__)


class Feeder:
    """Works on the oldest delivery that waits for it; spawn `run`.

    Each step is one transaction of bounded size that keeps its own cursor, so a crash repeats nothing and other writers
    get their turn between steps. Two feeders on one database take turns by the delivery's row lock.
    """

    def __init__(
        self,
        transactions: Transactions[Store],
        parameters: CertificationParameters,
        baseline: Baseline,
        clock: Clock,
        step: int = STEP,
    ) -> None:
        self._transactions = transactions
        self._parameters = parameters
        self._baseline = baseline
        self._clock = clock
        self._step = step
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look for work; to be called after commits."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self._woken.clear()
            try:
                await self._work()
            except Unavailable as error:
                log.warning("feeder.waits", extra={"reason": error.reason})
                await asyncio.sleep(_BACKOFF_SECONDS)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FALLBACK_SECONDS):
                    await self._woken.wait()

    async def _work(self) -> None:
        # Asked with a read first: every commit wakes this task, and most have nothing to do with deliveries.
        while (waiting := await self._transactions.read(lambda store: store.feeds.at_work())) is not None:
            batch = await (
                self._check(waiting) if waiting.state is FeedBatchState.CHECKING else self._transactions.write(self._go)
            )
            failpoint("feeder.after_step")
            if batch is not None and batch.state is not waiting.state:
                log.info("feeder.state", extra={"feed_batch": batch.batch, "state": batch.state})

    async def _check(self, batch: FeedBatch) -> FeedBatch | None:
        """Judge a closed delivery; the long look is no part of the short transaction that acts on it."""
        today = bureau_date(self._clock())
        measures = await self._transactions.scan(lambda store: measure_batch(store, batch, self._baseline, today))
        return await self._transactions.write(
            lambda store: judge_batch(store, batch.batch, measures, self._baseline, self._clock())
        )

    def _go(self, store: Store) -> FeedBatch | None:
        now = self._clock()
        return advance_batch(store, now, bureau_date(now), self._parameters, self._step)
