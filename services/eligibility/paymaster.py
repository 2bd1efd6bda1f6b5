"""Makes and releases draw lists in the background."""

import logging

from services.common.clock import Clock
from services.common.failpoints import failpoint
from services.common.transactions import Transactions
from services.eligibility.background import Background
from services.eligibility.cards import CardClient
from services.eligibility.draw_list import WORKING
from services.eligibility.service.draw_list import STEP, plan_step, take_step
from services.eligibility.service.store import Store

log = logging.getLogger(__name__)


class Paymaster(Background):
    """Works on whichever list is to be made or released.

    The card service is asked whose account may be paid before the transaction of a step begins; a step that somebody
    else has taken meanwhile changes nothing.
    """

    def __init__(self, transactions: Transactions[Store], cards: CardClient, clock: Clock, size: int = STEP) -> None:
        super().__init__()
        self._transactions = transactions
        self._cards = cards
        self._clock = clock
        self._size = size

    async def step(self) -> bool:
        """Look at the next entitlements or lines."""
        step = await self._transactions.read(lambda store: plan_step(store, self._size))
        if step is None:
            return False
        payable = await self._cards.payable(step.people)
        draw_list = await self._transactions.write(lambda store: take_step(store, step, payable, self._clock()))
        failpoint("paymaster.after_step")
        if draw_list.state not in WORKING:
            log.info("paymaster.done", extra={"list": draw_list.draw_list, "state": draw_list.state})
        return True
