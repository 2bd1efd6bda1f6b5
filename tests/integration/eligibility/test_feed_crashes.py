"""A wrong list of deaths over real processes that die midway: quarantined, released, undone, as if never sent."""

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from services.common.ids import new_id
from services.eligibility.certification import CertificationState
from socsec.eligibility.v1 import evidence_pb2, feed_pb2, feed_service_pb2
from tests.integration.eligibility.opened import Opened
from tests.integration.eligibility.process import ServiceProcess
from tests.integration.eligibility.serving import Client

DEAD, ROWS = 30, 2_100
_AT_WORK = {
    feed_pb2.FEED_BATCH_STATE_CHECKING,
    feed_pb2.FEED_BATCH_STATE_APPLYING,
    feed_pb2.FEED_BATCH_STATE_UNDOING,
}


def rows_of(people: Sequence[str]) -> list[feed_pb2.FeedRow]:
    """Report some people dead, among many strangers who were seen."""
    return [
        feed_pb2.FeedRow(
            reference=f"R-{number:05d}",
            person=f"people/{people[number // 70] if number % 70 == 0 else new_id()}",
            kind=evidence_pb2.EVIDENCE_KIND_DEATH_REGISTERED
            if number % 70 == 0
            else evidence_pb2.EVIDENCE_KIND_HOSPITAL_STAY,
            event_date=f"2026-09-{1 + number // 70 % 28:02d}",
            received_date="2026-10-02",
        )
        for number in range(ROWS)
    ]


async def sent(client: Client, rows: Sequence[feed_pb2.FeedRow]) -> str:
    wanted = feed_pb2.FeedBatch(source=evidence_pb2.EVIDENCE_SOURCE_POLICE, reference="wrong list")
    batch = (await client.feeds.OpenFeedBatch(feed_service_pb2.OpenFeedBatchRequest(feed_batch=wanted))).name

    async def requests() -> AsyncIterator[feed_service_pb2.SubmitFeedRowsRequest]:
        for start in range(0, len(rows), 1_000):
            some = rows[start : start + 1_000]
            yield feed_service_pb2.SubmitFeedRowsRequest(batch=start, feed_batch=batch, rows=some)

    assert sum([result.accepted async for result in client.feeds.StreamFeedRows(requests())]) == ROWS
    await client.feeds.CloseFeedBatch(feed_service_pb2.CloseFeedBatchRequest(name=batch, row_count=ROWS))
    return batch


async def settled(client: Client, batch: str) -> feed_pb2.FeedBatch:
    async with asyncio.timeout(60):
        while True:
            found = await client.feeds.GetFeedBatch(feed_service_pb2.GetFeedBatchRequest(name=batch))
            if found.state not in _AT_WORK:
                return found
            await asyncio.sleep(0.02)


async def decided(
    process: ServiceProcess, client: Client, batch: str, kind: feed_pb2.FeedDecisionKind.ValueType
) -> None:
    proposal = feed_service_pb2.ProposeFeedDecisionRequest(name=batch, kind=kind, reason="as the office asked")
    await client.feeds.ProposeFeedDecision(proposal)
    async with process.client("reviewer", "li") as reviewer:
        await reviewer.feeds.ApproveFeedDecision(feed_service_pb2.ApproveFeedDecisionRequest(name=batch))


async def states(store: Opened, people: Sequence[str]) -> set[CertificationState]:
    found = await store.read(lambda opened: opened.certifications.of(people))
    assert len(found) == len(people)
    return {one.state for one in found.values()}


async def test_a_wrong_list_of_deaths_stops_nobody_and_is_undone_though_its_service_dies_in_between(
    store: Opened, migrated_url: str, tmp_path: Path
) -> None:
    people = [grant.person for grant in await store.pensioners(DEAD)]
    process = ServiceProcess(migrated_url, tmp_path)
    # The first step judges, the second and third each make evidence of a thousand rows.
    async with process.running("feeder.after_step:3") as client:
        batch = await sent(client, rows_of(people))
        held = await settled(client, batch)
        assert held.state == feed_pb2.FEED_BATCH_STATE_QUARANTINED
        assert feed_pb2.FEED_CHECK_NEGATIVE_RATE in {finding.check for finding in held.findings}
        assert await states(store, people) == {CertificationState.CERTIFIED}
        await decided(process, client, batch, feed_pb2.FEED_DECISION_KIND_RELEASE)
        assert await process.exit_code() == -signal.SIGKILL
    # The last hundred rows, the end of the applying, and a thousand rows of the undoing.
    async with process.running("feeder.after_step:3") as client:
        applied = await settled(client, batch)
        assert (applied.state, applied.accepted_count) == (feed_pb2.FEED_BATCH_STATE_APPLIED, ROWS)
        assert await states(store, people) == {CertificationState.UNDER_VERIFICATION}
        assert len(await store.told("NegativeEvidenceReceived")) == DEAD
        await decided(process, client, batch, feed_pb2.FEED_DECISION_KIND_UNDO)
        assert await process.exit_code() == -signal.SIGKILL
    async with process.running() as client:
        undone = await settled(client, batch)
    assert (undone.state, undone.restored_people_count) == (feed_pb2.FEED_BATCH_STATE_UNDONE, DEAD)
    assert undone.back_pay_month_count >= DEAD
    assert undone.back_pay_fen == undone.back_pay_month_count * 312_345
    assert await states(store, people) == {CertificationState.CERTIFIED}
    assert len(await store.told("EvidenceWithdrawn")) == len(await store.told("BackPayOwed")) == DEAD
