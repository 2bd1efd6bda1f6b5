"""The live stream of the cards' changes: what is new is read once for all watches of the process."""

from collections.abc import AsyncIterator, Sequence

from services.card.change import CardChange, CopyChange
from services.card.service.store import Store
from services.common import tokens
from services.common.feed import Feed, check_start, read_token
from services.common.filtering import Filter
from services.common.rpc.call import Call
from services.common.transactions import Transactions

PAGE = 500
RECENT = 20_000
"""Changes kept in memory while somebody watches: who is further behind reads the log."""


class RecentChanges:
    """The newest changes. Positions have no gaps, so a change's place in the list follows from its position."""

    def __init__(self, transactions: Transactions[Store], feed: Feed["CopiedCard"]) -> None:
        self._transactions = transactions
        self._feed = feed
        self._changes: list[CardChange] = []
        self._end = 0

    async def follow(self) -> int:
        """Read what was committed since the last time, if anybody watches; give the log's end."""
        _, end = await self._transactions.read(lambda store: store.cards.change_bounds())
        if not self._feed.is_watched or not self._end <= end <= self._end + RECENT:
            self._changes, self._end = [], end
        while self._end < end:
            page = await self._transactions.scan(lambda store: store.cards.changes(self._end, PAGE))
            if not page or page[0].position != self._end:  # forgotten meanwhile: every watch finds out by itself
                self._changes, self._end = [], end
                break
            self._changes += page
            self._end = page[-1].position + 1
        if len(self._changes) > 2 * RECENT:
            del self._changes[:-RECENT]
        return self._end

    async def read(self, position: int) -> tuple[Sequence[CardChange], int]:
        """Give changes from a position on, and the position after the last of them."""
        back = self._end - position
        if 0 <= back <= len(self._changes):
            first = len(self._changes) - back
            found: Sequence[CardChange] = self._changes[first : first + PAGE]
        else:
            found = await self._read_log(position)
        return found, found[-1].position + 1 if found else position

    async def _read_log(self, start: int) -> Sequence[CardChange]:
        found = await self._transactions.scan(lambda store: store.cards.changes(start, PAGE))
        if found:
            check_start(start, found[-1].position, found[0].position)  # its beginning may have been forgotten meanwhile
        return found


class CopiedCard:
    """What one change does to one watch's copy."""

    def __init__(self, change: CardChange, kind: CopyChange) -> None:
        self.change = change
        self.kind = kind

    @property
    def position(self) -> int:
        """Give the position of the change."""
        return self.change.position


class CardWatches:
    """All watches of the process, and the tokens that they resume from."""

    def __init__(self, transactions: Transactions[Store], feed: Feed[CopiedCard], register: str) -> None:
        self._transactions = transactions
        self._feed = feed
        self._register = register
        self.recent = RecentChanges(transactions, feed)

    def token(self, filter_text: str, position: int) -> str:
        """Write the token to watch from a position with a filter."""
        return tokens.write(self._binding(filter_text), (position,))

    async def tail(
        self, wanted: Filter, filter_text: str, resume_token: str, call: Call
    ) -> AsyncIterator[tuple[CopiedCard | None, str]]:
        """Give what the changes do to a copy, each with the token to resume from after it; None is a bookmark."""

        async def read(position: int) -> tuple[Sequence[CopiedCard], int]:
            found, after = await self.recent.read(position)
            return [CopiedCard(change, kind) for change in found if (kind := change.in_copy(wanted)) is not None], after

        start = await self._start(filter_text, resume_token)
        async for copied, position in self._feed.tail(read, start, call.draining):
            yield copied, self.token(filter_text, position)

    async def _start(self, filter_text: str, token: str) -> int:
        first, end = await self._transactions.read(lambda store: store.cards.change_bounds())
        return check_start(read_token(self._binding(filter_text), token), end, first) if token else end

    def _binding(self, filter_text: str) -> bytes:
        return f"{self._register}\n{filter_text}".encode()
