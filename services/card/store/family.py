"""Family service: who may show whose electronic card."""

from collections.abc import Sequence

import sqlalchemy as sa

from services.card.family import FamilyDelegate, FamilyRelation
from services.card.store.ecard_tables import ECARD, FAMILY_DELEGATE
from services.card.store.people_tables import PERSON
from services.common.cloud_event import in_utc
from services.common.filter_sql import condition
from services.common.filtering import Filter

_COLUMNS = FAMILY_DELEGATE.c
_STANDING = sa.func.coalesce(PERSON.c.merged_into, PERSON.c.person)
_FIELDS = {"ecard": _COLUMNS.ecard, "delegate": _COLUMNS.delegate}


class FamilyTable:
    """Delegates by electronic card and by delegate."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def delegate(self, ecard: str, delegate: str) -> FamilyDelegate | None:
        """Give one delegate of an electronic card, or of another one that its holder had before a merge."""
        statement = sa.select(FAMILY_DELEGATE).where(_is_of_holder(ecard), _is_by(delegate)).limit(1)
        row = self._connection.execute(statement).mappings().one_or_none()
        return _delegate(row) if row is not None else None

    def count_relatives(self, delegate: str) -> int:
        """Count the people whose electronic cards somebody may show."""
        counted = (
            sa.select(sa.func.count(sa.distinct(_STANDING)))
            .select_from(FAMILY_DELEGATE)
            .join(ECARD, ECARD.c.ecard == _COLUMNS.ecard)
            .join(PERSON, PERSON.c.person == ECARD.c.person)
            .where(_is_by(delegate))
        )
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
        unwanted = FAMILY_DELEGATE.delete().where(_is_of_holder(ecard), _is_by(delegate))
        return self._connection.execute(unwanted).rowcount > 0

    def delegates(self, wanted: Filter, size: int, after: tuple[str, str] | None) -> Sequence[FamilyDelegate]:
        """Give up to `size` delegates in the order of electronic card and delegate, from the one after `after`."""
        key = sa.tuple_(_COLUMNS.ecard, _COLUMNS.delegate)
        statement = sa.select(FAMILY_DELEGATE).where(condition(wanted, _FIELDS))
        if after is not None:
            statement = statement.where(key > sa.tuple_(*map(sa.literal, after)))
        rows = self._connection.execute(statement.order_by(_COLUMNS.ecard, _COLUMNS.delegate).limit(size)).mappings()
        return [_delegate(row) for row in rows]


def _is_by(delegate: str) -> sa.ColumnElement[bool]:
    """Compare the delegate with a person, whichever of the person's records is named."""
    return _COLUMNS.delegate.in_(_records_of(sa.select(_STANDING).where(PERSON.c.person == delegate)))


def _is_of_holder(ecard: str) -> sa.ColumnElement[bool]:
    """Compare the electronic card with all that the holder of a given one has, or had under another record."""
    holder = sa.select(_STANDING).join(ECARD, ECARD.c.person == PERSON.c.person).where(ECARD.c.ecard == ecard)
    return _COLUMNS.ecard.in_(sa.select(ECARD.c.ecard).where(ECARD.c.person.in_(_records_of(holder))))


def _records_of(standing: sa.Select[tuple[str]]) -> sa.CompoundSelect[tuple[str]]:
    """Give a person's own record and those merged into it: two look-ups by index, where an OR would read all."""
    record = sa.alias(PERSON)
    return sa.union_all(
        sa.select(record.c.person).where(record.c.person == standing.scalar_subquery()),
        sa.select(record.c.person).where(record.c.merged_into == standing.scalar_subquery()),
    )


def _delegate(row: sa.RowMapping) -> FamilyDelegate:
    return FamilyDelegate(row["ecard"], row["delegate"], FamilyRelation(row["relation"]), in_utc(row["create_time"]))
