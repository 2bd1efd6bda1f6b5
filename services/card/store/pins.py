"""PINs: their verification values, and how often each was mistaken."""

from datetime import datetime

import sqlalchemy as sa

from services.card.pin import Pin
from services.card.store.tables import PIN
from services.common.database import upsert


class PinTable:
    """PINs by card."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def get(self, card: str) -> Pin | None:
        """Give a card's PIN; None when none has been set."""
        row = self._connection.execute(sa.select(PIN).where(PIN.c.card == card)).mappings().one_or_none()
        if row is None:
            return None
        return Pin(row["card"], bytes(row["verification_value"]), row["is_initial"], row["wrong_tries"])

    def put(self, pin: Pin, now: datetime) -> None:
        """Keep a card's PIN as it is now; the caller has locked the card."""
        row: dict[str, object] = {
            "card": pin.card,
            "verification_value": pin.verification_value,
            "is_initial": pin.is_initial,
            "wrong_tries": pin.wrong_tries,
            "update_time": now,
        }
        upsert(self._connection, PIN, [row], ["card"])
