"""What use cases of one commit share: rows that wait, answers by request id, and what a failure undoes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from services.common import idempotency, outbox
from services.common.database import Database
from services.common.errors import InvalidInput, PreconditionFailed
from services.common.group import savepoint
from services.common.statement import Statement, TableInsert
from tests.integration.messaging.events import draw_event

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
METADATA = sa.MetaData()
NOTE = sa.Table(
    "note",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("made_time", sa.DateTime(timezone=True)),
    sa.Column("is_read", sa.Boolean),
)
ADD = TableInsert(NOTE, "is_read", "id", "made_time")
GET: Statement[tuple[int, datetime, bool]] = Statement(
    lambda _: sa.select(NOTE).where(NOTE.c.id == sa.bindparam("id"), NOTE.c.is_read == sa.true()), "id"
)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    await opened.start()
    for metadata in (METADATA, outbox.METADATA, idempotency.METADATA):
        await opened.write(metadata.create_all)
    yield opened
    await opened.close()


def told(aggregate: str, *, then: Exception | None = None, note: int | None = None) -> Callable[[sa.Connection], None]:
    def work(connection: sa.Connection) -> None:
        outbox.append(connection, [draw_event(aggregate, 1)])
        if note is not None:
            ADD.many(connection, [(True, note, NOW)])
        if then is not None:
            raise then

    return work


REFUSED = PreconditionFailed("CARD_STATE", "no")


@pytest.mark.parametrize("written", [None, 7], ids=["before it has written", "after it has written"])
async def test_events_of_a_refused_use_case_are_not_kept_and_those_of_its_group_are(
    database: Database, written: int | None
) -> None:
    outcomes = await asyncio.gather(
        database.write(told("draws/1", note=1)),
        database.write(told("draws/2", then=REFUSED, note=written)),
        database.write(told("draws/3", note=3)),
        return_exceptions=True,
    )
    assert list(outcomes) == [None, REFUSED, None]
    assert await database.read(outbox.unpublished_count) == 2


async def test_an_event_number_that_is_used_twice_fails_its_own_use_case_alone(database: Database) -> None:
    works = [told("draws/1"), told("draws/2"), told("draws/1"), told("draws/3")]
    outcomes = await asyncio.gather(*(database.write(work) for work in works), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None), type(None), sa.exc.IntegrityError, type(None)]
    assert await database.read(outbox.unpublished_count) == 3


async def test_a_request_that_comes_twice_in_one_group_is_done_once(database: Database) -> None:
    done: list[int] = []

    def once(request_hash: bytes) -> Callable[[sa.Connection], bytes]:
        def work(connection: sa.Connection) -> bytes:
            answered = idempotency.recall(connection, ("operator/wang", "/m", "r1"), request_hash)
            if answered is None:
                done.append(1)
                answered = f"answer {len(done)}".encode()
                idempotency.remember(connection, ("operator/wang", "/m", "r1"), request_hash, answered, NOW)
            return answered

        return work

    same = await asyncio.gather(*(database.write(once(b"hash")) for _ in range(3)))
    assert same == [b"answer 1"] * 3
    with pytest.raises(InvalidInput, match="another request"):
        await database.write(once(b"other"))


async def test_a_savepoint_undoes_what_waits_to_be_inserted_too(database: Database) -> None:
    def work(connection: sa.Connection) -> None:
        outbox.append(connection, [draw_event("draws/1", 1)])
        with contextlib.suppress(PreconditionFailed), savepoint(connection):
            told("draws/2", then=REFUSED)(connection)

    await database.write(work)
    assert await database.read(outbox.unpublished_count) == 1


@pytest.mark.parametrize("count", [2, 200])
async def test_values_come_back_as_they_went_in_whatever_the_database_makes_of_them(
    database: Database, count: int
) -> None:
    await database.write(lambda connection: ADD.many(connection, [(True, number, NOW) for number in range(count)]))
    row = await database.read(lambda connection: GET.one(connection, count - 1))
    assert row is not None
    number, made, is_read = row
    assert (number, made.replace(tzinfo=UTC), is_read) == (count - 1, NOW, True)
    with pytest.raises(sa.exc.IntegrityError):
        await database.write(lambda connection: ADD.many(connection, [(False, 0, NOW)] * count))
