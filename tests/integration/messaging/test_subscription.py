"""The pull consumer on a real broker."""

import asyncio
import time
from collections.abc import Sequence

import pytest
from nats.js.api import AckPolicy, ConsumerConfig

from services.common.cloud_event import Event
from services.common.errors import Unavailable
from services.common.messaging import BrokerUnavailable, Messaging, connect
from services.common.subscription import ConsumerChanged, Subscription
from tests.integration.messaging.broker import TestBroker
from tests.integration.messaging.connections import messaging_of, running
from tests.integration.messaging.events import card_event
from tests.integration.messaging.waiting import until

STREAM = "SOCSEC_CARD"


async def unacknowledged(broker: TestBroker) -> int:
    client = await connect(broker.config("nats-admin"), "nats-admin")
    found = await client.jetstream().consumer_info(STREAM, "fund_audit")
    await client.close()
    return int(found.num_ack_pending or 0) + int(found.num_pending or 0)


async def publishes(card: Messaging, events: Sequence[Event]) -> bool:
    try:
        await card.publish(events)
    except BrokerUnavailable:
        return False
    return True


async def test_events_come_equal_and_in_order_and_are_acknowledged(broker: TestBroker) -> None:
    events = [card_event(f"cards/{number}", 1) for number in range(1700)]
    seen: list[Event] = []

    async def handle(batch: Sequence[Event]) -> None:
        seen.extend(batch)

    async with messaging_of(broker, "card", STREAM) as card:
        await card.publish(events)
    async with (
        messaging_of(broker, "fund_audit", STREAM) as audit,
        running(Subscription(audit, STREAM, "fund_audit", handle).run()),
    ):
        await until(lambda: len(seen) >= len(events))

        async def all_acknowledged() -> bool:
            return await unacknowledged(broker) == 0

        await until(all_acknowledged)
    assert seen == events


async def test_a_single_event_is_handed_on_at_once(broker: TestBroker) -> None:
    arrived = asyncio.Event()

    async def handle(batch: Sequence[Event]) -> None:
        arrived.set()

    async with (
        messaging_of(broker, "card", STREAM) as card,
        messaging_of(broker, "fund_audit", STREAM) as audit,
        running(Subscription(audit, STREAM, "fund_audit", handle).run()),
    ):
        await asyncio.sleep(0.5)
        started = time.monotonic()
        await card.publish([card_event("cards/1", 1)])
        async with asyncio.timeout(5):
            await arrived.wait()
        assert time.monotonic() - started < 0.5


async def test_events_wait_while_the_database_does_not_answer(broker: TestBroker) -> None:
    attempts: list[int] = []

    async def handle(batch: Sequence[Event]) -> None:
        attempts.append(len(batch))
        if len(attempts) < 3:
            raise Unavailable("DATABASE_UNAVAILABLE", "The database does not answer.")

    async with (
        messaging_of(broker, "card", STREAM) as card,
        messaging_of(broker, "fund_audit", STREAM) as audit,
        running(Subscription(audit, STREAM, "fund_audit", handle).run()),
    ):
        await card.publish([card_event("cards/1", 1)])
        await until(lambda: len(attempts) >= 3)
        await asyncio.sleep(0.3)
    assert attempts == [1, 1, 1]


async def test_consuming_goes_on_after_the_broker_died(broker: TestBroker) -> None:
    seen: set[str] = set()

    async def handle(batch: Sequence[Event]) -> None:
        seen.update(event.aggregate for event in batch)

    async with (
        messaging_of(broker, "card", STREAM) as card,
        messaging_of(broker, "fund_audit", STREAM) as audit,
        running(Subscription(audit, STREAM, "fund_audit", handle).run()),
    ):
        await card.publish([card_event("cards/1", 1)])
        await until(lambda: "cards/1" in seen)
        broker.kill()
        broker.start()
        started = time.monotonic()
        await until(lambda: publishes(card, [card_event("cards/2", 1)]))
        await until(lambda: "cards/2" in seen)
        assert time.monotonic() - started < 5


async def test_what_is_no_event_is_handed_on_under_the_name_of_its_place(broker: TestBroker) -> None:
    seen: list[Event] = []

    async def handle(batch: Sequence[Event]) -> None:
        seen.extend(batch)

    client = await connect(broker.config("card"), "card")
    await client.request("socsec.card.v1.card.issued.370299", b"no event", timeout=5)
    await client.close()
    async with (
        messaging_of(broker, "fund_audit", STREAM) as audit,
        running(Subscription(audit, STREAM, "fund_audit", handle).run()),
    ):
        await until(lambda: bool(seen))
    assert (seen[0].type, seen[0].aggregate, seen[0].aggregate_seq) == ("", "SOCSEC_CARD/1", 1)


async def test_a_newer_program_that_asks_for_more_subjects_goes_on_with_its_consumer(broker: TestBroker) -> None:
    seen: list[Event] = []

    async def handle(batch: Sequence[Event]) -> None:
        seen.extend(batch)

    first, event = card_event("cards/1", 1), card_event("cards/2", 1)
    mine, more = ".".join(first.nats_subject.split(".")[:-1]) + ".*", "socsec.card.v1.identity.number_changed.*"
    async with messaging_of(broker, "card", STREAM) as card, messaging_of(broker, "fund_audit", STREAM) as audit:
        await card.publish([first])
        async with running(Subscription(audit, STREAM, "fund_audit", handle, ("socsec.card.v1.x.>", mine)).run()):
            await until(lambda: seen == [first])
        await card.publish([event])
        subjects = ("socsec.card.v1.x.>", mine, more)
        async with running(Subscription(audit, STREAM, "fund_audit", handle, subjects).run()):
            await until(lambda: event in seen)


async def test_a_consumer_with_another_configuration_is_refused(broker: TestBroker) -> None:
    client = await connect(broker.config("nats-admin"), "nats-admin")
    config = ConsumerConfig(durable_name="fund_audit", ack_policy=AckPolicy.EXPLICIT, max_deliver=3)
    await client.jetstream().add_consumer(STREAM, config)
    await client.close()

    async def handle(batch: Sequence[Event]) -> None:
        raise AssertionError

    async with messaging_of(broker, "fund_audit", STREAM) as audit:
        with pytest.raises(ConsumerChanged, match=r"max_deliver|ack_wait"):
            await Subscription(audit, STREAM, "fund_audit", handle).run()
