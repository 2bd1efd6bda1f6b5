"""Rule books that have decided, by their hash."""

from datetime import datetime

import sqlalchemy as sa

from services.common.crypto import SealBroken, Vault
from services.common.database import insert_ignore
from services.eligibility.book.content import Content
from services.eligibility.store.tables.decision import RULE_BOOK


class BookTable:
    """Contents of books by hash.

    They are sealed: rules are run when they are needed again, and nobody may slip others in through the database.
    """

    def __init__(self, connection: sa.Connection, vault: Vault, now: datetime) -> None:
        self._connection = connection
        self._vault = vault
        self._now = now

    def keep(self, content: Content) -> None:
        """Keep a book, unless it is kept."""
        found = self._connection.execute(sa.select(RULE_BOOK.c.hash).where(RULE_BOOK.c.hash == content.hash))
        if found.first() is None:
            sealed = self._vault.seal_bytes(content.pack(), _place(content.hash))
            row: dict[str, object] = {"hash": content.hash, "sealed_content": sealed, "create_time": self._now}
            insert_ignore(self._connection, RULE_BOOK, [row])

    def get(self, book_hash: str) -> Content | None:
        """Give a book; None for one that is not kept. Raises SealBroken when it is not what was kept."""
        statement = sa.select(RULE_BOOK.c.sealed_content).where(RULE_BOOK.c.hash == book_hash)
        sealed = self._connection.execute(statement).scalar_one_or_none()
        if sealed is None:
            return None
        content = Content.unpack(self._vault.open_bytes(sealed, _place(book_hash)))
        if content.hash != book_hash:
            raise SealBroken(f"The content of {_place(book_hash)} is that of another book.")
        return content


def _place(book_hash: str) -> str:
    return f"rule_books/{book_hash}"
