"""Lets sweeps go on in the background, across restarts."""

import asyncio
import logging

from services.common.clock import Clock
from services.common.failpoints import failpoint
from services.common.transactions import Transactions
from services.eligibility.background import Background
from services.eligibility.certification import CertificationLaw
from services.eligibility.service.store import Store
from services.eligibility.service.sweep_step import StepSize, plan_step, take_step
from services.eligibility.sweep import SweepState

log = logging.getLogger(__name__)


class Sweeper(Background):
    """Works on whichever sweep is running."""

    def __init__(
        self, transactions: Transactions[Store], law: CertificationLaw, clock: Clock, size: StepSize | None = None
    ) -> None:
        super().__init__()
        self._transactions = transactions
        self._law = law
        self._clock = clock
        self._size = size or StepSize()

    async def step(self) -> bool:
        """Read the next certifications, work out in a thread what becomes of them, and keep that."""
        # Asked with a read first: every commit wakes this task, and most have nothing to do with sweeps.
        sweep = await self._transactions.read(lambda store: store.sweeps.running())
        if sweep is None:
            return False
        law, size, cursor = self._law, self._size, sweep.cursor
        found = await self._transactions.scan(lambda store: store.sweeps.slice(cursor, size.read))
        planned = await asyncio.to_thread(plan_step, sweep, found, law, size)
        failpoint("sweeper.before_step")
        taken = await self._transactions.write(lambda store: take_step(store, planned, self._clock(), law, size))
        failpoint("sweeper.after_step")
        if taken is not None and taken.state is SweepState.SUCCEEDED:
            log.info("sweeper.succeeded", extra={"sweep": taken.sweep, "examined": taken.counts.examined})
        return True
