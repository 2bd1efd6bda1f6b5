"""Publishing to a real broker over TLS."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest
from nats.js.api import PersistMode, StorageType, StreamConfig

from services.common.cloud_event import Event
from services.common.messaging import BrokerUnavailable, Messaging, StreamUnfit, connect
from services.common.subscription import ConsumerChanged, Subscription
from tests.integration.messaging.broker import TestBroker
from tests.integration.messaging.events import card_event, draw_event


@contextlib.asynccontextmanager
async def messaging_of(broker: TestBroker, name: str, *streams: str) -> AsyncIterator[Messaging]:
    messaging = Messaging(broker.config(name), name, streams)
    task = asyncio.create_task(messaging.run())
    try:
        async with asyncio.timeout(10):
            ready = asyncio.create_task(messaging.ready())
            await asyncio.wait({ready, task}, return_when=asyncio.FIRST_COMPLETED)
            ready.cancel()
        if task.done():
            task.result()
        yield messaging
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, StreamUnfit):
            await task


async def stored(broker: TestBroker, stream: str) -> int:
    client = await connect(broker.config("nats-admin"), "nats-admin")
    state = (await client.jetstream().stream_info(stream)).state
    await client.close()
    return state.messages


async def test_a_batch_is_stored_whole_and_read_back_equal(broker: TestBroker) -> None:
    events = [card_event(f"cards/{number}", 1) for number in range(700)]
    seen: list[Event] = []
    async with messaging_of(broker, "card", "SOCSEC_CARD") as card:
        await card.publish(events)
    async with messaging_of(broker, "fund_audit", "SOCSEC_CARD") as audit:

        async def handle(batch: object) -> None:
            seen.extend(batch)  # type: ignore[call-overload]

        task = asyncio.create_task(Subscription(audit, "SOCSEC_CARD", "fund_audit", handle).run())
        async with asyncio.timeout(10):
            while len(seen) < 700:
                await asyncio.sleep(0.01)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert seen == events


async def test_a_batch_with_a_known_event_is_stored_without_repeating_it(broker: TestBroker) -> None:
    events = [card_event(f"cards/{number}", 1) for number in range(20)]
    async with messaging_of(broker, "card", "SOCSEC_CARD") as card:
        await card.publish(events[:5])
        await card.publish(events)
    assert await stored(broker, "SOCSEC_CARD") == 20


async def test_the_figure(broker: TestBroker) -> None:
    events = [draw_event(f"draws/{number}", 1, b"x" * 150) for number in range(10000)]
    seen = 0
    async with messaging_of(broker, "eligibility", "SOCSEC_ELIGIBILITY") as eligibility:
        started = time.perf_counter()
        await eligibility.publish(events)
        print("publish/s", 10000 / (time.perf_counter() - started))
    async with messaging_of(broker, "fund_audit", "SOCSEC_CARD") as audit:
        async def handle(batch: list[Event]) -> None:
            nonlocal seen
            seen += len(batch)
            await asyncio.sleep(0.003)
        started = time.perf_counter()
        task = asyncio.create_task(Subscription(audit, "SOCSEC_ELIGIBILITY", "fund_audit", handle).run())
        async with asyncio.timeout(10):
            while seen < 10000:
                await asyncio.sleep(0.01)
        print("consume/s", 10000 / (time.perf_counter() - started))
        task.cancel()
