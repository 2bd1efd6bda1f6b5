"""Publishing to a real broker over TLS."""

from dataclasses import replace
from typing import Any

import pytest
from nats.js.api import PersistMode, RetentionPolicy, StorageType, StreamConfig

from services.common.messaging import BrokerUnavailable, Messaging, StreamUnfit, connect
from services.local.broker import ensure_streams
from tests.integration.messaging.broker import TestBroker
from tests.integration.messaging.connections import messaging_of, stored
from tests.integration.messaging.events import card_event
from tests.integration.messaging.waiting import until


async def test_a_batch_with_a_known_event_is_stored_without_repeating_it(broker: TestBroker) -> None:
    events = [card_event(f"cards/{number}", 1) for number in range(20)]
    async with messaging_of(broker, "card", "SOCSEC_CARD") as card:
        await card.publish(events[:5])
        await card.publish(events)
    assert await stored(broker, "SOCSEC_CARD") == 20


async def test_what_is_confirmed_survives_the_death_of_the_broker(broker: TestBroker) -> None:
    async with messaging_of(broker, "card", "SOCSEC_CARD") as card:
        await card.publish([card_event(f"cards/{number}", 1) for number in range(1200)])
        broker.kill()
        with pytest.raises(BrokerUnavailable):
            await card.publish([card_event("cards/late", 1)])
        broker.start()
        await until(lambda: card.client.is_connected)
        await card.publish([card_event("cards/after", 1)])
    assert await stored(broker, "SOCSEC_CARD") == 1201


async def test_publishing_before_the_connection_stands_is_refused(broker: TestBroker) -> None:
    messaging = Messaging(broker.config("card"), "card", ["SOCSEC_CARD"])
    with pytest.raises(BrokerUnavailable):
        await messaging.publish([card_event("cards/1", 1)])


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ({"storage": StorageType.MEMORY}, "storage"),
        ({"allow_atomic": False}, "allow_atomic"),
        ({"persist_mode": PersistMode.ASYNC, "allow_atomic": False}, "persist_mode"),
        ({"no_ack": True, "allow_atomic": False}, "no_ack"),
        ({"retention": RetentionPolicy.WORK_QUEUE}, "retention"),
        ({"max_msgs": 10}, "limited stream"),
    ],
)
async def test_a_stream_that_could_lose_events_is_refused(
    broker: TestBroker, fault: dict[str, Any], named: str
) -> None:
    admin = await connect(broker.config("nats-admin"), "nats-admin")
    jetstream = admin.jetstream()
    await jetstream.delete_stream("SOCSEC_CARD")
    sound = StreamConfig("SOCSEC_CARD", subjects=["socsec.card.>"], storage=StorageType.FILE, allow_atomic=True)
    await jetstream.add_stream(replace(sound, **fault))
    await admin.close()
    with pytest.raises(StreamUnfit, match=named):
        async with messaging_of(broker, "card", "SOCSEC_CARD"):
            pass


async def test_a_missing_stream_is_refused_and_not_made(broker: TestBroker) -> None:
    admin = await connect(broker.config("nats-admin"), "nats-admin")
    await admin.jetstream().delete_stream("SOCSEC_CARD")
    with pytest.raises(StreamUnfit, match="no stream SOCSEC_CARD"):
        async with messaging_of(broker, "card", "SOCSEC_CARD"):
            pass
    names = [info.config.name for info in await admin.jetstream().streams_info()]
    await admin.close()
    assert "SOCSEC_CARD" not in names


async def test_making_the_streams_again_keeps_their_events(broker: TestBroker) -> None:
    async with messaging_of(broker, "card", "SOCSEC_CARD") as card:
        await card.publish([card_event("cards/1", 1)])
    await ensure_streams(broker.config("nats-admin"))
    assert await stored(broker, "SOCSEC_CARD") == 1
