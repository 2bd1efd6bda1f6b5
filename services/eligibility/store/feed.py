"""Deliveries of offices and their rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

import sqlalchemy as sa

from services.common.crypto import Vault
from services.common.database import chunks, insert_ignore, upsert
from services.common.filter_sql import condition
from services.common.filtering import Filter
from services.common.statement import TableInsert
from services.eligibility.baseline import Measures
from services.eligibility.feed import AT_WORK, FeedBatch, FeedBatchState
from services.eligibility.feed_row import FeedRow, FeedRowOutcome, Waiting
from services.eligibility.store.feed_measures import measure
from services.eligibility.store.feed_rows import batch_columns, batch_of, feed_row
from services.eligibility.store.rows import locked_in, rows_in
from services.eligibility.store.tables.evidence import FEED_BATCH, FEED_RESTORED, FEED_ROW, HAS_NUMBER

_BATCH = FEED_BATCH.c
_ROW = FEED_ROW.c
_FIELDS = {name: _BATCH[name] for name in ("source", "state", "reference")}
_ROW_FIELDS = {name: _ROW[name] for name in ("kind", "outcome", "event_date", "person")}
_AT_WORK = sa.select(FEED_BATCH).where(_BATCH.state.in_(AT_WORK)).order_by(_BATCH.batch).limit(1).with_for_update()
_ENDED = (FeedBatchState.REJECTED, FeedBatchState.UNDONE)
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
        return batch_of(row) if row is not None else None

    def get(self, batch: str) -> FeedBatch | None:
        """Give one, locked for a change."""
        found = [batch_of(row) for row in locked_in(self._connection, FEED_BATCH, "batch", [batch])]
        return found[0] if found else None

    def at_work(self) -> FeedBatch | None:
        """Give the oldest one that goes on by itself, locked for a change."""
        row = self._connection.execute(_AT_WORK).mappings().one_or_none()
        return batch_of(row) if row is not None else None

    def save(self, batch: FeedBatch) -> None:
        """Keep a new or changed one."""
        upsert(self._connection, FEED_BATCH, [batch_columns(batch)], ["batch"])

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[FeedBatch]:
        """Give up to `size`, newest first."""
        statement = sa.select(FEED_BATCH).where(condition(wanted, _FIELDS))
        if before is not None:
            statement = statement.where(_BATCH.batch < before)
        rows = self._connection.execute(statement.order_by(_BATCH.batch.desc()).limit(size)).mappings()
        return [batch_of(row) for row in rows]

    def history(self, source: str, size: int, before: datetime | None = None) -> Sequence[FeedBatch]:
        """Give an office's last applied deliveries, newest first; with `before` those that took effect before then."""
        wanted = sa.select(FEED_BATCH).where(_BATCH.source == source, _BATCH.state == FeedBatchState.APPLIED)
        if before is not None:
            wanted = wanted.where(_BATCH.apply_time < before)
        rows = self._connection.execute(wanted.order_by(_BATCH.apply_time.desc()).limit(size)).mappings()
        return [batch_of(row) for row in rows]

    def known_rows(self, batch: str, references: Collection[str]) -> Mapping[str, FeedRow]:
        """Give those rows of a delivery that came before."""
        rows = rows_in(self._connection, FEED_ROW, "reference", references, _ROW.batch == batch)
        return {row["reference"]: feed_row(row) for row in rows}

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
        return [feed_row(row) for row in rows]

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
                number = {} if outcome is FeedRowOutcome.WAITING else {"sealed_number": b""}
                self._connection.execute(changed.values(outcome=outcome, **number))

    def rivals(self, batch: FeedBatch, references: Collection[str]) -> Sequence[tuple[FeedBatch, FeedRow]]:
        """Give rows with these references of the office's other applied deliveries, in the order of their applying."""
        others = sa.select(FEED_BATCH).where(
            _BATCH.source == batch.source,
            _BATCH.batch != batch.batch,
            _BATCH.state.in_(_IN_EFFECT),
            _BATCH.repeated + _BATCH.refused > 0,  # the others have no row that was not heeded
        )
        batches = {row["batch"]: batch_of(row) for row in self._connection.execute(others).mappings()}
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
        found = [(batches[row["batch"]], feed_row(row)) for row in rows]
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
            replace(feed_row(row), person=people[row["reference"]])
            for row in locked_in(self._connection, FEED_ROW, "reference", people, *waiting)
        ]
        if found:
            rows = [{"named": row.reference, "new_person": row.person} for row in found]
            named = FEED_ROW.update().where(_ROW.batch == batch, _ROW.reference == sa.bindparam("named"))
            self._connection.execute(named.values(person=sa.bindparam("new_person"), sealed_number=b""), rows)
        return found

    def forgettable(self, before: datetime) -> FeedBatch | None:
        """Give one that holds identity numbers for longer than it may, or was left open before a time; locked."""
        numbers = sa.exists().where(_ROW.batch == _BATCH.batch, HAS_NUMBER)
        waiting = sa.exists().where(_ROW.batch == _BATCH.batch, _ROW.outcome == FeedRowOutcome.WAITING)
        for overdue in (
            sa.and_(_BATCH.state.in_(_ENDED), numbers),
            sa.and_(_BATCH.state == FeedBatchState.RECEIVING, _BATCH.update_time < before),
            sa.and_(_BATCH.state == FeedBatchState.APPLIED, _BATCH.apply_time < before, waiting),
        ):
            wanted = sa.select(FEED_BATCH).where(overdue).order_by(_BATCH.batch).limit(1).with_for_update()
            row = self._connection.execute(wanted).mappings().one_or_none()
            if row is not None:
                return batch_of(row)
        return None

    def forget_numbers(self, batch: str, size: int) -> int:
        """Erase some identity numbers of a delivery; give how many."""
        return self._forget(batch, HAS_NUMBER, size, sealed_number=b"")

    def forget_waiting(self, batch: str, size: int) -> int:
        """Let some waiting rows of a delivery wait no longer, and erase their numbers; give how many."""
        waiting = _ROW.outcome == FeedRowOutcome.WAITING
        return self._forget(batch, waiting, size, sealed_number=b"", outcome=FeedRowOutcome.FORGOTTEN)

    def _forget(self, batch: str, which: sa.ColumnElement[bool], size: int, **values: object) -> int:
        some = sa.select(_ROW.reference).where(_ROW.batch == batch, which).order_by(_ROW.reference).limit(size)
        forgotten = FEED_ROW.update().where(_ROW.batch == batch, _ROW.reference.in_(some)).values(**values)
        return self._connection.execute(forgotten).rowcount

    def row_page(self, batch: str, wanted: Filter, size: int, after: str) -> Sequence[FeedRow]:
        """Give up to `size` in the order of references."""
        statement = sa.select(FEED_ROW).where(
            _ROW.batch == batch, _ROW.reference > after, condition(wanted, _ROW_FIELDS)
        )
        rows = self._connection.execute(statement.order_by(_ROW.reference).limit(size)).mappings()
        return [feed_row(row) for row in rows]

    def measure(self, batch: FeedBatch, today: date, old_before: date, since: datetime, days: int) -> Measures:
        """Tell what a delivery is like."""
        return measure(self._connection, batch, today, old_before, since, days)


def place_of(batch: str, reference: str) -> str:
    """Name the place that a row's identity number is sealed for."""
    return f"feedBatches/{batch}/{reference}"
