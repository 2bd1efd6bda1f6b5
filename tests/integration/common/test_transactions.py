"""Requests that are done once, whatever is repeated, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from services.common import idempotency
from services.common.database import Database
from services.common.errors import InvalidInput, PreconditionFailed
from services.common.rpc.call import Call, Caller
from services.common.transactions import ANSWERS_KEPT, Transactions
from socsec.fundaudit.v1 import case_pb2, case_service_pb2

METADATA = sa.MetaData()
WORK = sa.Table("work", METADATA, sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text))
Take = case_service_pb2.TakeCaseRequest
NOW = datetime(2026, 11, 25, tzinfo=UTC)


class City:
    """Transactions on a table that counts what was done."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = NOW
        self.transactions: Transactions[sa.Connection] = Transactions(database, lambda c: c, lambda: self.now)

    async def take(self, request: Take, caller: str = "wang", *, validate_only: bool = False) -> case_pb2.Case:
        def work(connection: sa.Connection) -> case_pb2.Case:
            if request.etag == "stale":
                raise PreconditionFailed("CASE_STATE", "no")
            connection.execute(WORK.insert().values(text=request.name))
            done = connection.execute(sa.select(sa.func.count()).select_from(WORK)).scalar_one()
            return case_pb2.Case(name=request.name, etag=str(done))

        call = Call(
            Caller("auditor", f"auditor/{caller}"), "/socsec.fundaudit.v1.CaseService/TakeCase", asyncio.Event()
        )
        return await self.transactions.once(call, request, work, case_pb2.Case, validate_only=validate_only)

    async def done(self) -> int:
        return await self.transactions.read(
            lambda connection: connection.execute(sa.select(sa.func.count()).select_from(WORK)).scalar_one()
        )


@pytest.fixture
async def city(database_url: str) -> AsyncIterator[City]:
    database = Database(database_url)
    await database.start()
    await database.write(METADATA.create_all)
    await database.write(idempotency.METADATA.create_all)
    yield City(database)
    await database.close()


async def test_a_repeated_request_gets_the_first_answer_and_is_done_once(city: City) -> None:
    first = await city.take(Take(name="cases/1", request_id="r1"))
    assert await city.take(Take(name="cases/1", request_id="r1")) == first
    assert await city.done() == 1


async def test_sixty_four_repetitions_at_once_are_done_once_and_answered_alike(city: City) -> None:
    answers = await asyncio.gather(*(city.take(Take(name="cases/1", request_id="r1")) for _ in range(64)))
    assert {answer.etag for answer in answers} == {"1"}
    assert await city.done() == 1


async def test_an_id_that_another_request_has_used_is_refused_and_changes_nothing(city: City) -> None:
    await city.take(Take(name="cases/1", request_id="r1"))
    with pytest.raises(InvalidInput) as refused:
        await city.take(Take(name="cases/2", request_id="r1"))
    assert (refused.value.field, refused.value.reason) == ("request_id", "REQUEST_ID_REUSED")
    assert await city.done() == 1


async def test_ids_of_different_callers_are_different(city: City) -> None:
    await city.take(Take(name="cases/1", request_id="r1"), "wang")
    await city.take(Take(name="cases/2", request_id="r1"), "li")
    assert await city.done() == 2


async def test_without_an_id_each_request_is_done(city: City) -> None:
    await city.take(Take(name="cases/1"))
    await city.take(Take(name="cases/1"))
    assert await city.done() == 2


async def test_a_request_that_failed_is_not_remembered(city: City) -> None:
    with pytest.raises(PreconditionFailed):
        await city.take(Take(name="cases/1", etag="stale", request_id="r1"))
    await city.take(Take(name="cases/1", request_id="r1"))
    assert await city.done() == 1


async def test_a_trial_answers_and_leaves_nothing_not_even_its_id(city: City) -> None:
    tried = await city.take(Take(name="cases/1", request_id="r1"), validate_only=True)
    assert tried.name == "cases/1"
    assert await city.done() == 0
    await city.take(Take(name="cases/2", request_id="r1"))


@pytest.mark.parametrize("request_id", ["x" * 65, "a\0b", "a\nb"])
async def test_an_id_that_no_database_could_keep_is_refused(city: City, request_id: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await city.take(Take(name="cases/1", request_id=request_id))
    assert (refused.value.field, refused.value.reason) == ("request_id", "INVALID_TEXT")


async def test_answers_are_forgotten_after_their_time(city: City) -> None:
    await city.take(Take(name="cases/1", request_id="r1"))
    city.now = NOW + ANSWERS_KEPT
    await city.transactions.forget_answers()
    await city.take(Take(name="cases/1", request_id="r1"))
    assert await city.done() == 1
    city.now += timedelta(seconds=1)
    await city.transactions.forget_answers()
    await city.take(Take(name="cases/1", request_id="r1"))
    assert await city.done() == 2


async def test_a_long_query_runs_beside_the_event_loop(city: City) -> None:
    await city.take(Take(name="cases/1"))
    query = sa.select(sa.func.count()).select_from(WORK)
    assert await city.transactions.scan(lambda connection: connection.execute(query).scalar_one()) == 1
