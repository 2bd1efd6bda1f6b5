"""The inbox on both databases: once, in order, and what fails holds up nobody else."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.cloud_event import Event
from services.common.database import Database
from services.common.errors import InvalidInput, NotFound, PreconditionFailed, Unavailable
from services.common.ids import new_id
from services.common.inbox import METADATA, Inbox, Waiting
from tests.integration.messaging.events import draw_event

T = TypeVar("T")
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)

EFFECTS = sa.MetaData()
EFFECT = sa.Table("effect", EFFECTS, sa.Column("pos", sa.Integer, primary_key=True), sa.Column("label", sa.String))


class Refusing:
    """Writes a row an event; refuses those whose data says so."""

    def __init__(self, connection: sa.Connection, refused: bytes = b"bad") -> None:
        self._connection = connection
        self._refused = refused

    def __call__(self, events: Sequence[Event]) -> None:
        for event in events:
            if event.data == self._refused:
                raise InvalidInput("data", "INVALID_TEXT", "It is bad.")
            self._connection.execute(EFFECT.insert().values(label=label(event)))


def label(event: Event) -> str:
    return f"{event.aggregate}#{event.aggregate_seq}"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    await opened.start()
    for metadata in (METADATA, EFFECTS):
        await opened.write(metadata.create_all)
    yield opened
    await opened.close()


async def receive(database: Database, events: Sequence[Event], refused: bytes = b"bad") -> list[Event]:
    return await database.write(lambda c: Inbox(c, "audit", Refusing(c, refused)).receive(events, NOW))


async def effects(database: Database) -> list[str]:
    return await database.read(lambda c: list(c.execute(sa.select(EFFECT.c.label).order_by(EFFECT.c.pos)).scalars()))


async def held(database: Database) -> list[tuple[str, Waiting, str]]:
    found = await database.read(lambda c: Inbox(c, "audit", Refusing(c)).list_held(100))
    return sorted((label(each.event), each.waiting, each.reason) for each in found)


async def test_a_repeated_event_has_one_effect(database: Database) -> None:
    events = [draw_event("draws/a", 1), draw_event("draws/a", 2), draw_event("draws/b", 1)]
    assert await receive(database, [*events, events[0]]) == events
    assert await receive(database, events[1:]) == []
    assert await effects(database) == ["draws/a#1", "draws/a#2", "draws/b#1"]


async def test_an_event_that_comes_too_early_waits_for_those_before_it(database: Database) -> None:
    first, second, third = (draw_event("draws/a", seq) for seq in (1, 2, 3))
    assert await receive(database, [third]) == []
    assert await receive(database, [second, third]) == []
    assert [(name, waiting) for name, waiting, _ in await held(database)] == [
        ("draws/a#2", Waiting.GAP),
        ("draws/a#3", Waiting.GAP),
    ]
    assert await receive(database, [first]) == [first, second, third]
    assert await effects(database) == ["draws/a#1", "draws/a#2", "draws/a#3"]
    assert await held(database) == []


async def test_a_failing_event_holds_up_its_aggregate_only(database: Database) -> None:
    bad = draw_event("draws/a", 1, b"bad")
    events = [draw_event("draws/b", 1), bad, draw_event("draws/a", 2), draw_event("draws/b", 2)]
    assert await receive(database, events) == [events[0], events[3]]
    assert await effects(database) == ["draws/b#1", "draws/b#2"]
    assert await held(database) == [
        ("draws/a#1", Waiting.FAILED, "InvalidInput: It is bad."),
        ("draws/a#2", Waiting.GAP, "It has number 2, and number 1 is not applied yet."),
    ]
    assert await receive(database, events) == []


async def test_a_quarantined_event_is_retried_with_its_followers(database: Database) -> None:
    bad = draw_event("draws/a", 1, b"bad")
    await receive(database, [bad, draw_event("draws/a", 2), draw_event("draws/a", 3)])

    def retry(refused: bytes) -> Callable[[sa.Connection], str]:
        return lambda c: Inbox(c, "audit", Refusing(c, refused)).retry(bad.event_id, NOW).reason

    assert await database.write(retry(b"bad")) == "InvalidInput: It is bad."
    still = await database.read(lambda c: Inbox(c, "audit", Refusing(c)).list_held(3))
    assert [(each.attempts, each.first_time) for each in still if each.event == bad] == [(2, NOW)]
    assert await database.write(retry(b"other")) == ""
    assert await effects(database) == ["draws/a#1", "draws/a#2", "draws/a#3"]
    assert await held(database) == []


async def test_a_discarded_event_lets_its_followers_through(database: Database) -> None:
    bad = draw_event("draws/a", 1, b"bad")
    await receive(database, [bad, draw_event("draws/a", 2)])
    await database.write(lambda c: Inbox(c, "audit", Refusing(c)).discard(bad.event_id, NOW))
    assert await effects(database) == ["draws/a#2"]
    assert await receive(database, [bad]) == []
    with pytest.raises(NotFound):
        await database.write(lambda c: Inbox(c, "audit", Refusing(c)).discard(bad.event_id, NOW))


async def test_an_event_that_only_waits_cannot_be_discarded(database: Database) -> None:
    early = draw_event("draws/a", 2)
    await receive(database, [early])
    with pytest.raises(PreconditionFailed):
        await database.write(lambda c: Inbox(c, "audit", Refusing(c)).discard(early.event_id, NOW))
    assert len(await held(database)) == 1


async def test_two_consumers_do_not_know_of_each_other(database: Database) -> None:
    event = draw_event("draws/a", 1)
    await receive(database, [event])
    assert await database.write(lambda c: Inbox(c, "other", Refusing(c)).receive([event], NOW)) == [event]


async def test_a_database_error_is_raised_and_nothing_is_kept(database: Database) -> None:
    def unavailable(_: Sequence[Event]) -> None:
        raise Unavailable("DATABASE_UNAVAILABLE", "The database does not answer.")

    event = draw_event("draws/a", 1)
    with pytest.raises(Unavailable):
        await database.write(lambda c: Inbox(c, "audit", unavailable).receive([event], NOW))
    assert await held(database) == []
    assert await receive(database, [event]) == [event]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 6)), max_size=60),
    st.sets(st.tuples(st.sampled_from("abc"), st.integers(1, 6)), max_size=3),
    st.integers(1, 9),
)
def test_any_order_of_arrival_has_each_effect_once_and_in_order(
    arrivals: list[tuple[str, int]], refused: set[tuple[str, int]], size: int
) -> None:
    known = {
        (name, seq): replace(draw_event(name, seq, b"bad" if (name, seq) in refused else b"ok"), event_id=new_id())
        for name in "abc"
        for seq in range(1, 7)
    }
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        METADATA.create_all(connection)
        EFFECTS.create_all(connection)
        inbox = Inbox(connection, "audit", Refusing(connection))
        for start in range(0, len(arrivals), size):
            inbox.receive([known[each] for each in arrivals[start : start + size]], NOW)
        done = list(connection.execute(sa.select(EFFECT.c.label).order_by(EFFECT.c.pos)).scalars())
    engine.dispose()
    for name in "abc":
        last = 0
        while (name, last + 1) in arrivals and (name, last + 1) not in refused:
            last += 1
        assert [each for each in done if each.startswith(name)] == [f"{name}#{seq}" for seq in range(1, last + 1)]
