"""Records of evidence."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

import sqlalchemy as sa

from services.common.filter_sql import condition
from services.common.filtering import Filter
from services.eligibility.evidence import Evidence, EvidenceKind, EvidenceSource
from services.eligibility.store.rows import by_first, day_or_none, day_text, rows_in
from services.eligibility.store.tables import EVIDENCE

_COLUMNS = EVIDENCE.c


class EvidenceTable:
    """Evidence by source and reference."""

    def __init__(self, connection: sa.Connection, weak: Collection[EvidenceKind]) -> None:
        self._connection = connection
        self._weak = sorted(weak)

    def find(self, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Evidence]:
        """Give those that are on record."""
        found = {}
        for source, references in by_first(keys).items():
            for row in rows_in(self._connection, EVIDENCE, "reference", references, _COLUMNS.source == source):
                record = _evidence(row)
                found[(source, record.reference)] = record
        return found

    def deciding(self, people: Collection[str]) -> Mapping[str, Sequence[Evidence]]:
        """Give all but the weak ones of some people."""
        found: dict[str, list[Evidence]] = {}
        for row in rows_in(self._connection, EVIDENCE, "person", people, _COLUMNS.kind.not_in(self._weak)):
            record = _evidence(row)
            found.setdefault(record.person, []).append(record)
        return found

    def add(self, records: Sequence[Evidence]) -> None:
        """Put new ones on record."""
        if records:
            self._connection.execute(EVIDENCE.insert(), [_row(record) for record in records])

    def save(self, record: Evidence) -> None:
        """Keep one that was withdrawn."""
        self._connection.execute(
            EVIDENCE.update()
            .where(_COLUMNS.source == record.source, _COLUMNS.reference == record.reference)
            .values(withdrawn_date=day_text(record.withdrawn_date), withdrawal_reason=record.withdrawal_reason)
        )

    def page(self, person: str, wanted: Filter, size: int, after: tuple[str, str, str] | None) -> Sequence[Evidence]:
        """Give up to `size` of a person's, newest event first, after (event date, source, reference)."""
        order = (_COLUMNS.event_date, _COLUMNS.source, _COLUMNS.reference)
        fields = {"kind": _COLUMNS.kind, "source": _COLUMNS.source, "event_date": _COLUMNS.event_date}
        statement = sa.select(EVIDENCE).where(_COLUMNS.person == person, condition(wanted, fields))
        if after is not None:
            day, source, reference = after
            same_day = sa.and_(
                _COLUMNS.event_date == day,
                sa.or_(_COLUMNS.source < source, sa.and_(_COLUMNS.source == source, _COLUMNS.reference < reference)),
            )
            statement = statement.where(sa.or_(_COLUMNS.event_date < day, same_day))
        statement = statement.order_by(*(column.desc() for column in order)).limit(size)
        return [_evidence(row) for row in self._connection.execute(statement).mappings()]


def _row(record: Evidence) -> dict[str, object]:
    return {
        "source": record.source,
        "reference": record.reference,
        "person": record.person,
        "kind": record.kind,
        "event_date": record.event_date.isoformat(),
        "received_date": record.received_date.isoformat(),
        "withdrawn_date": day_text(record.withdrawn_date),
        "withdrawal_reason": record.withdrawal_reason,
    }


def _evidence(row: sa.RowMapping) -> Evidence:
    return Evidence(
        EvidenceSource(row["source"]),
        row["reference"],
        row["person"],
        EvidenceKind(row["kind"]),
        date.fromisoformat(row["event_date"]),
        date.fromisoformat(row["received_date"]),
        day_or_none(row["withdrawn_date"]),
        row["withdrawal_reason"],
    )
