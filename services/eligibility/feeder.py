"""Lets deliveries be checked, applied and undone in the background, across restarts."""

import logging
from collections.abc import Callable
from datetime import date, timedelta

from services.common.clock import Clock, bureau_date
from services.common.failpoints import failpoint
from services.common.transactions import Transactions
from services.eligibility.background import Background
from services.eligibility.baseline import Baseline
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.feed import FeedBatch, FeedBatchState
from services.eligibility.service.feeding import STEP, advance_batch, forget_numbers, judge_batch, measure_batch
from services.eligibility.service.store import Store

log = logging.getLogger(__name__)


class Feeder(Background):
    """Works on the oldest delivery that waits for it."""

    def __init__(
        self,
        transactions: Transactions[Store],
        law: CertificationLaw,
        baseline: Callable[[date], Baseline],
        clock: Clock,
        step: int = STEP,
    ) -> None:
        super().__init__()
        self._transactions = transactions
        self._law = law
        self._baseline = baseline
        self._clock = clock
        self._size = step

    async def step(self) -> bool:
        """Look at a delivery, or act on some rows of it."""
        # Asked with a read first: every commit wakes this task, and most have nothing to do with deliveries.
        waiting = await self._transactions.read(lambda store: store.feeds.at_work())
        if waiting is None:
            return False
        batch = await (
            self._check(waiting) if waiting.state is FeedBatchState.CHECKING else self._transactions.write(self._go)
        )
        failpoint("feeder.after_step")
        if batch is not None and batch.state is not waiting.state:
            log.info("feeder.state", extra={"feed_batch": batch.batch, "state": batch.state})
        return True

    async def forget(self) -> None:
        """Erase identity numbers that nobody needs any longer, and what was refused so long ago."""
        kept_days = self._baseline(bureau_date(self._clock())).kept_days
        before = self._clock() - timedelta(days=kept_days)
        await self._transactions.write(lambda store: store.refused.forget(before))
        while await self._transactions.write(lambda store: forget_numbers(store, kept_days, self._clock())):
            pass

    async def _check(self, batch: FeedBatch) -> FeedBatch | None:
        """Judge a closed delivery; the long look is no part of the short transaction that acts on it."""
        today = bureau_date(self._clock())
        baseline = self._baseline(today)
        measures = await self._transactions.scan(lambda store: measure_batch(store, batch, baseline, today))
        return await self._transactions.write(
            lambda store: judge_batch(store, batch.batch, measures, baseline, self._clock())
        )

    def _go(self, store: Store) -> FeedBatch | None:
        now = self._clock()
        return advance_batch(store, now, bureau_date(now), self._law, self._size)
