"""Cards, their accounts sealed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

import sqlalchemy as sa

from services.card.domain import Card
from services.card.number import identification_code
from services.card.status import CancelReason, CardProgress, CardStatus
from services.card.store.tables import CARD, PERSON, SEQUENCE
from services.common.cloud_event import in_utc
from services.common.crypto import Vault
from services.common.database import insert_ignore
from services.common.errors import Conflict
from services.common.filter_sql import condition
from services.common.filtering import Filter
from services.common.sets import among

_COLUMNS = CARD.c
_FIELDS = {name: _COLUMNS[name] for name in ("person", "status", "progress", "issuing_division", "issue_date")}
_SEQUENCE = "card_no"


class CardTable:
    """Cards by id, number and holder."""

    def __init__(self, connection: sa.Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def get(self, card: str) -> Card | None:
        """Give one card."""
        return self._one(_COLUMNS.card == card)

    def live(self, people: Collection[str]) -> Mapping[str, Card]:
        """Give the live cards of some people, by the name asked: for a merged one, the card of who stands for it."""
        standing = sa.func.coalesce(PERSON.c.merged_into, PERSON.c.person)
        statement = (
            sa.select(PERSON.c.person.label("asked"), CARD)
            .join(CARD, _COLUMNS.live_person == standing)
            .where(among(self._connection, PERSON.c.person, people))
        )
        return {row["asked"]: _card(row) for row in self._connection.execute(statement).mappings()}

    def by_number(self, card_no: str, identification_code: str) -> Card | None:
        """Give the card with this card number, or else with this identification code."""
        if card_no:
            return self._one(_COLUMNS.card_no == card_no)
        return self._one(_COLUMNS.identification_code == identification_code)

    def lapse_due(self, now: datetime, size: int) -> Sequence[Card]:
        """Give up to `size` cards whose provisional loss has lapsed, locked for a change."""
        statement = sa.select(CARD).where(_COLUMNS.loss_lapse_time <= now).order_by(_COLUMNS.loss_lapse_time)
        locked = statement.limit(size).with_for_update(skip_locked=True)
        return [_card(row) for row in self._connection.execute(locked).mappings()]

    def add(self, cards: Sequence[Card], accounts: Mapping[str, str]) -> None:
        """Keep new cards and, by card, their accounts sealed; raises Conflict when a holder has just got another."""
        if not cards:
            return
        rows = [_row(card) | {"sealed_account": self._sealed(card, accounts.get(card.card, ""))} for card in cards]
        try:
            self._connection.execute(CARD.insert(), rows)
        except sa.exc.IntegrityError as error:
            raise Conflict("CONCURRENT_CHANGE", "A holder got a card in the same moment; repeat.") from error
        # The insert has waited for a merge of a holder that was under way: it may be done now.
        merged = sa.and_(
            among(self._connection, PERSON.c.person, {card.person for card in cards}), PERSON.c.merged_into.is_not(None)
        )
        if self._connection.execute(sa.select(PERSON.c.person).where(merged).limit(1)).first() is not None:
            raise Conflict("CONCURRENT_CHANGE", "A holder's record was merged in the same moment; repeat.")

    def save(self, card: Card, account: str = "") -> None:
        """Keep a changed card and a new account; raises Conflict when somebody else has just changed the card."""
        row = _row(card) | ({"sealed_account": self._sealed(card, account)} if account else {})
        unchanged = sa.and_(_COLUMNS.card == card.card, _COLUMNS.version == card.version - 1)
        if self._connection.execute(CARD.update().where(unchanged).values(row)).rowcount != 1:
            raise Conflict("CONCURRENT_CHANGE", "The card was changed in the same moment; read it again.")

    def save_locked(self, cards: Sequence[Card]) -> None:
        """Keep changed cards that this transaction has locked."""
        if cards:
            rows = [_row(card) | {"of_card": card.card} for card in cards]
            changed: dict[str, sa.BindParameter[object]] = {name: sa.bindparam(name) for name in _row(cards[0])}
            self._connection.execute(
                CARD.update().where(_COLUMNS.card == sa.bindparam("of_card")).values(changed), rows
            )

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[Card]:
        """Give up to `size` cards, newest first, from the one after `before`."""
        statement = sa.select(CARD).where(condition(wanted, _FIELDS))
        if before is not None:
            statement = statement.where(_COLUMNS.card < before)
        rows = self._connection.execute(statement.order_by(_COLUMNS.card.desc()).limit(size)).mappings()
        return [_card(row) for row in rows]

    def take_sequence(self, count: int) -> int:
        """Take so many sequence numbers for card numbers; give the first of them."""
        insert_ignore(self._connection, SEQUENCE, [{"name": _SEQUENCE, "next_number": 0}])
        following = SEQUENCE.c.next_number + count
        statement = SEQUENCE.update().where(SEQUENCE.c.name == _SEQUENCE).values(next_number=following)
        after = self._connection.execute(statement.returning(SEQUENCE.c.next_number)).scalar_one()
        return int(after) - count

    def identification_code(self, issuing_division: str, sequence: int) -> str:
        """Make the card identification code of a sequence number, under a key of its own."""
        return identification_code(issuing_division, sequence, self._vault.index("key", "card identification code"))

    def _one(self, wanted: sa.ColumnElement[bool]) -> Card | None:
        row = self._connection.execute(sa.select(CARD).where(wanted)).mappings().one_or_none()
        return _card(row) if row is not None else None

    def _sealed(self, card: Card, account: str) -> bytes:
        return self._vault.seal(account, f"cards/{card.card}") if account else b""


def _row(card: Card) -> dict[str, object]:
    return {
        "card": card.card,
        "person": card.person,
        "live_person": card.person if card.status is not CardStatus.CANCELLED else None,
        "issuing_division": card.issuing_division,
        "service_bank_code": card.service_bank_code,
        "progress": card.progress,
        "status": card.status or "",
        "former_status": card.former_status or "",
        "card_no": card.card_no or None,
        "identification_code": card.identification_code or None,
        "masked_account": card.masked_account,
        "issue_date": card.issue_date.isoformat() if card.issue_date else None,
        "expire_date": card.expire_date.isoformat() if card.expire_date else None,
        "loss_lapse_time": card.loss_lapse_time,
        "replaces": card.replaces,
        "cancel_reason": card.cancel_reason or "",
        "create_time": card.create_time,
        "update_time": card.update_time,
        "version": card.version,
    }


def _card(row: sa.RowMapping) -> Card:
    lapse = row["loss_lapse_time"]
    return Card(
        card=row["card"],
        person=row["person"],
        issuing_division=row["issuing_division"],
        service_bank_code=row["service_bank_code"],
        progress=CardProgress(row["progress"]),
        status=CardStatus(row["status"]) if row["status"] else None,
        former_status=CardStatus(row["former_status"]) if row["former_status"] else None,
        card_no=row["card_no"] or "",
        identification_code=row["identification_code"] or "",
        masked_account=row["masked_account"],
        issue_date=date.fromisoformat(row["issue_date"]) if row["issue_date"] else None,
        expire_date=date.fromisoformat(row["expire_date"]) if row["expire_date"] else None,
        loss_lapse_time=in_utc(lapse) if lapse else None,
        replaces=row["replaces"],
        cancel_reason=CancelReason(row["cancel_reason"]) if row["cancel_reason"] else None,
        create_time=in_utc(row["create_time"]),
        update_time=in_utc(row["update_time"]),
        version=row["version"],
    )
