"""Deliveries of offices and their rows."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime

import sqlalchemy as sa

from services.common.cloud_event import in_utc
from services.common.crypto import Vault
from services.common.database import chunks, insert_ignore, upsert
from services.common.filter_sql import condition
from services.common.filtering import Filter
from services.common.statement import TableInsert
from services.eligibility.baseline import FeedCheck, Finding, Measures
from services.eligibility.evidence import EvidenceKind, EvidenceSource
from services.eligibility.feed import (
    AT_WORK,
    Decision,
    FeedBatch,
    FeedBatchState,
    FeedCounts,
    FeedDecisionKind,
    FeedRow,
    FeedRowOutcome,
    Proposal,
    Waiting,
)
from services.eligibility.store.feed_measures import measure
from services.eligibility.store.rows import day_or_none, day_text, locked_in, rows_in
from services.eligibility.store.tables.evidence import FEED_BATCH, FEED_RESTORED, FEED_ROW

_BATCH = FEED_BATCH.c
_ROW = FEED_ROW.c
_FIELDS = {name: _BATCH[name] for name in ("source", "state", "reference")}
_ROW_FIELDS = {name: _ROW[name] for name in ("kind", "outcome", "event_date", "person")}
_AT_WORK = sa.select(FEED_BATCH).where(_BATCH.state.in_(AT_WORK)).order_by(_BATCH.batch).limit(1).with_for_update()
_IN_EFFECT = (FeedBatchState.APPLYING, FeedBatchState.APPLIED)
_NOT_HEEDED = (FeedRowOutcome.REPEATED, FeedRowOutcome.CONFLICTING)
_INSERT_ROWS = TableInsert(FEED_ROW, *FEED_ROW.columns.keys())


class FeedTable:
    """Deliveries by id, and by office and reference."""

    def __init__(self, connection: sa.Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def find(self, source: str, reference: str) -> FeedBatch | None:
        """Give the delivery of an office with a reference."""
        statement = sa.select(FEED_BATCH).where(_BATCH.source == source, _BATCH.reference == reference)
        row = self._connection.execute(statement).mappings().one_or_none()
        return _batch(row) if row is not None else None

    def get(self, batch: str) -> FeedBatch | None:
        """Give one, locked for a change."""
        found = [_batch(row) for row in locked_in(self._connection, FEED_BATCH, "batch", [batch])]
        return found[0] if found else None

    def at_work(self) -> FeedBatch | None:
        """Give the oldest one that goes on by itself, locked for a change."""
        row = self._connection.execute(_AT_WORK).mappings().one_or_none()
        return _batch(row) if row is not None else None

    def save(self, batch: FeedBatch) -> None:
        """Keep a new or changed one."""
        upsert(self._connection, FEED_BATCH, [_batch_row(batch)], ["batch"])

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[FeedBatch]:
        """Give up to `size`, newest first."""
        statement = sa.select(FEED_BATCH).where(condition(wanted, _FIELDS))
        if before is not None:
            statement = statement.where(_BATCH.batch < before)
        rows = self._connection.execute(statement.order_by(_BATCH.batch.desc()).limit(size)).mappings()
        return [_batch(row) for row in rows]

    def history(self, source: str, size: int, before: datetime | None = None) -> Sequence[FeedBatch]:
        """Give an office's last applied deliveries, newest first; with `before` those that took effect before then."""
        wanted = sa.select(FEED_BATCH).where(_BATCH.source == source, _BATCH.state == FeedBatchState.APPLIED)
        if before is not None:
            wanted = wanted.where(_BATCH.apply_time < before)
        rows = self._connection.execute(wanted.order_by(_BATCH.apply_time.desc()).limit(size)).mappings()
        return [_batch(row) for row in rows]

    def known_rows(self, batch: str, references: Collection[str]) -> Mapping[str, FeedRow]:
        """Give those rows of a delivery that came before."""
        rows = rows_in(self._connection, FEED_ROW, "reference", references, _ROW.batch == batch)
        return {row["reference"]: _feed_row(row) for row in rows}

    def add_rows(self, batch: str, rows: Sequence[tuple[FeedRow, str]]) -> None:
        """Put new rows on record; an identity number beside a row is sealed."""
        _INSERT_ROWS.many(
            self._connection,
            [
                (
                    batch,
                    row.reference,
                    row.revision,
                    row.person,
                    self._vault.seal(number, place_of(batch, row.reference)) if number else b"",
                    row.kind,
                    row.event_date.isoformat(),
                    row.received_date.isoformat(),
                    row.outcome,
                )
                for row, number in rows
            ],
        )

    def rows_after(self, batch: str, reference: str, size: int) -> Sequence[FeedRow]:
        """Give the next rows in the order of their references."""
        wanted = sa.select(FEED_ROW).where(_ROW.batch == batch, _ROW.reference > reference)
        rows = self._connection.execute(wanted.order_by(_ROW.reference).limit(size)).mappings()
        return [_feed_row(row) for row in rows]

    def restored(self, batch: str, people: Collection[str]) -> int:
        """Note whom an undoing has changed back; give how many of them it had not changed before."""
        before = rows_in(self._connection, FEED_RESTORED, "person", people, FEED_RESTORED.c.batch == batch)
        new = set(people) - {row["person"] for row in before}
        insert_ignore(self._connection, FEED_RESTORED, [{"batch": batch, "person": person} for person in sorted(new)])
        return len(new)

    def save_outcomes(self, batch: str, outcomes: Mapping[str, FeedRowOutcome]) -> None:
        """Keep what became of rows."""
        by_outcome: dict[FeedRowOutcome, list[str]] = {}
        for reference, outcome in sorted(outcomes.items()):
            by_outcome.setdefault(outcome, []).append(reference)
        for outcome, references in by_outcome.items():
            for some in chunks(references):
                changed = FEED_ROW.update().where(_ROW.batch == batch, _ROW.reference.in_(some))
                self._connection.execute(changed.values(outcome=outcome))

    def rivals(self, batch: FeedBatch, references: Collection[str]) -> Sequence[tuple[FeedBatch, FeedRow]]:
        """Give rows with these references of the office's other applied deliveries, in the order of their applying."""
        others = sa.select(FEED_BATCH).where(
            _BATCH.source == batch.source,
            _BATCH.batch != batch.batch,
            _BATCH.state.in_(_IN_EFFECT),
            _BATCH.repeated + _BATCH.refused > 0,  # the others have no row that was not heeded
        )
        batches = {row["batch"]: _batch(row) for row in self._connection.execute(others).mappings()}
        if not batches:
            return []
        rows = rows_in(
            self._connection,
            FEED_ROW,
            "reference",
            references,
            _ROW.outcome.in_(_NOT_HEEDED),
            _ROW.batch.in_(batches),
        )
        found = [(batches[row["batch"]], _feed_row(row)) for row in rows]
        return sorted(found, key=lambda pair: (pair[0].apply_time or pair[0].create_time, pair[0].batch))

    def waiting(self, after: tuple[str, str], size: int) -> Sequence[Waiting]:
        """Give the next rows of applied deliveries whose people nobody knew, after (delivery, reference)."""
        wanted = (
            sa.select(FEED_ROW)
            .join(FEED_BATCH, _BATCH.batch == _ROW.batch)
            .where(
                _ROW.outcome == FeedRowOutcome.WAITING,
                _BATCH.state == FeedBatchState.APPLIED,
                sa.tuple_(_ROW.batch, _ROW.reference) > sa.tuple_(*(sa.literal(part) for part in after)),
            )
            .order_by(_ROW.batch, _ROW.reference)
            .limit(size)
        )
        return [
            Waiting(
                row["batch"],
                row["reference"],
                self._vault.open(row["sealed_number"], place_of(row["batch"], row["reference"])),
            )
            for row in self._connection.execute(wanted).mappings()
        ]

    def name_people(self, batch: str, people: Mapping[str, str]) -> Sequence[FeedRow]:
        """Give waiting rows the people that were found, by reference; forget the numbers, and give the rows."""
        waiting = (_ROW.batch == batch, _ROW.outcome == FeedRowOutcome.WAITING)
        found = [
            replace(_feed_row(row), person=people[row["reference"]])
            for row in locked_in(self._connection, FEED_ROW, "reference", people, *waiting)
        ]
        if found:
            rows = [{"named": row.reference, "new_person": row.person} for row in found]
            named = FEED_ROW.update().where(_ROW.batch == batch, _ROW.reference == sa.bindparam("named"))
            self._connection.execute(named.values(person=sa.bindparam("new_person"), sealed_number=b""), rows)
        return found

    def row_page(self, batch: str, wanted: Filter, size: int, after: str) -> Sequence[FeedRow]:
        """Give up to `size` in the order of references."""
        statement = sa.select(FEED_ROW).where(
            _ROW.batch == batch, _ROW.reference > after, condition(wanted, _ROW_FIELDS)
        )
        rows = self._connection.execute(statement.order_by(_ROW.reference).limit(size)).mappings()
        return [_feed_row(row) for row in rows]

    def measure(self, batch: FeedBatch, today: date, old_before: date, since: datetime, days: int) -> Measures:
        """Tell what a delivery is like."""
        return measure(self._connection, batch, today, old_before, since, days)


def place_of(batch: str, reference: str) -> str:
    """Name the place that a row's identity number is sealed for."""
    return f"feedBatches/{batch}/{reference}"


def _feed_row(row: sa.RowMapping) -> FeedRow:
    return FeedRow(
        reference=row["reference"],
        revision=row["revision"],
        person=row["person"],
        kind=EvidenceKind(row["kind"]),
        event_date=date.fromisoformat(row["event_date"]),
        received_date=date.fromisoformat(row["received_date"]),
        outcome=FeedRowOutcome(row["outcome"]),
    )


def _batch_row(batch: FeedBatch) -> dict[str, object]:
    return {
        "batch": batch.batch,
        "source": batch.source,
        "reference": batch.reference,
        "state": batch.state,
        **asdict(batch.counts),
        "kinds": json.dumps(dict(batch.kinds)),
        "findings": json.dumps([asdict(finding) for finding in batch.findings], ensure_ascii=False),
        "proposal": json.dumps(asdict(batch.proposal), ensure_ascii=False) if batch.proposal is not None else "",
        "decisions": json.dumps([_decision_fields(one) for one in batch.decisions], ensure_ascii=False),
        "cursor": batch.cursor,
        "create_time": batch.create_time,
        "close_time": batch.close_time,
        "apply_time": batch.apply_time,
        "release_date": day_text(batch.release_date),
        "update_time": batch.update_time,
        "event_count": batch.event_count,
        "pieces": batch.pieces,
        "refusal": batch.refusal,
        "version": batch.version,
    }


def _batch(row: sa.RowMapping) -> FeedBatch:
    return FeedBatch(
        batch=row["batch"],
        source=EvidenceSource(row["source"]),
        reference=row["reference"],
        create_time=in_utc(row["create_time"]),
        update_time=in_utc(row["update_time"]),
        state=FeedBatchState(row["state"]),
        counts=FeedCounts(**{name: row[name] for name in FeedCounts.__slots__}),
        kinds=tuple(sorted(json.loads(row["kinds"]).items())),
        findings=tuple(Finding(**{**said, "check": FeedCheck(said["check"])}) for said in json.loads(row["findings"])),
        proposal=_proposal(json.loads(row["proposal"])) if row["proposal"] else None,
        decisions=tuple(_decision(said) for said in json.loads(row["decisions"])),
        cursor=row["cursor"],
        close_time=in_utc(row["close_time"]) if row["close_time"] is not None else None,
        apply_time=in_utc(row["apply_time"]) if row["apply_time"] is not None else None,
        release_date=day_or_none(row["release_date"]),
        event_count=row["event_count"],
        pieces=row["pieces"],
        refusal=row["refusal"],
        version=row["version"],
    )


def _proposal(said: Mapping[str, str]) -> Proposal:
    return Proposal(FeedDecisionKind(said["kind"]), said["reason"], said["proposer"])


def _decision_fields(decision: Decision) -> dict[str, object]:
    return {**asdict(decision), "time": decision.time.isoformat()}


def _decision(said: Mapping[str, object]) -> Decision:
    proposal = _proposal(said["proposal"])  # type: ignore[arg-type]  # as _decision_fields has written it
    return Decision(proposal, str(said["decider"]), bool(said["approved"]), datetime.fromisoformat(str(said["time"])))
