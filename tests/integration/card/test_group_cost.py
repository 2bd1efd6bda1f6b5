"""That applications which wait together ask the database a fixed number of questions, however many they are."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.card.actor import Actor, ActorKind
from services.card.operation import Operation
from services.card.parameters import load_parameters
from services.card.person import Registration
from services.card.service.issuing import Application, apply_for_card, foresee_applications
from services.card.service.order import Order
from services.card.service.people import import_people, resolve_people
from services.card.service.store import Store
from services.card.store import opener
from services.common import identity
from services.common.clock import system_clock
from services.common.crypto import KeyFile, Vault
from services.common.database import Database
from services.common.migrations import migrate
from services.common.rpc.call import Call, Caller
from services.common.transactions import Transactions
from services.local.keys import make_field_keys
from socsec.card.v1 import card_pb2, card_service_pb2
from tests.integration.card.city import identity_number
from tests.support.database import new_sqlite_url

BOOK = load_parameters()


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """Give the queries that any connection runs."""
    queries: list[str] = []

    def trace(connection: sqlite3.Connection, _record: object) -> None:
        connection.set_trace_callback(lambda sql: queries.append(sql) if sql.startswith("SELECT") else None)

    sa.event.listen(sa.pool.Pool, "connect", trace)
    yield queries
    sa.event.remove(sa.pool.Pool, "connect", trace)


async def test_applications_that_wait_together_share_their_questions(tmp_path: Path, asked: list[str]) -> None:
    url = new_sqlite_url(tmp_path)
    await asyncio.to_thread(migrate, url, "services.card")
    make_field_keys(tmp_path / "keys")
    database = Database(url)
    await database.start()
    vault = Vault(KeyFile.load(tmp_path / "keys"))
    transactions: Transactions[Store] = Transactions(database, opener(vault, system_clock), system_clock)
    counts = [await _questions(transactions, count, asked) for count in (10, 40)]
    await database.close()
    assert counts[0] == counts[1] < 10


async def _questions(transactions: Transactions[Store], count: int, asked: list[str]) -> int:
    now = system_clock()
    numbers = [identity.parse(identity_number(), now.date()) for _ in range(count)]
    people = [(place, Registration(number, "王小明", "370202")) for place, number in enumerate(numbers)]
    await transactions.write(lambda store: import_people(store, people, now))
    names = await transactions.read(lambda store: resolve_people(store, [number.number for number in numbers]))
    order = Order(Operation.APPLY, Actor(ActorKind.OPERATOR, "operator/wang"), "operator/wang", now)
    call = Call(Caller("operator", "operator/wang"), "/m", asyncio.Event())

    async def apply(person: str) -> None:
        def work(store: Store) -> card_pb2.Card:
            return card_pb2.Card(name=apply_for_card(store, Application(person, "370200", "102"), order, BOOK).card)

        request = card_service_pb2.ApplyCardRequest(request_id=person)
        await transactions.once(call, request, work, card_pb2.Card, foresee=(foresee_applications, person))

    asked.clear()
    await asyncio.gather(*map(apply, names))
    return len(asked)
