"""What use cases that wait together ask the database: a fixed number of questions, however many they are."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.card.actor import Actor, ActorKind
from services.card.calendar import Deadline
from services.card.domain import Card, Change
from services.card.operation import AnyOperation, Operation, OtherOperation
from services.card.parameters import load_parameters
from services.card.person import Registration
from services.card.service.cards import change_card, foresee_changes
from services.card.service.issuing import (
    Application,
    apply_for_card,
    foresee_accounts,
    foresee_applications,
    foresee_makings,
    make_card,
    succeed_card,
)
from services.card.service.order import Order
from services.card.service.people import import_people, resolve_people
from services.card.service.store import Store
from services.card.status import LossKind
from services.card.store import opener
from services.card.succession import Succession, replace_card
from services.common import identity
from services.common.clock import system_clock
from services.common.crypto import KeyFile, Vault
from services.common.database import Database
from services.common.errors import PreconditionFailed
from services.common.ids import new_id
from services.common.migrations import migrate
from services.common.rpc.call import Call, Caller
from services.common.transactions import Foresee, Transactions
from services.local.keys import make_field_keys
from socsec.card.v1 import card_pb2, card_service_pb2
from tests.integration.card.city import account, identity_number
from tests.support.database import new_sqlite_url

BOOK = load_parameters()
NOW = system_clock()


@pytest.fixture
def told() -> Iterator[list[str]]:
    """Give the statements that any connection runs."""
    statements: list[str] = []

    def trace(connection: sqlite3.Connection, _record: object) -> None:
        connection.set_trace_callback(statements.append)

    sa.event.listen(sa.pool.Pool, "connect", trace)
    yield statements
    sa.event.remove(sa.pool.Pool, "connect", trace)


class Counter:
    """Where use cases are carried out."""

    def __init__(self, transactions: Transactions[Store]) -> None:
        self._transactions = transactions

    async def registered(self, count: int) -> list[str]:
        numbers = [identity.parse(identity_number(), NOW.date()) for _ in range(count)]
        people = [(place, Registration(number, "王小明", "370202")) for place, number in enumerate(numbers)]
        bringing = Order(
            OtherOperation.REGISTER_PERSON, Actor(ActorKind.OPERATOR, "operator/wang"), "operator/wang", NOW
        )
        await self._transactions.write(lambda store: import_people(store, people, bringing, BOOK))
        found = await self._transactions.read(lambda store: resolve_people(store, [one.number for one in numbers]))
        return list(found)

    async def apply(self, person: str) -> str:
        order, application = ordered(Operation.APPLY), Application(person, "370200", "102")
        return await self._done(
            lambda store: apply_for_card(store, application, order, BOOK), (foresee_applications, person)
        )

    async def make(self, card: str) -> str:
        order, day, given = ordered(Operation.MAKE), NOW.date(), account()
        return await self._done(
            lambda store: make_card(store, card, None, given, day, order, BOOK),
            (foresee_makings, card),
            (foresee_accounts, given),
        )

    async def change(self, card: str, operation: Operation, change: Callable[[Card], Change]) -> str:
        order = ordered(operation)
        return await self._done(
            lambda store: change_card(store, card, None, change, order, BOOK), (foresee_changes, card)
        )

    async def replace(self, card: str) -> str:
        order = ordered(Operation.REPLACE)

        def succession(old: Card, new: str, due: Deadline) -> Succession:
            return replace_card(old, new, NOW, due)

        return await self._done(
            lambda store: succeed_card(store, card, None, succession, order, BOOK), (foresee_changes, card)
        )

    async def _done(self, work: Callable[[Store], Card], *foresee: tuple[Foresee[Store], str]) -> str:
        call = Call(Caller("operator", "operator/wang"), "/m", asyncio.Event())
        request = card_service_pb2.ApplyCardRequest(request_id=new_id())
        reply = await self._transactions.once(
            call, request, lambda store: card_pb2.Card(name=work(store).card), card_pb2.Card, foresee=foresee
        )
        return reply.name


def ordered(operation: AnyOperation) -> Order:
    return Order(operation, Actor(ActorKind.OPERATOR, "operator/wang"), "operator/wang", NOW)


@pytest.fixture
async def counter(tmp_path: Path, told: list[str]) -> AsyncIterator[Counter]:
    url = new_sqlite_url(tmp_path)
    await asyncio.to_thread(migrate, url, "services.card")
    make_field_keys(tmp_path / "keys")
    database = Database(url)
    await database.start()
    vault = Vault(KeyFile.load(tmp_path / "keys"))
    yield Counter(Transactions(database, opener(vault, system_clock), system_clock))
    await database.close()


def questions(told: list[str]) -> int:
    count = sum(statement.startswith(("SELECT", "UPDATE number_sequence")) for statement in told)
    told.clear()
    return count


async def test_applications_and_makings_that_wait_together_share_their_questions(
    counter: Counter, told: list[str]
) -> None:
    applied, made = [], []
    for person in await counter.registered(1):
        await counter.make(await counter.apply(person))  # the sequences are there now
    for count in (10, 40):
        people = await counter.registered(count)
        told.clear()
        cards = await asyncio.gather(*map(counter.apply, people))
        applied.append(questions(told))
        await asyncio.gather(*map(counter.make, cards))
        made.append(questions(told))
    assert applied[0] == applied[1] < 10
    assert made[0] == made[1] < 10


async def test_a_card_ends_before_its_successor_comes_also_when_others_apply_in_the_same_moment(
    counter: Counter, told: list[str]
) -> None:
    people = await counter.registered(3)
    lost = await counter.make(await counter.apply(people[0]))
    await counter.change(lost, Operation.COLLECT, lambda card: card.collect(NOW))
    await counter.change(lost, Operation.ENABLE, lambda card: card.enable(NOW))
    formal, parameters = LossKind.FORMAL, BOOK.on(NOW.date())
    await counter.change(lost, Operation.REPORT_FORMAL_LOSS, lambda card: card.report_loss(formal, parameters, NOW))
    told.clear()
    applied = await asyncio.gather(counter.apply(people[1]), counter.replace(lost), counter.apply(people[2]))
    assert len({*applied, lost}) == 4
    assert not any(statement.startswith(("ROLLBACK", "SAVEPOINT")) for statement in told)  # the group ran once


async def test_a_making_that_is_refused_disturbs_nobody_in_its_group(counter: Counter, told: list[str]) -> None:
    made, *others = await asyncio.gather(*map(counter.apply, await counter.registered(4)))
    await counter.make(made)
    told.clear()
    refused, *outcomes = await asyncio.gather(*map(counter.make, (made, *others)), return_exceptions=True)
    assert isinstance(refused, PreconditionFailed)
    assert outcomes == others
    assert not any(statement.startswith(("ROLLBACK", "SAVEPOINT")) for statement in told)
