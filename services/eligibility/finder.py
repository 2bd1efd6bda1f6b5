"""Looks again for the people of evidence whom nobody knew: they may have been registered since."""

from services.common.clock import Clock, bureau_date
from services.common.transactions import Transactions
from services.eligibility.cards import CardClient
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.service.feeding import heed_waiting
from services.eligibility.service.store import Store

_MOST = 20_000
"""Rows looked at in one turn: of all people of a city who are dead, many were never insured."""

_PIECE = 500


class Finder:
    """Goes through the waiting rows, turn by turn; the last turn's end is the next one's beginning."""

    def __init__(
        self, transactions: Transactions[Store], cards: CardClient, law: CertificationLaw, clock: Clock
    ) -> None:
        self._transactions = transactions
        self._cards = cards
        self._law = law
        self._clock = clock
        self._after = ("", "")

    async def look(self) -> None:
        """Take one turn."""
        for _ in range(_MOST // _PIECE):
            after = self._after
            rows = await self._transactions.read(lambda store, after=after: store.feeds.waiting(after, _PIECE))  # type: ignore[misc]  # its default binds it
            self._after = (rows[-1].batch, rows[-1].reference) if len(rows) == _PIECE else ("", "")
            people = await self._cards.resolve({row.number for row in rows}) if rows else {}
            found: dict[str, dict[str, str]] = {}
            for row in rows:
                if row.number in people:
                    found.setdefault(row.batch, {})[row.reference] = people[row.number]
            for batch, of_batch in found.items():
                await self._heed(batch, of_batch)
            if len(rows) < _PIECE:
                return

    async def _heed(self, batch: str, people: dict[str, str]) -> None:
        now = self._clock()
        await self._transactions.write(
            lambda store: heed_waiting(store, batch, people, now, bureau_date(now), self._law)
        )
