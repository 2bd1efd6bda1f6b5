"""Cards, their accounts sealed."""

import functools
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

import sqlalchemy as sa

from services.card.change import CardChange
from services.card.domain import Card
from services.card.number import card_no, identification_code
from services.card.store import sequences
from services.card.store.card_rows import from_row, to_row, values_of
from services.card.store.card_statements import (
    ADD,
    ANY_NUMBERED,
    BY_CODE,
    BY_NUMBER,
    DECEASED,
    GET,
    LIVE,
    LIVE_OF,
    LOCKED,
    SAVE,
    SAVE_WITH_ACCOUNT,
    card_of,
)
from services.card.store.changes import ChangeTable
from services.card.store.tables import CARD, OVERDUE, WAITING
from services.common.crypto import Vault
from services.common.errors import Conflict
from services.common.filter_sql import condition
from services.common.filtering import Filter
from services.common.group import insert_unseen
from services.common.lookup import Lookup
from services.common.sets import among, bound_keys

_COLUMNS = CARD.c
_FIELDS = {
    "person": _COLUMNS.person,
    "status": _COLUMNS.status,
    "progress": _COLUMNS.progress,
    "issuing_division": _COLUMNS.issuing_division,
    "issue_date": sa.func.coalesce(_COLUMNS.issue_date, ""),
}
_MAKING_FIELDS = {name: _COLUMNS[name] for name in ("issuing_division", "service_bank_code", "progress")}
_SEQUENCE = "card_no"
_LONGEST_STEP = 10_000


class CardTable:
    """Cards by id, number and holder."""

    def __init__(self, connection: sa.Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault
        self._changes = ChangeTable(connection)
        self._read: dict[str, Card] = {}

    def get(self, card: str) -> Card | None:
        """Give one card."""
        return self._one(GET, card)

    def foresee(self, cards: Collection[str]) -> None:
        """Look up at once the cards that `get` will be asked for."""
        GET.foresee(self._connection, cards)

    def live(self, people: Collection[str]) -> Mapping[str, Card]:
        """Give the live cards of some people, by the name asked: for a merged one, the card of who stands for it."""
        rows = LIVE.rows(self._connection, bound_keys(self._connection, people))
        return {row[0]: card_of(row[1:]) for row in rows}

    def deceased(self, people: Collection[str]) -> Collection[str]:
        """Give those of some people whose last card was cancelled for death."""
        return DECEASED.of(self._connection, people).keys()

    def live_of(self, person: str) -> Card | None:
        """Give the live card of a person whose record stands for itself."""
        return LIVE_OF.of(self._connection, [person]).get(person)

    def foresee_applicants(self, people: Collection[str]) -> None:
        """Look up at once what `live_of` and `deceased` will be asked for."""
        LIVE_OF.foresee(self._connection, people)
        DECEASED.foresee(self._connection, people)

    def foresee_locked(self, cards: Collection[str]) -> None:
        """Look up and lock at once the cards that `locked` will be asked for."""
        LOCKED.foresee(self._connection, cards)

    def by_number(self, card_no: str, identification_code: str) -> Card | None:
        """Give the card with this card number, or else with this identification code."""
        if card_no:
            return self._one(BY_NUMBER, card_no)
        return self._one(BY_CODE, identification_code)

    def foresee_numbers(self, numbers: Collection[str]) -> None:
        """Look up at once the cards that `by_number` will be asked for by their numbers."""
        BY_NUMBER.foresee(self._connection, numbers)

    def foresee_codes(self, codes: Collection[str]) -> None:
        """Look up at once the cards that `by_number` will be asked for by their identification codes."""
        BY_CODE.foresee(self._connection, codes)

    def locked(self, card: str) -> Card | None:
        """Give one card as it is now, locked for a change: others who change it wait."""
        return self._one(LOCKED, card)

    def account(self, card: str) -> str:
        """Give a card's account in clear; empty without one."""
        sealed = self._connection.execute(sa.select(_COLUMNS.sealed_account).where(_COLUMNS.card == card)).scalar()
        return self._vault.open(sealed, f"cards/{card}") if sealed else ""

    def accounts(self, cards: Collection[str]) -> Mapping[str, str]:
        """Give the accounts of some cards in clear; those without one are left out."""
        statement = sa.select(_COLUMNS.card, _COLUMNS.sealed_account).where(
            among(self._connection, _COLUMNS.card, sorted(cards))
        )
        sealed = self._connection.execute(statement)
        return {card: self._vault.open(account, f"cards/{card}") for card, account in sealed if account}

    def lapse_due(self, now: datetime, size: int) -> Sequence[Card]:
        """Give up to `size` cards whose provisional loss has lapsed, locked for a change."""
        return self._due(_COLUMNS.loss_lapse_time <= now, _COLUMNS.loss_lapse_time, size)

    def making_overdue(self, today: date, size: int) -> Sequence[Card]:
        """Give up to `size` cards whose last day for being made has passed untold, locked for a change."""
        return self._due(_COLUMNS.making_timer_date < today.isoformat(), _COLUMNS.making_timer_date, size)

    def renewal_due(self, today: date, size: int) -> Sequence[Card]:
        """Give up to `size` cards whose renewal window has opened untold, locked for a change."""
        return self._due(_COLUMNS.renewal_notice_date <= today.isoformat(), _COLUMNS.renewal_notice_date, size)

    def temporary_expired(self, today: date, size: int) -> Sequence[Card]:
        """Give up to `size` cards whose temporary card has passed its last day, locked for a change."""
        return self._due(_COLUMNS.temporary_timer_date < today.isoformat(), _COLUMNS.temporary_timer_date, size)

    def waiting(self, division: str, bank: str, size: int) -> Sequence[Card]:
        """Give up to `size` applications that wait for making, oldest first, locked for a change."""
        of_them = sa.and_(_COLUMNS.issuing_division == division, _COLUMNS.service_bank_code == bank)
        return self._due(sa.and_(WAITING, of_them), _COLUMNS.card, size)

    def overdue(self, wanted: Filter, size: int, after: str) -> Sequence[Card]:
        """Give up to `size` cards that were told to be overdue and wait still, oldest first, from the one after."""
        waits = sa.and_(OVERDUE, _COLUMNS.card > after, condition(wanted, _MAKING_FIELDS))
        rows = self._connection.execute(sa.select(CARD).where(waits).order_by(_COLUMNS.card).limit(size)).mappings()
        return [self._card(row) for row in rows]

    def some(self, cards: Collection[str]) -> Sequence[Card]:
        """Give some cards."""
        rows = self._connection.execute(sa.select(CARD).where(among(self._connection, _COLUMNS.card, cards)))
        return [self._card(row) for row in rows.mappings()]

    def locked_some(self, cards: Collection[str]) -> Sequence[Card]:
        """Give some cards as they are now, locked for a change: others who change them wait."""
        wanted = sa.select(CARD).where(among(self._connection, _COLUMNS.card, cards)).order_by(_COLUMNS.card)
        return [self._card(row) for row in self._connection.execute(wanted.with_for_update()).mappings()]

    def _due(self, is_due: sa.ColumnElement[bool], order: sa.ColumnElement[object], size: int) -> Sequence[Card]:
        statement = sa.select(CARD).where(is_due).order_by(order).limit(size).with_for_update(skip_locked=True)
        return [self._card(row) for row in self._connection.execute(statement).mappings()]

    def add(self, cards: Sequence[Card], accounts: Mapping[str, str]) -> None:
        """Keep new cards and, by card, their accounts sealed; raises Conflict when a holder has just got another."""
        if not cards:
            return
        rows = [(*values_of(card), self._sealed(card, accounts.get(card.card, ""))) for card in cards]
        insert_unseen(self._connection, ADD, rows)
        self._forget(cards)
        self._changes.note(cards, {})

    def save(self, card: Card, account: str = "") -> None:
        """Keep a changed card and a new account; raises Conflict when somebody else has just changed the card."""
        former = self._former([card])
        unchanged = (card.card, card.version - 1)
        if account:
            sealed = self._sealed(card, account)
            saved = SAVE_WITH_ACCOUNT.rows(self._connection, *values_of(card), sealed, *unchanged)
        else:
            saved = SAVE.rows(self._connection, *values_of(card), *unchanged)
        self._forget([card, *former.values()])
        if not saved:
            raise Conflict("CONCURRENT_CHANGE", "The card was changed in the same moment; read it again.")
        self._changed([card], former)

    def save_locked(self, cards: Sequence[Card], accounts: Mapping[str, str] = {}) -> None:
        """Keep changed cards that this transaction has locked, and by card new accounts sealed."""
        if cards:
            former = self._former(cards)
            rows = [to_row(card) | {"of_card": card.card} for card in cards]
            changed: dict[str, sa.BindParameter[object]] = {name: sa.bindparam(name) for name in to_row(cards[0])}
            self._connection.execute(
                CARD.update().where(_COLUMNS.card == sa.bindparam("of_card")).values(changed), rows
            )
            sealed = [
                {"of_card": card.card, "sealed": self._sealed(card, accounts[card.card])}
                for card in cards
                if card.card in accounts
            ]
            if sealed:
                statement = CARD.update().where(_COLUMNS.card == sa.bindparam("of_card"))
                self._connection.execute(statement.values(sealed_account=sa.bindparam("sealed")), sealed)
            self._changed(cards, former)

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[Card]:
        """Give up to `size` cards, newest first, from the one after `before`."""
        statement = sa.select(CARD).where(condition(wanted, _FIELDS))
        if before is not None:
            statement = statement.where(_COLUMNS.card < before)
        rows = self._connection.execute(statement.order_by(_COLUMNS.card.desc()).limit(size)).mappings()
        return [self._card(row) for row in rows]

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
        step = count
        while True:
            first = sequences.take(self._connection, _SEQUENCE, step)
            numbers = [card_no(first + place) for place in range(count)]
            if not ANY_NUMBERED.rows(self._connection, bound_keys(self._connection, numbers)):
                return first
            step = min(2 * step, max(count, _LONGEST_STEP))

    def numbered(self, numbers: Collection[str], codes: Collection[str]) -> Sequence[Card]:
        """Give the cards that have one of some card numbers, or one of some identification codes."""
        with_number = among(self._connection, _COLUMNS.card_no, numbers)
        with_code = among(self._connection, _COLUMNS.identification_code, codes)
        # Two look-ups by index, of which a card may be in both: an OR of the two would read the whole table.
        found = sa.union(sa.select(CARD.c.card).where(with_number), sa.select(CARD.c.card).where(with_code)).subquery()
        rows = self._connection.execute(sa.select(CARD).join(found, CARD.c.card == found.c.card)).mappings()
        return [from_row(row) for row in rows]

    def identification_code(self, issuing_division: str, sequence: int) -> str:
        """Make the card identification code of a sequence number, under a key of its own."""
        return identification_code(issuing_division, sequence, self._code_key)

    @functools.cached_property
    def _code_key(self) -> bytes:
        return self._vault.index("key", "card identification code")

    def _one(self, lookup: Lookup[str, Card], key: str) -> Card | None:
        found = lookup.of(self._connection, (key,)).get(key)
        return self._remembered(found) if found is not None else None

    def _card(self, row: sa.RowMapping) -> Card:
        return self._remembered(from_row(row))

    def _remembered(self, card: Card) -> Card:
        """Remember a card that was read: who changes it next needs to know what it was."""
        self._read[card.card] = card
        return card

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

    def _changed(self, cards: Sequence[Card], former: Mapping[str, Card]) -> None:
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

    def _sealed(self, card: Card, account: str) -> bytes:
        return self._vault.seal(account, f"cards/{card.card}") if account else b""
