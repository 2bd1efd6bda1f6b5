"""Of many processes one holds a lease, and another takes over when it falls silent; on both databases."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from services.common.database import Database
from services.common.lease import METADATA, Lease

START = datetime(2026, 11, 25, tzinfo=UTC)


class Time:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def databases(database_url: str) -> AsyncIterator[list[Database]]:
    """Two processes' views of one database."""
    opened = [Database(database_url) for _ in range(2)]
    for database in opened:
        await database.start()
    await opened[0].write(METADATA.create_all)
    yield opened
    for database in opened:
        await database.close()


async def test_one_of_many_holds_a_lease_as_long_as_it_renews_it(databases: list[Database]) -> None:
    time = Time()
    claims = [Lease(database, "timers", timedelta(seconds=30), time) for database in databases * 4]
    held = await asyncio.gather(*(claim.hold() for claim in claims))
    assert sum(held) == 1
    winner = claims[held.index(True)]
    for _ in range(5):
        time.now += timedelta(seconds=29)
        assert await winner.hold()
        assert sum([await claim.hold() for claim in claims if claim is not winner]) == 0


async def test_another_takes_over_when_the_holder_is_silent_or_gives_it_back(databases: list[Database]) -> None:
    time = Time()
    first, second = (Lease(database, "timers", timedelta(seconds=30), time) for database in databases)
    assert await first.hold()
    time.now += timedelta(seconds=30)
    assert await second.hold()
    assert not await first.hold()
    await first.release()  # it has nothing to give back
    assert not await first.hold()
    await second.release()
    assert await first.hold()


async def test_leases_of_different_names_do_not_disturb_each_other(databases: list[Database]) -> None:
    time = Time()
    first, second = databases
    assert await Lease(first, "timers", timedelta(seconds=30), time).hold()
    assert await Lease(second, "relay", timedelta(seconds=30), time).hold()
