"""Family service: who may show whose electronic card."""

from collections.abc import Sequence

import sqlalchemy as sa

from services.card.ecard import FamilyDelegate, FamilyRelation
from services.card.store.ecard_tables import FAMILY_DELEGATE
from services.common.cloud_event import in_utc
from services.common.filter_sql import condition
from services.common.filtering import Filter

_COLUMNS = FAMILY_DELEGATE.c
_FIELDS = {"ecard": _COLUMNS.ecard, "delegate": _COLUMNS.delegate}


class FamilyTable:
    """Delegates by electronic card and by delegate."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def delegate(self, ecard: str, delegate: str) -> FamilyDelegate | None:
        """Give one delegate of an electronic card."""
        statement = sa.select(FAMILY_DELEGATE).where(_COLUMNS.ecard == ecard, _COLUMNS.delegate == delegate)
        row = self._connection.execute(statement).mappings().one_or_none()
        return _delegate(row) if row is not None else None

    def count_relatives(self, delegate: str) -> int:
        """Count the electronic cards that somebody may show for others."""
        counted = sa.select(sa.func.count()).select_from(FAMILY_DELEGATE).where(_COLUMNS.delegate == delegate)
        return int(self._connection.execute(counted).scalar_one())

    def add_delegate(self, delegate: FamilyDelegate) -> None:
        """Keep a new delegate."""
        self._connection.execute(
            FAMILY_DELEGATE.insert().values(
                ecard=delegate.ecard,
                delegate=delegate.delegate,
                relation=delegate.relation,
                create_time=delegate.create_time,
            )
        )

    def remove_delegate(self, ecard: str, delegate: str) -> bool:
        """Delete a delegate; false when there was none."""
        unwanted = FAMILY_DELEGATE.delete().where(_COLUMNS.ecard == ecard, _COLUMNS.delegate == delegate)
        return self._connection.execute(unwanted).rowcount == 1

    def delegates(self, wanted: Filter, size: int, after: tuple[str, str] | None) -> Sequence[FamilyDelegate]:
        """Give up to `size` delegates in the order of electronic card and delegate, from the one after `after`."""
        key = sa.tuple_(_COLUMNS.ecard, _COLUMNS.delegate)
        statement = sa.select(FAMILY_DELEGATE).where(condition(wanted, _FIELDS))
        if after is not None:
            statement = statement.where(key > sa.tuple_(*map(sa.literal, after)))
        rows = self._connection.execute(statement.order_by(_COLUMNS.ecard, _COLUMNS.delegate).limit(size)).mappings()
        return [_delegate(row) for row in rows]


def _delegate(row: sa.RowMapping) -> FamilyDelegate:
    return FamilyDelegate(row["ecard"], row["delegate"], FamilyRelation(row["relation"]), in_utc(row["create_time"]))
