"""Records of evidence."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

import sqlalchemy as sa

from services.common.database import upsert
from services.common.filter_sql import condition
from services.common.filtering import Filter
from services.common.statement import TableInsert
from services.eligibility.evidence import Chain, Evidence, EvidenceKind, EvidenceSource, known_since
from services.eligibility.store.names import NameTable, of_each
from services.eligibility.store.rows import by_first, day_or_none, day_text, rows_in
from services.eligibility.store.tables.evidence import DESK_NEGATIVE, EVIDENCE

_COLUMNS = EVIDENCE.c
_INSERT = TableInsert(EVIDENCE, *EVIDENCE.columns.keys())


class EvidenceTable:
    """Evidence by source and reference."""

    def __init__(self, connection: sa.Connection, weak: Collection[EvidenceKind], names: NameTable) -> None:
        self._connection = connection
        self._names = names
        self._weak = sorted(weak)

    def chains(self, records: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Chain]:
        """Give all revisions, undone ones too, of the records with these sources and references."""
        found: dict[tuple[str, str], Chain] = {}
        for source, references in by_first(records).items():
            for row in rows_in(self._connection, EVIDENCE, "reference", references, _COLUMNS.source == source):
                record = _evidence(row)
                found.setdefault((source, record.reference), {})[record.revision] = record
        return found

    def deciding(self, people: Collection[str]) -> Mapping[str, Sequence[Evidence]]:
        """Give all of some people that can decide, neither weak nor undone, under whichever name they came."""
        conditions = (_COLUMNS.kind.not_in(self._weak), _COLUMNS.undone.is_(False))
        identities = self._names.identities(people)
        found: dict[str, list[Evidence]] = {}
        for row in rows_in(self._connection, EVIDENCE, "person", identities.names, *conditions):
            record = _evidence(row)
            found.setdefault(record.person, []).append(record)
        return {person: known_since(records) for person, records in of_each(people, identities, found).items()}

    def add(self, records: Sequence[Evidence]) -> None:
        """Put new ones on record."""
        _INSERT.many(self._connection, [tuple(_row(record).values()) for record in records])

    def save(self, records: Sequence[Evidence]) -> None:
        """Keep changed ones."""
        upsert(self._connection, EVIDENCE, [_row(record) for record in records], ["source", "reference", "revision"])

    def desk_negatives(self, day: date) -> Mapping[str, int]:
        """Tell how many negative records of each office were submitted one by one on a day."""
        found = sa.select(DESK_NEGATIVE.c.source, DESK_NEGATIVE.c.count).where(DESK_NEGATIVE.c.day == day.isoformat())
        return {row["source"]: row["count"] for row in self._connection.execute(found).mappings()}

    def keep_desk_negatives(self, day: date, counts: Mapping[str, int]) -> None:
        """Keep how many there were."""
        rows: list[dict[str, object]] = [
            {"source": source, "day": day.isoformat(), "count": count} for source, count in sorted(counts.items())
        ]
        upsert(self._connection, DESK_NEGATIVE, rows, ["source", "day"])

    def page(
        self, person: str, wanted: Filter, size: int, after: tuple[str, str, str, int] | None
    ) -> Sequence[Evidence]:
        """Give up to `size` of a person's, newest event first, after (event date, source, reference, revision)."""
        names = self._names.identities([person]).others(person)
        order = (_COLUMNS.event_date, _COLUMNS.source, _COLUMNS.reference, _COLUMNS.revision)
        fields = {"kind": _COLUMNS.kind, "source": _COLUMNS.source, "event_date": _COLUMNS.event_date}
        statement = sa.select(EVIDENCE).where(
            _COLUMNS.person.in_(names), _COLUMNS.undone.is_(False), condition(wanted, fields)
        )
        if after is not None:
            statement = statement.where(sa.tuple_(*order) < sa.tuple_(*(sa.literal(part) for part in after)))
        statement = statement.order_by(*(column.desc() for column in order)).limit(size)
        return [_evidence(row) for row in self._connection.execute(statement).mappings()]


def _row(record: Evidence) -> dict[str, object]:
    return {
        "source": record.source,
        "reference": record.reference,
        "revision": record.revision,
        "person": record.person,
        "kind": record.kind,
        "event_date": record.event_date.isoformat(),
        "received_date": record.received_date.isoformat(),
        "withdrawn_date": day_text(record.withdrawn_date),
        "withdrawal_reason": record.withdrawal_reason,
        "superseded_date": day_text(record.superseded_date),
        "batch": record.batch,
        "event_count": record.event_count,
        "undone": record.undone,
    }


def _evidence(row: sa.RowMapping) -> Evidence:
    return Evidence(
        source=EvidenceSource(row["source"]),
        reference=row["reference"],
        person=row["person"],
        kind=EvidenceKind(row["kind"]),
        event_date=date.fromisoformat(row["event_date"]),
        received_date=date.fromisoformat(row["received_date"]),
        withdrawn_date=day_or_none(row["withdrawn_date"]),
        withdrawal_reason=row["withdrawal_reason"],
        revision=row["revision"],
        superseded_date=day_or_none(row["superseded_date"]),
        batch=row["batch"],
        event_count=row["event_count"],
        undone=row["undone"],
    )
