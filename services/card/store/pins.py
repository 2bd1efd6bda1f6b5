"""PINs and passwords: their verification values, and how often each was mistaken."""

from datetime import datetime

import sqlalchemy as sa

from services.card.pin import Pin
from services.common.database import upsert


class PinTable:
    """PINs by card, or passwords by electronic card."""

    def __init__(self, connection: sa.Connection, table: sa.Table) -> None:
        self._connection = connection
        self._table = table
        self._owner = table.primary_key.columns[0]

    def get(self, owner: str) -> Pin | None:
        """Give the PIN of a card; None when none has been set."""
        found = self._connection.execute(sa.select(self._table).where(self._owner == owner)).mappings().one_or_none()
        if found is None:
            return None
        return Pin(
            owner,
            bytes(found["verification_value"]),
            found["key_id"],
            found["is_initial"],
            found["wrong_tries"],
            found.get("proof", ""),
        )

    def put(self, pin: Pin, now: datetime) -> None:
        """Keep the PIN of a card as it is now; the caller has locked the card."""
        row: dict[str, object] = {
            self._owner.name: pin.owner,
            "verification_value": pin.verification_value,
            "key_id": pin.key_id,
            "is_initial": pin.is_initial,
            "wrong_tries": pin.wrong_tries,
            "proof": pin.proof,
            "update_time": now,
        }
        kept = {name: value for name, value in row.items() if name in self._table.c}
        upsert(self._connection, self._table, [kept], [self._owner.name])
