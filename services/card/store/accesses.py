"""The log of accesses; the database itself refuses to change or delete a row of it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from services.card.access import Access, AccessKind, Looked
from services.card.store.people_tables import ACCESS, REVEAL_COUNT
from services.common.database import insert_ignore
from services.common.filter_sql import condition
from services.common.filtering import Filter
from services.common.statement import TableInsert

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = ACCESS.c
_ADD = TableInsert(ACCESS, "access_us", "call", "place", "person", "kind", "caller", "purpose", "case_reference")
_FIELDS = {name: _COLUMNS[name] for name in ("person", "caller", "kind")} | {
    "access_time": _COLUMNS.access_us,
    "reveal_time": _COLUMNS.access_us,
}
_PLACE = (_COLUMNS.access_us, _COLUMNS.call, _COLUMNS.place)


class AccessTable:
    """Accesses in the order of time."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, calls: Sequence[Looked], *, unsure: bool = False) -> None:
        """Keep that calls read people; when unsure, some of them may be kept already."""
        kept = self._kept(calls) if unsure else frozenset()
        rows: list[tuple[object, ...]] = []
        for looked in calls:
            if looked.call in kept:
                continue
            at = _microseconds(looked)
            known = (looked.kind, looked.caller, looked.purpose, looked.case_reference)
            rows += [(at, looked.call, place, person, *known) for place, person in enumerate(looked.people)]
        _ADD.many(self._connection, rows)

    def page(self, wanted: Filter, size: int, before: tuple[int, str, int] | None) -> Sequence[Access]:
        """Give up to `size` accesses, newest first, from the one after `before`."""
        statement = sa.select(ACCESS).where(condition(wanted, _FIELDS))
        if before is not None:
            statement = statement.where(sa.tuple_(*_PLACE) < sa.tuple_(*(sa.literal(part) for part in before)))
        newest = statement.order_by(*(column.desc() for column in _PLACE)).limit(size)
        return [
            Access(
                call=row["call"],
                place=row["place"],
                kind=AccessKind(row["kind"]),
                caller=row["caller"],
                person=row["person"],
                access_us=row["access_us"],
                purpose=row["purpose"],
                case_reference=row["case_reference"],
            )
            for row in self._connection.execute(newest).mappings()
        ]

    def _kept(self, calls: Sequence[Looked]) -> frozenset[str]:
        """Give those of some calls that are in the log; each was kept whole."""
        times = [_microseconds(looked) for looked in calls]
        statement = sa.select(_COLUMNS.call).where(_COLUMNS.access_us.between(min(times), max(times)))
        return frozenset(self._connection.execute(statement).scalars())

    def count_reveal(self, caller: str, day: date) -> int:
        """Count one more reveal of a caller on a day, under the count's lock; give the count."""
        key = {"caller": caller, "day": day.isoformat()}
        insert_ignore(self._connection, REVEAL_COUNT, [{**key, "taken": 0}])
        counted = REVEAL_COUNT.update().filter_by(**key).values(taken=REVEAL_COUNT.c.taken + 1)
        return int(self._connection.execute(counted.returning(REVEAL_COUNT.c.taken)).scalar_one())


def _microseconds(looked: Looked) -> int:
    return (looked.access_time - _EPOCH) // timedelta(microseconds=1)
