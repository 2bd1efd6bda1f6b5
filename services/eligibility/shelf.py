"""The books at hand: today's, what was known of it on a day, and those of former days, which are kept by their hash."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from datetime import date

from services.common.errors import InvalidInput, NotFound, Unavailable
from services.common.transactions import Transactions
from services.eligibility.book.book import Book
from services.eligibility.book.content import Content
from services.eligibility.book.refusal import BookRefused
from services.eligibility.service.store import Store

_AT_HAND = 16
"""Books that are kept loaded beside today's; another one takes some tens of milliseconds."""


_RETRY_SECONDS = 5.0


class Shelf:
    """Gives books; each is loaded once, off the event loop."""

    def __init__(self, today: Book, transactions: Transactions[Store]) -> None:
        self.today = today
        """The book that the service was started with."""
        self._transactions = transactions
        self._loaded: OrderedDict[tuple[str, date | None], Book] = OrderedDict()
        self._turn = asyncio.Lock()

    async def keep(self) -> None:
        """Keep today's book, to be read in later days though it recorded nothing; wait for the database to be there."""
        while True:
            try:
                return await self._transactions.write(lambda store: store.books.keep(self.today.content))
            except Unavailable:
                await asyncio.sleep(_RETRY_SECONDS)

    async def known(self, day: date | None) -> Book:
        """Give today's book as far as published by a day (None: all). Raises InvalidInput when nothing was."""
        try:
            return await self.of(self.today.hash, day)
        except BookRefused as refused:
            raise InvalidInput(
                "known_date",
                "VALUE_OUT_OF_RANGE",
                f"By what was published then nothing can be decided ({refused}).",
            ) from refused

    async def of(self, book_hash: str, known: date | None = None) -> Book:
        """Give the book with a hash. Raises NotFound, and BookRefused when this engine cannot read it any more."""
        if (book_hash, known) == (self.today.hash, self.today.known):
            return self.today
        async with self._turn:
            key = (book_hash, known)
            if key not in self._loaded:
                content = await self._content(book_hash)
                self._loaded[key] = await asyncio.to_thread(_loading(content, known))
                if len(self._loaded) > _AT_HAND:
                    self._loaded.popitem(last=False)
            self._loaded.move_to_end(key)
            return self._loaded[key]

    async def _content(self, book_hash: str) -> Content:
        if book_hash == self.today.hash:
            return self.today.content
        content = await self._transactions.scan(lambda store: store.books.get(book_hash))
        if content is None:
            raise NotFound("RESOURCE_NOT_FOUND", "No rule book with that hash has decided here.")
        return content


def _loading(content: Content, known: date | None) -> Callable[[], Book]:
    return lambda: Book.of(content, known)
