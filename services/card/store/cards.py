"""Cards are kept, their accounts sealed."""

import functools
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from services.card.change import CardChange
from services.card.domain import Card
from services.card.number import card_no, identification_code
from services.card.store import sequences
from services.card.store.accounts import AccountTable
from services.card.store.card_rows import NAMES, from_row, to_row, values_of
from services.card.store.card_statements import (
    ANY_NUMBERED,
    BY_CODE,
    BY_NUMBER,
    DECEASED,
    GET,
    KEEP,
    LIVE_OF,
    LOCKED,
)
from services.card.store.changes import ChangeTable
from services.card.store.found_cards import FoundCards
from services.card.store.tables import CARD
from services.common.crypto import Vault
from services.common.group import write_unseen
from services.common.sets import among, bound_keys

_COLUMNS = CARD.c
_SEQUENCE = "card_no"
_LONGEST_STEP = 10_000


class CardTable(FoundCards):
    """Cards with their accounts, their numbers, and the log of their changes."""

    def __init__(self, connection: sa.Connection, vault: Vault, accounts: AccountTable) -> None:
        super().__init__(connection)
        self._vault = vault
        self._accounts = accounts
        self._changes = ChangeTable(connection)

    def add(
        self, cards: Sequence[Card], accounts: Mapping[str, str], origin: str = "", not_kept: Collection[str] = ()
    ) -> None:
        """Keep new cards and, by card, their accounts, which are kept for the holders but by those of `not_kept`.

        `origin` is the record of the operation that brought them in one batch; empty when each has its own. Raises
        Conflict when a holder has just got another card, or somebody else the same account.
        """
        rows = []
        for card in cards:
            account = accounts.get(card.card, "")
            index = 0 if card.card in not_kept else self._accounts.index(account) if account else None
            rows.append(((), (*values_of(card), self._accounts.sealed(card.card, account), index, origin or None)))
        self._add(cards, rows)
        self._accounts.forget(accounts.values())

    def add_successor(self, card: Card) -> None:
        """Keep a card in the place of another, with that one's account when it takes it over."""
        account, index = self._accounts.hand_over(card.replaces) if card.masked_account else ("", None)
        self._add([card], [((), (*values_of(card), self._accounts.sealed(card.card, account), index, None))])

    def _add(self, cards: Sequence[Card], rows: Sequence[Sequence[object]]) -> None:
        if cards:
            write_unseen(self._connection, KEEP, rows)
            self._forget(cards)
            self._changes.note(cards, {})

    def save(self, card: Card, account: str = "") -> None:
        """Keep a changed card and a new account, which is kept by it.

        Raises Conflict when somebody else has just changed the card, or got the account.
        """
        former = self._former([card])
        columns, values = _changed(former[card.card], card)
        if account:
            columns = (*columns, "sealed_account", "account_index")
            values = (*values, self._accounts.sealed(card.card, account), self._accounts.index(account))
            self._accounts.forget([account])
        write_unseen(self._connection, KEEP, [(columns, (*values, card.card, card.version - 1))])
        self._forget([card, *former.values()])
        self._note_changes([card], former)

    def save_locked(self, cards: Sequence[Card], accounts: Mapping[str, str] = {}) -> None:
        """Keep changed cards that this transaction has locked, and by card new accounts, which are kept by them."""
        if cards:
            former = self._former(cards)
            rows = [to_row(card) | {"of_card": card.card} for card in cards]
            changed: dict[str, sa.BindParameter[object]] = {name: sa.bindparam(name) for name in to_row(cards[0])}
            self._connection.execute(
                CARD.update().where(_COLUMNS.card == sa.bindparam("of_card")).values(changed), rows
            )
            self._accounts.put(accounts)
            self._note_changes(cards, former)

    def changes(self, start: int, size: int) -> Sequence[CardChange]:
        """Give up to `size` changes from a position on, with the cards as they are now."""
        return self._changes.after(start, size)

    def change_bounds(self) -> tuple[int, int]:
        """Give the first position of a change that is kept, and the position after the last."""
        return self._changes.bounds()

    def forget_changes(self, before: datetime, size: int) -> int:
        """Delete changes older than a moment, up to `size` of them; give how many."""
        return self._changes.forget(before, size)

    def take_sequence(self, count: int) -> int:
        """Take so many sequence numbers whose card numbers no card has; give the first of them.

        Imported cards keep their numbers, which may be of our form: where they lie, ever longer steps are taken.
        """
        kept = sequences.kept(self._connection, _SEQUENCE) if count == 1 else None
        if kept is not None:
            return kept
        step = count
        while True:
            first = sequences.take(self._connection, _SEQUENCE, step)
            numbers = [card_no(first + place) for place in range(count)]
            if not ANY_NUMBERED.rows(self._connection, bound_keys(self._connection, numbers)):
                return first
            step = min(2 * step, max(count, _LONGEST_STEP))

    def foresee_sequence(self, count: int) -> None:
        """Take so many sequence numbers at once, for use cases that will take one each; what is left then is lost."""
        first = self.take_sequence(count)
        sequences.keep(self._connection, _SEQUENCE, range(first, first + count))

    def identification_code(self, issuing_division: str, sequence: int) -> str:
        """Make the card identification code of a sequence number, under a key of its own."""
        return identification_code(issuing_division, sequence, self._code_key)

    @functools.cached_property
    def _code_key(self) -> bytes:
        return self._vault.index("key", "card identification code")

    def _former(self, cards: Sequence[Card]) -> Mapping[str, Card]:
        """Give cards as they are before a change: mostly this use case has read them."""
        known = {card.card: self._read[card.card] for card in cards if self._is_read(card)}
        if len(known) == len(cards):
            return known
        unread = among(self._connection, _COLUMNS.card, {card.card for card in cards} - known.keys())
        rows = self._connection.execute(sa.select(CARD).where(unread)).mappings()
        return known | {row["card"]: from_row(row) for row in rows}

    def _is_read(self, changed: Card) -> bool:
        former = self._read.get(changed.card)
        return former is not None and former.version == changed.version - 1

    def _note_changes(self, cards: Sequence[Card], former: Mapping[str, Card]) -> None:
        self._changes.note(cards, former)
        self._read.update({card.card: card for card in cards})

    def _forget(self, cards: Sequence[Card]) -> None:
        """Forget what was foreseen of cards and of their holders."""
        for lookup in (GET, LOCKED):
            lookup.forget(self._connection, {card.card for card in cards})
        for of_holder in (LIVE_OF, DECEASED):
            of_holder.forget(self._connection, {card.person for card in cards})
        BY_NUMBER.forget(self._connection, {card.card_no for card in cards})
        BY_CODE.forget(self._connection, {card.identification_code for card in cards})


def _changed(former: Card, card: Card) -> tuple[tuple[str, ...], tuple[object, ...]]:
    """Give the columns of a card whose values have changed, and these values."""
    pairs = zip(NAMES, values_of(former), values_of(card), strict=True)
    columns, values = zip(*((name, value) for name, old, value in pairs if value != old), strict=True)
    return columns, values
