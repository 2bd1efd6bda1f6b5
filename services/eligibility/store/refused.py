"""Messages on the bus that name no delivery."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from services.common.cloud_event import in_utc
from services.common.database import insert_ignore
from services.common.filter_sql import condition
from services.common.filtering import Filter
from services.eligibility.evidence import EvidenceSource
from services.eligibility.feed import RefusedMessage
from services.eligibility.store.tables.evidence import REFUSED_MESSAGE

_COLUMNS = REFUSED_MESSAGE.c
_FIELDS = {name: _COLUMNS[name] for name in ("source", "message")}


class RefusedTable:
    """Refused messages by their own ids."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def keep(self, refused: RefusedMessage) -> None:
        """Keep that a message was refused; the same one is kept once."""
        row: dict[str, object] = {
            "refused": refused.refused,
            "message": refused.message,
            "source": refused.source or "",
            "refusal": refused.refusal,
            "refuse_time": refused.refuse_time,
        }
        insert_ignore(self._connection, REFUSED_MESSAGE, [row])

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[RefusedMessage]:
        """Give up to `size`, newest first."""
        statement = sa.select(REFUSED_MESSAGE).where(condition(wanted, _FIELDS))
        if before is not None:
            statement = statement.where(_COLUMNS.refused < before)
        rows = self._connection.execute(statement.order_by(_COLUMNS.refused.desc()).limit(size)).mappings()
        return [_refused(row) for row in rows]

    def forget(self, before: datetime) -> None:
        """Remove those that were refused before a time."""
        self._connection.execute(REFUSED_MESSAGE.delete().where(_COLUMNS.refuse_time < before))


def _refused(row: sa.RowMapping) -> RefusedMessage:
    return RefusedMessage(
        refused=row["refused"],
        message=row["message"],
        source=EvidenceSource(row["source"]) if row["source"] else None,
        refusal=row["refusal"],
        refuse_time=in_utc(row["refuse_time"]),
    )
