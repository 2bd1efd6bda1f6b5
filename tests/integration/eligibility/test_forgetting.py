"""Identity numbers beside rows of deliveries are erased once nobody needs them; the rows stay."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.common.filtering import parse
from services.eligibility.evidence import EvidenceSource
from services.eligibility.feed import FeedBatch, FeedBatchState, RefusedMessage
from services.eligibility.feed_decision import FeedDecisionKind
from services.eligibility.feed_row import FeedRow, FeedRowOutcome
from services.eligibility.service.feed import receive_rows
from services.eligibility.service.feeding import forget_numbers
from services.eligibility.store.tables.evidence import FEED_ROW
from tests.integration.eligibility.feeding import LENIENT, Feeding, row_of
from tests.integration.eligibility.opened import NOW, Opened

POLICE = EvidenceSource.POLICE
KEPT_DAYS = 90


@pytest.fixture
def feeding(store: Opened) -> Feeding:
    return Feeding(store)


def unknown(count: int, day: str = "2026-11-02") -> list[FeedRow]:
    return [row_of("", day=day) for _ in range(count)]


async def filled(store: Opened, feeding: Feeding, rows: list[FeedRow]) -> str:
    """Open a delivery with rows of people whom nobody knows."""
    batch, now = await feeding.open(POLICE), feeding.now
    numbered = [(index, (row, f"37029919700101{index:04d}")) for index, row in enumerate(rows)]
    await store.write(lambda opened: receive_rows(opened, batch, numbered, now))
    return batch


async def numbers(store: Opened, batch: str) -> int:
    rows = [row for row in await store.rows(FEED_ROW) if row["batch"] == batch]
    assert rows
    return sum(row["sealed_number"] != b"" for row in rows)


async def forget(store: Opened, feeding: Feeding, after_days: int = 0) -> None:
    now = feeding.now + timedelta(days=after_days)
    while await store.write(lambda opened: forget_numbers(opened, KEPT_DAYS, now, step=2)):
        pass


async def read(store: Opened, batch: str) -> FeedBatch:
    found = await store.read(lambda opened: opened.feeds.get(batch))
    assert found is not None
    return found


async def test_numbers_of_a_rejected_delivery_are_erased_and_its_rows_stay(store: Opened, feeding: Feeding) -> None:
    feeding.baseline = replace(LENIENT, unknown_people_bp=0)
    batch = await filled(store, feeding, unknown(5))
    await feeding.close(batch, 5)
    assert (await feeding.settle(batch)).state is FeedBatchState.QUARANTINED
    await forget(store, feeding, KEPT_DAYS * 2)
    assert await numbers(store, batch) == 5  # two people may still release it
    await feeding.decide(batch, FeedDecisionKind.REJECT)
    await forget(store, feeding)
    assert await numbers(store, batch) == 0
    assert (await read(store, batch)).decisions[0].proposal.kind is FeedDecisionKind.REJECT


async def test_numbers_of_an_undone_delivery_are_erased(store: Opened, feeding: Feeding) -> None:
    batch = await filled(store, feeding, unknown(3))
    await feeding.close(batch, 3)
    await feeding.settle(batch)
    await forget(store, feeding, KEPT_DAYS - 1)
    assert await numbers(store, batch) == 3
    await feeding.decide(batch, FeedDecisionKind.UNDO)
    await forget(store, feeding)
    assert await numbers(store, batch) == 0


async def test_a_row_waits_for_its_person_for_so_long_only(store: Opened, feeding: Feeding) -> None:
    known = (await store.pensioner()).person
    batch = await filled(store, feeding, unknown(5))
    await feeding.fill(batch, [row_of(known)])
    await feeding.close(batch, 6)
    assert (await feeding.settle(batch)).counts.waiting == 5
    await forget(store, feeding, KEPT_DAYS + 1)
    done = await read(store, batch)
    assert (done.state, done.counts.waiting, done.counts.refused, done.counts.accepted) == ("APPLIED", 0, 5, 1)
    assert await numbers(store, batch) == 0
    assert await store.read(lambda opened: opened.feeds.waiting(("", ""), 10)) == []
    rows = await store.read(lambda opened: opened.feeds.rows_after(batch, "", 10))
    assert [row.outcome for row in rows].count(FeedRowOutcome.FORGOTTEN) == 5


async def test_a_delivery_that_nobody_ends_is_rejected_in_time(store: Opened, feeding: Feeding) -> None:
    batch = await filled(store, feeding, unknown(3))
    await forget(store, feeding, KEPT_DAYS - 1)
    assert (await read(store, batch)).state is FeedBatchState.RECEIVING
    await forget(store, feeding, KEPT_DAYS + 1)
    left = await read(store, batch)
    assert (left.state, left.refusal) == (FeedBatchState.REJECTED, "It was left open for 90 days.")
    assert await numbers(store, batch) == 0


async def test_a_row_that_takes_no_effect_keeps_no_number(store: Opened, feeding: Feeding) -> None:
    batch = await filled(store, feeding, unknown(2, day="2027-01-01"))
    await feeding.close(batch, 2)
    assert (await feeding.settle(batch)).counts.refused == 2
    assert await numbers(store, batch) == 0


async def test_refused_messages_are_kept_once_and_for_a_time(store: Opened) -> None:
    first = RefusedMessage("1", "e-1", POLICE, "It is no piece.", NOW)
    second = replace(first, refused="3", message="e-2", source=None, refuse_time=NOW + timedelta(days=2))
    for one in (first, replace(first, refused="2"), second):
        await store.write(lambda opened, one=one: opened.refused.keep(one))  # type: ignore[misc]  # bound at once
    everything = parse("", {})
    assert await store.read(lambda opened: opened.refused.page(everything, 5, None)) == [second, first]
    assert await store.read(lambda opened: opened.refused.page(everything, 5, second.refused)) == [first]
    await store.write(lambda opened: opened.refused.forget(NOW + timedelta(days=1)))
    assert await store.read(lambda opened: opened.refused.page(everything, 5, None)) == [second]
