"""Compares everybody's birth with the vault once, in the background, across restarts."""

import logging

from services.common.transactions import Transactions
from services.eligibility.background import Background
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.consumer import PeopleOfVault
from services.eligibility.service.births import next_unlooked, settle_births
from services.eligibility.service.store import Store

STEP = 1_000
"""People asked about in one turn."""

log = logging.getLogger(__name__)


class BirthLook(Background):
    """Goes through all certifications; after the last one there is nothing to do any more."""

    def __init__(
        self, transactions: Transactions[Store], vault: PeopleOfVault, law: CertificationLaw, step: int = STEP
    ) -> None:
        super().__init__()
        self._transactions = transactions
        self._vault = vault
        self._law = law
        self._size = step

    async def step(self) -> bool:
        """Compare the next ones; the vault is asked before the transaction."""
        looked = await self._transactions.read(lambda store: next_unlooked(store, self._size))
        if looked is None:
            return False
        profiles = await self._vault.profiles([one.person for one in looked.certifications])
        await self._transactions.write(lambda store: settle_births(store, looked, profiles, self._law))
        if not looked.certifications:
            log.info("births.compared")
        return True
