"""Lets sweeps go on in the background, across restarts."""

import asyncio
import logging
from dataclasses import replace

from services.common.clock import Clock
from services.common.failpoints import failpoint
from services.common.transactions import Transactions
from services.eligibility.background import Background
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.service.store import Store
from services.eligibility.service.sweep_step import Planned, StepSize, plan_step, take_step
from services.eligibility.sweep import Sweep, SweepState
from services.eligibility.sweep_slice import Slice

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
        self._ahead: Planned | None = None

    async def step(self) -> bool:
        """Keep what becomes of the next certifications, and meanwhile read and work out those after them."""
        # Asked with a read first: every commit wakes this task, and most have nothing to do with sweeps.
        sweep = await self._transactions.read(lambda store: store.sweeps.running())
        if sweep is None:
            self._ahead = None
            return False
        planned = self._ahead
        if planned is None or not planned.follows(sweep):
            planned = await self._plan(sweep, None)
        failpoint("sweeper.before_step")
        taken, self._ahead = await asyncio.gather(self._take(planned), self._plan_behind(planned))
        failpoint("sweeper.after_step")
        if taken is not None and taken.state is SweepState.SUCCEEDED:
            log.info("sweeper.succeeded", extra={"sweep": taken.sweep, "examined": taken.counts.examined})
        return True

    async def _take(self, planned: Planned) -> Sweep | None:
        law, size = self._law, self._size
        return await self._transactions.write(lambda store: take_step(store, planned, self._clock(), law, size))

    async def _plan_behind(self, planned: Planned) -> Planned | None:
        """Plan the step after one that is being taken; it is thrown away when that comes out otherwise."""
        if planned.found is None or planned.looked is None:
            return None
        last = planned.looked.last
        return await self._plan(replace(planned.sweep, cursor=last), planned.found.behind(last))

    async def _plan(self, sweep: Sweep, found: Slice | None) -> Planned:
        """Work a step out in a thread, from what is left of a slice or from a new one."""
        size = self._size
        if found is None or not found.person:
            found = await self._transactions.scan(lambda store: store.sweeps.slice(sweep.cursor, size.read))
        return await asyncio.to_thread(plan_step, sweep, found, self._law, size)
