"""Cards are looked up: by id, number and holder, by what a timer or a batch waits for, and in lists."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

import sqlalchemy as sa

from services.card.domain import Card
from services.card.store.card_rows import card_of, from_row
from services.card.store.card_statements import BY_CODE, BY_NUMBER, DECEASED, GET, LIVE, LIVE_OF, LOCKED
from services.card.store.tables import CARD, OVERDUE, WAITING
from services.common.filter_sql import condition
from services.common.filtering import Filter
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


class FoundCards:
    """Cards as they are read; those that were read are remembered for who changes them next."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
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

    def foresee_locked(self, cards: Collection[str]) -> Collection[Card]:
        """Look up and lock at once the cards that `locked` will be asked for; give those that there are."""
        return LOCKED.foresee(self._connection, cards).values()

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

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[Card]:
        """Give up to `size` cards, newest first, from the one after `before`."""
        statement = sa.select(CARD).where(condition(wanted, _FIELDS))
        if before is not None:
            statement = statement.where(_COLUMNS.card < before)
        rows = self._connection.execute(statement.order_by(_COLUMNS.card.desc()).limit(size)).mappings()
        return [self._card(row) for row in rows]

    def numbered(self, numbers: Collection[str], codes: Collection[str]) -> Sequence[Card]:
        """Give the cards that have one of some card numbers, or one of some identification codes."""
        with_number = among(self._connection, _COLUMNS.card_no, numbers)
        with_code = among(self._connection, _COLUMNS.identification_code, codes)
        # Two look-ups by index, of which a card may be in both: an OR of the two would read the whole table.
        found = sa.union(sa.select(CARD.c.card).where(with_number), sa.select(CARD.c.card).where(with_code)).subquery()
        rows = self._connection.execute(sa.select(CARD).join(found, CARD.c.card == found.c.card)).mappings()
        return [from_row(row) for row in rows]

    def _due(self, is_due: sa.ColumnElement[bool], order: sa.ColumnElement[object], size: int) -> Sequence[Card]:
        statement = sa.select(CARD).where(is_due).order_by(order).limit(size).with_for_update(skip_locked=True)
        return [self._card(row) for row in self._connection.execute(statement).mappings()]

    def _one(self, lookup: Lookup[str, Card], key: str) -> Card | None:
        found = lookup.of(self._connection, (key,)).get(key)
        return self._remembered(found) if found is not None else None

    def _card(self, row: sa.RowMapping) -> Card:
        return self._remembered(from_row(row))

    def _remembered(self, card: Card) -> Card:
        """Remember a card that was read: who changes it next needs to know what it was."""
        self._read[card.card] = card
        return card
