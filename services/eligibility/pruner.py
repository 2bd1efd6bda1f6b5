"""Deletes what ended long ago, in the background; of several processes one does it."""

from datetime import UTC, datetime, time

from services.common.clock import BUREAU_ZONE, Clock, bureau_date
from services.common.lease import Lease
from services.common.months import first_day, month_of
from services.common.transactions import Transactions
from services.eligibility.book.book import Book
from services.eligibility.rules.finding.finding import finding_parameters
from services.eligibility.service.pruning import prune
from services.eligibility.service.store import Store


class Pruner:
    """Deletes in transactions of bounded size, whatever was not done before goes on the next time."""

    def __init__(self, transactions: Transactions[Store], lease: Lease, book: Book, clock: Clock) -> None:
        self._transactions = transactions
        self._lease = lease
        self._book = book
        self._clock = clock

    async def prune(self) -> None:
        """Delete all that is kept no longer, unless another process does."""
        before = self._before()
        while await self._lease.hold() and await self._transactions.write(lambda store: prune(store, before)):
            pass

    def _before(self) -> datetime:
        today = bureau_date(self._clock())
        kept_months = finding_parameters(self._book, today).kept_months
        return datetime.combine(first_day(month_of(today) - kept_months), time(), BUREAU_ZONE).astimezone(UTC)
