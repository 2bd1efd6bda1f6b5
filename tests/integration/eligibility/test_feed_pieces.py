"""Deliveries over a real broker, from offices that have users of their own, to a service that dies midway."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.common.cloud_event import Event
from services.common.ids import new_id
from services.common.messaging import Messaging
from services.eligibility.feed_consumer import FETCH
from services.local.broker import EVIDENCE, ensure_streams, office_user
from socsec.eligibility.v1 import evidence_pb2, feed_pb2, feed_service_pb2
from socsec.evidence.v1 import feed_piece_pb2
from tests.integration.eligibility.process import ServiceProcess
from tests.integration.eligibility.serving import Client
from tests.integration.messaging.broker import TestBroker
from tests.integration.messaging.connections import messaging_of

IN_HAND = {
    feed_pb2.FEED_BATCH_STATE_RECEIVING,
    feed_pb2.FEED_BATCH_STATE_CHECKING,
    feed_pb2.FEED_BATCH_STATE_APPLYING,
}


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[TestBroker]:
    """A broker that trusts the authority of the services in the same folder."""
    running = TestBroker(tmp_path)
    running.start()
    try:
        await ensure_streams(running.config("nats-admin"))
        yield running
    finally:
        running.kill()


def row(**changed: object) -> feed_pb2.FeedRow:
    fields: dict[str, object] = {
        "reference": new_id(),
        "person": f"people/{new_id()}",
        "kind": evidence_pb2.EVIDENCE_KIND_HOSPITAL_STAY,
        "event_date": "2026-09-10",
        "received_date": "2026-10-02",
    }
    return feed_pb2.FeedRow(**(fields | changed))  # type: ignore[arg-type]  # by name


def piece(
    reference: str, number: int, rows: Sequence[feed_pb2.FeedRow], row_count: int = 0, office: str = "HEALTH"
) -> Event:
    message = feed_piece_pb2.FeedPieceSent(reference=reference, number=number, rows=rows, row_count=row_count)
    subject = f"deliveries/{reference}"
    return Event(
        event_id=new_id(),
        type="socsec.evidence.v1.FeedPieceSent",
        source=f"/office/{office}",
        subject_resource=subject,
        aggregate=subject,
        aggregate_seq=number,
        division=office,
        occurred_time=datetime.now(UTC),
        data=message.SerializeToString(),
    )


@asynccontextmanager
async def office(broker: TestBroker, word: str = "HEALTH") -> AsyncIterator[Messaging]:
    async with messaging_of(broker, office_user(word), EVIDENCE) as messaging:
        yield messaging


async def delivery(client: Client, reference: str, office: str = "HEALTH") -> feed_pb2.FeedBatch:
    """Wait until a delivery has come to an end, or to a place where somebody has to look."""
    request = feed_service_pb2.ListFeedBatchesRequest(filter=f'reference = "{reference}" AND source = {office}')
    async with asyncio.timeout(60):
        while True:
            found = (await client.feeds.ListFeedBatches(request)).feed_batches
            if found and found[0].state not in IN_HAND:
                return found[0]
            await asyncio.sleep(0.05)


async def test_a_delivery_over_the_bus_takes_effect_once_though_the_service_dies_between_its_pieces(
    broker: TestBroker, migrated_url: str, tmp_path: Path
) -> None:
    rows = [row() for _ in range(60)]
    pieces = [piece("D-1", number + 1, rows[20 * number :][:20], 60 * (number == 2)) for number in range(3)]
    process = ServiceProcess(migrated_url, tmp_path, nats_url=f"tls://127.0.0.1:{broker.port}")
    async with process.running("feed_consumer.after_piece:2"), office(broker) as health:
        await health.publish([pieces[0], pieces[0], *pieces[1:]])
        assert await process.exit_code() != 0
    async with process.running() as client:
        done = await delivery(client, "D-1")
        assert (done.state, done.refusal) == (feed_pb2.FEED_BATCH_STATE_APPLIED, "")
        assert (done.row_count, done.accepted_count, done.repeated_count, done.piece_count) == (60, 60, 0, 3)
        async with office(broker) as health:  # sent again by the office itself, under new event ids
            again = piece("D-1", 3, rows[40:], 60)
            other = piece("D-2", 1, rows[:5], 5)
            await health.publish([again, other])
        repeated = await delivery(client, "D-2")
        assert (repeated.state, repeated.repeated_count) == (feed_pb2.FEED_BATCH_STATE_APPLIED, 5)
        assert (await delivery(client, "D-1")).etag == done.etag


async def test_a_delivery_of_many_pieces_survives_a_death_after_which_later_pieces_come_before_earlier_ones(
    broker: TestBroker, migrated_url: str, tmp_path: Path
) -> None:
    count = 3 * FETCH
    pieces = [piece("long", number + 1, [row()], count * (number == count - 1)) for number in range(count)]
    process = ServiceProcess(migrated_url, tmp_path, nats_url=f"tls://127.0.0.1:{broker.port}")
    async with process.running("feed_consumer.after_piece:3"), office(broker) as health:
        await health.publish(pieces)
        assert await process.exit_code() != 0
    async with process.running() as client:  # what it held unacknowledged comes again only after a while
        done = await delivery(client, "long")
        assert (done.state, done.refusal) == (feed_pb2.FEED_BATCH_STATE_APPLIED, "")
        assert (done.row_count, done.accepted_count, done.piece_count) == (count, count, count)


async def test_what_cannot_be_taken_rejects_its_delivery_with_the_reason_and_no_other(
    broker: TestBroker, migrated_url: str, tmp_path: Path
) -> None:
    number = row(person="", identity_number="370299196001010019")
    unread = piece("D-9", 1, [row()], 1)
    broken = Event(**({name: getattr(unread, name) for name in Event.__slots__} | {"data": b"\xff\xff"}))
    sent = [
        broken,
        piece("named", 1, [row(), number], 2),
        piece("gap", 2, [row()], 1),
        piece("count", 1, [row()], 7),
        piece("kind", 1, [row(kind=0)], 1),
        piece("empty", 1, [], 1),
        piece("good", 1, [row()], 1),
    ]
    async with office(broker) as health, office(broker, "POLICE") as police:
        await health.publish(sent)
        await police.publish([piece("good", 1, [row()], 1, "POLICE")])
    process = ServiceProcess(migrated_url, tmp_path, nats_url=f"tls://127.0.0.1:{broker.port}")
    async with process.running() as client:
        told = {name: await delivery(client, name) for name in ("named", "count", "kind", "empty")}
        assert {found.state for found in told.values()} == {feed_pb2.FEED_BATCH_STATE_REJECTED}
        assert told["named"].refusal == "Piece 1: rows[1]: Rows on the bus name people/{person}."
        assert told["count"].refusal.startswith("Piece 1: 1 rows came in")
        assert told["kind"].refusal.startswith("Piece 1: rows[0]: kind")
        assert told["empty"].refusal == "Piece 1: rows is empty."
        request = feed_service_pb2.ListFeedBatchesRequest(filter='reference = "gap"')
        [waiting] = (await client.feeds.ListFeedBatches(request)).feed_batches
        assert (waiting.state, waiting.piece_count) == (feed_pb2.FEED_BATCH_STATE_RECEIVING, 1)
        for word in ("HEALTH", "POLICE"):
            assert (await delivery(client, "good", word)).state == feed_pb2.FEED_BATCH_STATE_APPLIED
        every = await client.feeds.ListFeedBatches(feed_service_pb2.ListFeedBatchesRequest(filter='reference = "D-9"'))
        assert not every.feed_batches
        refused = await client.feeds.ListRefusedMessages(feed_service_pb2.ListRefusedMessagesRequest(page_size=1))
        [kept] = refused.refused_messages
        assert (kept.message, kept.source) == (broken.event_id, evidence_pb2.EVIDENCE_SOURCE_HEALTH)
        assert kept.refusal == "It is no socsec.evidence.v1.FeedPieceSent."
        of_others = feed_service_pb2.ListRefusedMessagesRequest(filter="source = POLICE")
        assert not (await client.feeds.ListRefusedMessages(of_others)).refused_messages
