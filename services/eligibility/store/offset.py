"""Offsets."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict

import sqlalchemy as sa

from services.common.cloud_event import in_utc
from services.common.database import upsert
from services.common.filter_sql import condition
from services.common.filtering import Filter
from services.eligibility.offset import Offset, OffsetOrder, OffsetState
from services.eligibility.store.rows import locked_in, rows_in
from services.eligibility.store.tables.entitlement import OFFSET

_COLUMNS = OFFSET.c
_FIELDS = {"entitlement": _COLUMNS.entitlement, "state": _COLUMNS.state}


class OffsetTable:
    """Offsets by id and entitlement."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def active(self, entitlements: Collection[str]) -> Mapping[str, Offset]:
        """Give by entitlement the offset that takes something of it."""
        is_active = _COLUMNS.state == OffsetState.ACTIVE
        rows = rows_in(self._connection, OFFSET, "entitlement", entitlements, is_active)
        return {row["entitlement"]: _offset(row) for row in rows}

    def locked(self, offsets: Collection[str]) -> Mapping[str, Offset]:
        """Give some, locked for a change."""
        return {row["offset"]: _offset(row) for row in locked_in(self._connection, OFFSET, "offset", offsets)}

    def save(self, offsets: Sequence[Offset]) -> None:
        """Keep new ones, and changed ones that this transaction has locked."""
        upsert(self._connection, OFFSET, [_row(offset) for offset in offsets], ["offset"])

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[Offset]:
        """Give up to `size`, newest first."""
        statement = sa.select(OFFSET).where(condition(wanted, _FIELDS))
        if before is not None:
            statement = statement.where(_COLUMNS.offset < before)
        rows = self._connection.execute(statement.order_by(_COLUMNS.offset.desc()).limit(size)).mappings()
        return [_offset(row) for row in rows]


def _row(offset: Offset) -> dict[str, object]:
    return {
        "offset": offset.offset,
        **asdict(offset.order),
        "creator": offset.creator,
        "create_time": offset.create_time,
        "update_time": offset.update_time,
        "taken_fen": offset.taken_fen,
        "state": offset.state,
        "end_reason": offset.end_reason,
        "version": offset.version,
    }


def _offset(row: sa.RowMapping) -> Offset:
    return Offset(
        offset=row["offset"],
        order=OffsetOrder(row["entitlement"], row["total_fen"], row["monthly_fen"], row["floor_fen"], row["basis"]),
        creator=row["creator"],
        create_time=in_utc(row["create_time"]),
        update_time=in_utc(row["update_time"]),
        taken_fen=row["taken_fen"],
        state=OffsetState(row["state"]),
        end_reason=row["end_reason"],
        version=row["version"],
    )
