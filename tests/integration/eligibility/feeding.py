"""Deliveries of offices into an opened store, each taken as far as it goes by itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count

from services.common.clock import bureau_date
from services.common.errors import DomainError
from services.eligibility.baseline import Baseline, FeedCheck
from services.eligibility.evidence import EvidenceKind, EvidenceSource
from services.eligibility.feed import AT_WORK, FeedBatch, FeedBatchState
from services.eligibility.feed_decision import FeedDecisionKind, Proposal
from services.eligibility.feed_row import FeedRow
from services.eligibility.service.feed import (
    approve_decision,
    close_feed_batch,
    open_feed_batch,
    propose_decision,
    receive_rows,
)
from services.eligibility.service.feeding import advance_batch, judge_batch, measure_batch
from tests.integration.eligibility.opened import NOW, PARAMETERS, Opened

EVERY_SOURCE = frozenset(EvidenceSource)
LENIENT = Baseline(
    most_count=10**9,
    size_ratio_bp=10**9,
    history_count=3,
    negative_monthly_bp=10**9,
    negative_floor_count=0,
    desk_negative_count=10**9,
    kind_shift_bp=10**9,
    dates_ahead_bp=10**9,
    dates_old_bp=10**9,
    old_months=24,
    same_day_bp=10**9,
    unknown_people_bp=10**9,
    contradicted_bp=10**9,
    contradicted_floor_count=0,
    conflicting_bp=10**9,
    kept_days=90,
    reports_deaths=EVERY_SOURCE,
    reports_sentences=EVERY_SOURCE,
    reports_missing=EVERY_SOURCE,
    sources=dict.fromkeys(FeedCheck, "the test's own"),
)
"""Nothing is abnormal."""

_numbers = count(1)


def row_of(
    person: str, kind: EvidenceKind = EvidenceKind.DEATH_REGISTERED, day: str = "2026-11-02", **changed: object
) -> FeedRow:
    when = date.fromisoformat(day)
    row = FeedRow(f"F-{next(_numbers):06d}", 0, person, kind, when, when)
    return replace(row, **changed)  # type: ignore[arg-type]  # by name


@dataclass
class Feeding:
    """Deliveries into one store, at moments a minute apart."""

    store: Opened
    baseline: Baseline = LENIENT
    step: int = 7
    now: datetime = field(default=NOW)

    async def send(self, source: EvidenceSource, *rows: FeedRow, reference: str = "") -> FeedBatch:
        """Deliver rows and let the delivery go as far as it goes."""
        batch = await self.open(source, reference)
        await self.fill(batch, rows)
        await self.close(batch, len(rows))
        return await self.settle(batch)

    async def open(self, source: EvidenceSource, reference: str = "") -> str:
        name, now = reference or f"D-{next(_numbers)}", self._tick()
        return (await self.store.write(lambda opened: open_feed_batch(opened, source, name, now))).batch

    async def fill(self, batch: str, rows: Sequence[FeedRow]) -> None:
        numbered, now = [(index, (row, "")) for index, row in enumerate(rows)], self._tick()
        outcome = await self.store.write(lambda opened: receive_rows(opened, batch, numbered, now))
        assert (outcome.accepted, outcome.refused) == (len(rows), [])

    async def close(self, batch: str, rows: int) -> FeedBatch:
        now = self._tick()
        return await self.store.write(lambda opened: close_feed_batch(opened, batch, rows, now))

    async def decide(self, batch: str, kind: FeedDecisionKind) -> FeedBatch:
        """Propose something, have it approved by another person, and let it be done."""
        proposal, now = Proposal(kind, "as the office asked", "operator/wang"), self._tick()
        await self.store.write(lambda opened: propose_decision(opened, batch, None, proposal, now))
        today = bureau_date(now)
        await self.store.write(lambda opened: approve_decision(opened, batch, None, "reviewer/li", now, today))
        return await self.settle(batch)

    async def settle(self, batch: str) -> FeedBatch:
        """Let deliveries go on by themselves as long as they do."""
        while True:
            found = await self.store.read(lambda opened: opened.feeds.get(batch))
            assert found is not None
            if found.state not in AT_WORK:
                return found
            now = self._tick()
            today = bureau_date(now)
            if found.state is FeedBatchState.CHECKING:
                measures = await self.store.read(
                    lambda opened, found=found, today=today: measure_batch(opened, found, self.baseline, today)  # type: ignore[misc]  # bound at once
                )
                await self.store.write(
                    lambda opened, measures=measures, now=now: judge_batch(opened, batch, measures, self.baseline, now)  # type: ignore[misc]  # bound at once
                )
            else:
                await self.store.write(
                    lambda opened, now=now, today=today: advance_batch(opened, now, today, PARAMETERS, self.step)  # type: ignore[misc]  # bound at once
                )

    def _tick(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


def reason_of(error: BaseException) -> str:
    return error.reason if isinstance(error, DomainError) else repr(error)
