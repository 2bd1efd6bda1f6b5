"""The outbox on both databases: what is stored with the change is published after it, in order, until confirmed."""

import asyncio
import functools
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from services.common import outbox
from services.common.cloud_event import MAX_DATA_BYTES, Event
from services.common.database import Database
from services.common.messaging import BrokerUnavailable, Messaging
from tests.integration.messaging.waiting import until

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def event(aggregate: str, number: int, **changed: object) -> Event:
    made = Event(
        event_id=f"{aggregate}-{number}",
        type="socsec.card.v1.CardIssued",
        source="/socsec/card",
        subject_resource=f"cards/{aggregate}",
        aggregate=f"cards/{aggregate}",
        aggregate_seq=number,
        division="370202",
        occurred_time=NOW,
        data=b"data",
    )
    return replace(made, **changed)  # type: ignore[arg-type]  # by name


class Broker(Messaging):
    """A broker of this process, which can be away; the real one is tested in tests/integration/messaging."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.away = False
        self.asked = asyncio.Event()

    async def ready(self) -> None:
        return

    async def publish(self, events: Sequence[Event]) -> None:
        self.asked.set()
        if self.away:
            raise BrokerUnavailable("away")
        self.events += events

    @property
    def stored(self) -> list[str]:
        return [one.event_id for one in self.events]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    await opened.start()
    await opened.write(outbox.METADATA.create_all)
    yield opened
    await opened.close()


async def waiting(database: Database) -> int:
    return await database.read(outbox.unpublished_count)


async def until_published(database: Database) -> None:
    async def published() -> bool:
        return await waiting(database) == 0

    await until(published)


async def test_events_are_published_in_the_order_of_their_aggregate_and_marked(database: Database) -> None:
    broker = Broker()
    relay = asyncio.create_task(outbox.Relay(database, broker, lambda: NOW).run())
    for number in range(1, 6):
        pair = [event("a", number), event("b", number)]
        await database.write(functools.partial(outbox.append, events=pair))
    await until_published(database)
    for aggregate in "ab":
        assert [one for one in broker.stored if one[0] == aggregate] == [f"{aggregate}-{n}" for n in range(1, 6)]
    relay.cancel()


async def test_while_the_broker_is_away_events_wait_and_come_afterwards(database: Database) -> None:
    broker = Broker()
    broker.away = True
    relay = asyncio.create_task(outbox.Relay(database, broker, lambda: NOW).run())
    await database.write(lambda c: outbox.append(c, [event("a", 1)]))
    await broker.asked.wait()
    assert (broker.stored, await waiting(database)) == ([], 1)
    broker.away = False
    await until_published(database)
    assert broker.stored == ["a-1"]
    relay.cancel()


async def test_a_replay_publishes_an_aggregates_later_events_again(database: Database) -> None:
    broker = Broker()
    await database.write(lambda c: outbox.append(c, [event("a", n) for n in (1, 2, 3)] + [event("b", 1)]))
    relay = asyncio.create_task(outbox.Relay(database, broker, lambda: NOW).run())
    await until_published(database)
    broker.events.clear()
    assert await database.write(lambda c: outbox.replay(c, "cards/a", 2)) == 2
    await until_published(database)
    assert broker.stored == ["a-2", "a-3"]
    relay.cancel()


async def test_a_number_can_be_used_once_in_an_aggregate(database: Database) -> None:
    await database.write(lambda c: outbox.append(c, [event("a", 1)]))
    with pytest.raises(sa.exc.IntegrityError):
        await database.write(lambda c: outbox.append(c, [event("a", 1, event_id="other")]))
    assert await waiting(database) == 1


@pytest.mark.parametrize(
    "changed", [{"data": bytes(MAX_DATA_BYTES + 1)}, {"aggregate_seq": 0}, {"division": "a.b"}, {"division": "*"}]
)
async def test_an_event_that_the_broker_would_refuse_is_not_stored(
    database: Database, changed: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match="cannot be published"):
        await database.write(lambda c: outbox.append(c, [event("a", 1, **changed)]))
    assert await waiting(database) == 0


async def test_an_event_reads_back_equal(database: Database) -> None:
    told = event("a", 1, traceparent="00-" + "1" * 32 + "-" + "2" * 16 + "-01", division="")
    await database.write(lambda c: outbox.append(c, [told]))
    broker = Broker()
    relay = asyncio.create_task(outbox.Relay(database, broker, lambda: NOW).run())
    await until_published(database)
    relay.cancel()
    assert broker.events == [told]
