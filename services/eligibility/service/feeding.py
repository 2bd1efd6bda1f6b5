"""Deliveries are compared with the usual, take effect and are undone, in bounded steps that go on after a crash."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from services.common.clock import bureau_date
from services.common.months import add_months
from services.eligibility.baseline import LEAST_DAYS, MONTH_DAYS, Baseline, Measures, judge
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.evidence import Evidence
from services.eligibility.feed import FeedBatch, FeedBatchState, FeedCounts
from services.eligibility.feed_row import FeedRow, FeedRowOutcome
from services.eligibility.service.back_pay import back_pay_of
from services.eligibility.service.backdating import backdated
from services.eligibility.service.evidence import OnFile
from services.eligibility.service.feed import keep_batch
from services.eligibility.service.store import Store

STEP = 1_000
"""Rows that take effect, or are taken back, in one transaction."""

_HISTORY = 6
"""Deliveries that a new one is compared with."""


def measure_batch(store: Store, batch: FeedBatch, baseline: Baseline, today: date) -> Measures:
    """Tell what a closed delivery is like; a long look, which changes nothing."""
    since = (batch.close_time or batch.update_time) - timedelta(days=LEAST_DAYS)
    last = next(iter(store.feeds.history(batch.source, 1, since)), None)
    days = max((today - last.create_time.date()).days, 1) if last is not None else MONTH_DAYS
    return store.feeds.measure(batch, today, add_months(today, -baseline.old_months), since, days)


def judge_batch(store: Store, batch: str, measures: Measures, baseline: Baseline, now: datetime) -> FeedBatch | None:
    """Let a delivery take effect, or quarantine it when it is abnormal; None when somebody else has judged it."""
    found = store.feeds.get(batch)
    if found is None or found.state is not FeedBatchState.CHECKING:
        return None
    history = [dict(before.kinds) for before in store.feeds.history(found.source, _HISTORY)]
    kinds = {str(kind): count for kind, count in measures.kinds.items()}
    return keep_batch(store, found, found.judge(kinds, judge(measures, history, baseline), now))


def advance_batch(
    store: Store, now: datetime, today: date, law: CertificationLaw, step: int = STEP
) -> FeedBatch | None:
    """Let the delivery at work go on by one step; None when none is applied or undone."""
    batch = store.feeds.at_work()
    if batch is None or batch.state is FeedBatchState.CHECKING:
        return None
    if batch.state is FeedBatchState.APPLYING:
        return _apply(store, batch, now, today, law, step)
    return _undo(store, batch, now, today, law, step)


def _apply(store: Store, batch: FeedBatch, now: datetime, today: date, law: CertificationLaw, step: int) -> FeedBatch:
    rows = store.feeds.rows_after(batch.batch, batch.cursor, step)
    if not rows:
        return keep_batch(store, batch, batch.finish(now))
    outcomes = take_effect(store, batch, rows, today, law)
    return keep_batch(store, batch, batch.advance(rows[-1].reference, _counted(batch.counts, outcomes.values()), now))


def take_effect(
    store: Store, batch: FeedBatch, rows: Sequence[FeedRow], today: date, law: CertificationLaw
) -> dict[str, FeedRowOutcome]:
    """Make evidence of rows, and give what became of each."""
    records = _records(store, batch, rows, law, today)
    on_file = OnFile(store, records.values())
    outcomes = {row.reference: _outcome(on_file, row, records[row.reference], today) for row in rows}
    on_file.keep(law)
    store.feeds.save_outcomes(batch.batch, outcomes)
    return outcomes


def _records(
    store: Store, batch: FeedBatch, rows: Sequence[FeedRow], law: CertificationLaw, today: date
) -> dict[str, Evidence]:
    """Give the records that rows are, by reference.

    A report of which the bureau could have known in time is heeded from its receipt. One that is said to be much older
    counts so many days before its delivery took effect, one whose person was found later from today, if the person was
    paid meanwhile.
    """
    records = {row.reference: row.evidence(batch) for row in rows}
    begun = bureau_date(batch.apply_time) if batch.apply_time is not None else today
    known = begun - timedelta(days=law.on(begun).backdating_days)
    waited = {row.reference for row in rows if row.outcome is FeedRowOutcome.WAITING}
    for earliest, some in (
        (known, [one for name, one in records.items() if name not in waited]),
        (today, [records[name] for name in waited]),
    ):
        late = backdated(store, some, earliest)
        records |= {one.reference: replace(one, received_date=earliest) for one in some if one.key in late}
    return records


def heed_waiting(
    store: Store, batch: str, people: Mapping[str, str], now: datetime, today: date, law: CertificationLaw
) -> None:
    """Let waiting rows take effect whose people have appeared, by reference."""
    found = store.feeds.get(batch)
    if found is None or found.state is not FeedBatchState.APPLIED:
        return  # it is being undone, or was
    rows = store.feeds.name_people(batch, people)
    outcomes = take_effect(store, found, rows, today, law)
    counts = _counted(found.counts, outcomes.values()).plus(waiting=-len(rows))
    keep_batch(store, found, found.advance(found.cursor, counts, now))


def forget_numbers(store: Store, kept_days: int, now: datetime, step: int = STEP) -> bool:
    """Erase some identity numbers that nobody needs any longer; the rows stay. False when there are none.

    A delivery that nobody ended in time is rejected. Numbers of rejected and undone ones go at once, those of rows
    whose people have not appeared in time with the wait for them. A quarantined delivery waits for two people.
    """
    before = now - timedelta(days=kept_days)
    batch = store.feeds.forgettable(before)
    if batch is None:
        return False
    if batch.state is FeedBatchState.RECEIVING:
        keep_batch(store, batch, batch.refuse(f"It was left open for {kept_days} days.", now))
    elif batch.state is FeedBatchState.APPLIED:
        forgotten = store.feeds.forget_waiting(batch.batch, step)
        counts = batch.counts.plus(waiting=-forgotten, refused=forgotten)
        keep_batch(store, batch, batch.advance(batch.cursor, counts, now))
    else:
        store.feeds.forget_numbers(batch.batch, step)
    return True


def _outcome(on_file: OnFile, row: FeedRow, record: Evidence, today: date) -> FeedRowOutcome:
    """Put a row's record on file unless something is against it."""
    if row.lies_ahead(today):
        return FeedRowOutcome.DATE_AHEAD
    if not row.person:
        return FeedRowOutcome.WAITING
    record = on_file.named(record)
    recorded = on_file.recorded(record)
    if recorded is not None:
        same = recorded.content == record.content
        return FeedRowOutcome.REPEATED if same else FeedRowOutcome.CONFLICTING
    corrects = on_file.corrects(record)
    on_file.put(record)
    return FeedRowOutcome.CORRECTED if corrects else FeedRowOutcome.ACCEPTED


def _counted(counts: FeedCounts, outcomes: Iterable[FeedRowOutcome]) -> FeedCounts:
    found = list(outcomes)
    corrected = found.count(FeedRowOutcome.CORRECTED)
    return counts.plus(
        accepted=found.count(FeedRowOutcome.ACCEPTED) + corrected,
        corrected=corrected,
        repeated=found.count(FeedRowOutcome.REPEATED),
        refused=found.count(FeedRowOutcome.CONFLICTING) + found.count(FeedRowOutcome.DATE_AHEAD),
        waiting=found.count(FeedRowOutcome.WAITING),
    )


def _undo(store: Store, batch: FeedBatch, now: datetime, today: date, law: CertificationLaw, step: int) -> FeedBatch:
    """Take back what some rows did, as if they had never been sent.

    What another delivery said again, or said otherwise and was not heeded for it, takes their place.
    """
    rows = store.feeds.rows_after(batch.batch, batch.cursor, step)
    if not rows:
        return keep_batch(store, batch, batch.finish(now))
    records = {row.reference: row.evidence(batch) for row in rows}
    on_file = OnFile(store, records.values())
    ours = {name: found for name, one in records.items() if (found := on_file.recorded(one)) and _is_of(found, batch)}
    rivals = store.feeds.rivals(batch, ours)
    for recorded in ours.values():
        on_file.take_back(recorded)
    theirs: dict[str, tuple[FeedBatch, list[FeedRow]]] = {}
    for other, row in rivals:
        theirs.setdefault(other.batch, (other, []))[1].append(row)
    said = {name: _records(store, other, of_other, law, today) for name, (other, of_other) in theirs.items()}
    heeded = [(other, row, _outcome(on_file, row, said[other.batch][row.reference], today)) for other, row in rivals]
    touched = on_file.keep(law)
    _keep_rivals(store, heeded)
    back_pay = back_pay_of(store, touched.before, touched.after, today)
    due = [one for of_person in back_pay.values() for one in of_person]
    restored = [person for person, was in touched.before.items() if touched.after[person] != was]
    counts = batch.counts.plus(
        restored_people=store.feeds.restored(batch.batch, restored),
        back_pay_months=sum(len(one.months) for one in due),
        back_pay_fen=sum(one.amount_fen for one in due),
    )
    return keep_batch(store, batch, batch.advance(rows[-1].reference, counts, now))


def _keep_rivals(store: Store, heeded: Sequence[tuple[FeedBatch, FeedRow, FeedRowOutcome]]) -> None:
    """Keep what has now become of other deliveries' rows, and count them anew."""
    changed: dict[str, list[tuple[FeedRow, FeedRowOutcome]]] = {}
    others = {}
    for other, row, outcome in heeded:
        if outcome is not row.outcome:
            others[other.batch] = other
            changed.setdefault(other.batch, []).append((row, outcome))
    for name, rows in changed.items():
        store.feeds.save_outcomes(name, {row.reference: outcome for row, outcome in rows})
        before = _counted(FeedCounts(), (row.outcome for row, _ in rows))
        after = _counted(others[name].counts, (outcome for _, outcome in rows))
        store.feeds.save(replace(others[name], counts=after.minus(before), version=others[name].version + 1))


def _is_of(record: Evidence, batch: FeedBatch) -> bool:
    return record.batch == batch.batch
