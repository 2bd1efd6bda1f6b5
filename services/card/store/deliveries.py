"""Deliveries, their addresses sealed."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from services.card.delivery import NOT_UNDER_WAY, Delivery, DeliveryState, Recipient
from services.card.status import CardProgress, CardStatus
from services.card.store.tables import CARD, METADATA
from services.common.cloud_event import in_utc
from services.common.crypto import Vault
from services.common.database import upsert
from services.common.sets import among

_WAITING = sa.text("state = 'REQUESTED'")


class _Base(SQLModel):
    metadata = METADATA


class DeliveryRecord(_Base, table=True):
    """That a card is sent by mail."""

    __tablename__ = "card_delivery"
    __table_args__ = (sa.Index("card_delivery_waiting", "card", sqlite_where=_WAITING, postgresql_where=_WAITING),)

    card: str = Field(primary_key=True, foreign_key="card.card")
    state: str
    sealed_recipient: bytes
    tracking_number: str
    update_time: datetime = Field(sa_type=sa.DateTime(timezone=True))


_DELIVERY: sa.Table = DeliveryRecord.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass


class DeliveryTable:
    """Deliveries by card."""

    def __init__(self, connection: sa.Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def get(self, card: str) -> Delivery | None:
        """Give a card's delivery, unsealed; None when nobody asked for one."""
        row = self._connection.execute(sa.select(_DELIVERY).where(_DELIVERY.c.card == card)).mappings().one_or_none()
        return self._delivery(row) if row is not None else None

    def put(self, delivery: Delivery) -> None:
        """Seal and keep a delivery."""
        to = delivery.recipient
        said = json.dumps((to.receiver, to.phone, to.address)) if to is not None else ""
        row: dict[str, object] = {
            "card": delivery.card,
            "state": delivery.state,
            "sealed_recipient": self._vault.seal(said, _place(delivery.card)) if said else b"",
            "tracking_number": delivery.tracking_number,
            "update_time": delivery.update_time,
        }
        upsert(self._connection, _DELIVERY, [row], ["card"])

    def withdraw(self, collected: Collection[str], cancelled: Collection[str], now: datetime) -> None:
        """End the deliveries of cards that were collected at the counter, or cancelled, and forget their addresses."""
        ended = (
            (collected, NOT_UNDER_WAY),  # a posted one is delivered, not collected
            (cancelled, (*NOT_UNDER_WAY, DeliveryState.POSTED)),
        )
        for cards, states in ended:
            if cards:
                waiting = sa.and_(among(self._connection, _DELIVERY.c.card, cards), _DELIVERY.c.state.in_(states))
                self._connection.execute(
                    _DELIVERY.update()
                    .where(waiting)
                    .values(state=DeliveryState.WITHDRAWN, sealed_recipient=b"", update_time=now)
                )

    def to_post(self, division: str, size: int, after: str) -> Sequence[tuple[str, Delivery]]:
        """Give up to `size` holders and deliveries of made cards that wait for the post, from the one after a card."""
        made = sa.and_(CARD.c.progress == CardProgress.MADE, CARD.c.status == CardStatus.SEALED)
        statement = (
            sa.select(CARD.c.person, _DELIVERY)
            .join(CARD, CARD.c.card == _DELIVERY.c.card)
            .where(sa.text("card_delivery.state = 'REQUESTED'"), made, CARD.c.issuing_division == division)
            .where(_DELIVERY.c.card > after)
            .order_by(_DELIVERY.c.card)
            .limit(size)
        )
        return [(row["person"], self._delivery(row)) for row in self._connection.execute(statement).mappings()]

    def _delivery(self, row: sa.RowMapping) -> Delivery:
        sealed = row["sealed_recipient"]
        recipient = Recipient(*json.loads(self._vault.open(sealed, _place(row["card"])))) if sealed else None
        state = DeliveryState(row["state"])
        return Delivery(row["card"], recipient, in_utc(row["update_time"]), state, row["tracking_number"])


def _place(card: str) -> str:
    return f"cards/{card}/delivery"
