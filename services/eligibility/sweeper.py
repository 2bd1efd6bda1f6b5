"""Lets sweeps go on in the background, across restarts."""

import logging

from services.common.clock import Clock
from services.common.failpoints import failpoint
from services.common.transactions import Transactions
from services.eligibility.background import Background
from services.eligibility.certification import CertificationLaw
from services.eligibility.service.store import Store
from services.eligibility.service.sweep import STEP, advance_sweep
from services.eligibility.sweep import SweepState

log = logging.getLogger(__name__)


class Sweeper(Background):
    """Works on whichever sweep is running."""

    def __init__(
        self, transactions: Transactions[Store], law: CertificationLaw, clock: Clock, step: int = STEP
    ) -> None:
        super().__init__()
        self._transactions = transactions
        self._law = law
        self._clock = clock
        self._size = step

    async def step(self) -> bool:
        """Look at the next certifications."""
        # Asked with a read first: every commit wakes this task, and most have nothing to do with sweeps.
        if await self._transactions.read(lambda store: store.sweeps.running()) is None:
            return False
        sweep = await self._transactions.write(lambda store: advance_sweep(store, self._clock(), self._law, self._size))
        failpoint("sweeper.after_step")
        if sweep is not None and sweep.state is SweepState.SUCCEEDED:
            log.info("sweeper.succeeded", extra={"sweep": sweep.sweep, "examined": sweep.counts.examined})
        return True
