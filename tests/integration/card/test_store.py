"""One contract for the store on both databases."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.card.access import AccessKind, Looked
from services.card.actor import Actor, ActorKind
from services.card.applying import apply_card
from services.card.domain import Card
from services.card.number import is_card_no
from services.card.operation import Operation, OtherOperation
from services.card.person import Person, Registration
from services.card.service.accesses import AccessLog
from services.card.service.issuing import Application, Issue, issue_cards
from services.card.service.order import Order
from services.card.service.outcome import Outcome
from services.card.service.people import import_people
from services.card.service.store import Store
from services.card.service.timers import lapse_losses
from services.card.status import CancelReason, CardStatus, LossKind
from services.card.store import SqlStore, opener
from services.card.store.people_tables import PERSON
from services.card.store.tables import CARD
from services.common import identity
from services.common.crypto import KeyFile, SealBroken, Vault
from services.common.database import Database, T
from services.common.errors import Conflict, Unavailable
from services.common.filtering import EVERYTHING, Comparison
from services.common.ids import new_id
from services.common.outbox import EventOutbox
from services.common.statement import Statement, TableInsert
from services.local.keys import make_field_keys
from tests.integration.card.city import account, identity_number
from tests.support.card_parameters import BOOK, PARAMETERS

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
CLERK = Actor(ActorKind.OPERATOR, "operator/wang")
BRINGING = Order(OtherOperation.REGISTER_PERSON, CLERK, CLERK.reference, NOW)
ISSUING = Order(Operation.ISSUE, CLERK, CLERK.reference, NOW)
OUTBOX: sa.Table = EventOutbox.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass


class Opened:
    """A store that each call opens in a transaction of its own."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database = database
        self.vault = vault
        self._open = opener(vault, lambda: NOW)

    async def write(self, work: Callable[[SqlStore], T]) -> T:
        return await self.database.write(lambda connection: work(self._open(connection)))

    async def read(self, work: Callable[[SqlStore], T]) -> T:
        return await self.database.read(lambda connection: work(self._open(connection)))

    async def rows(self, table: sa.Table) -> list[dict[str, object]]:
        found = await self.database.read(lambda connection: connection.execute(sa.select(table)).mappings().all())
        return [dict(row) for row in found]


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    make_field_keys(tmp_path / "card.keys")
    return Vault(KeyFile.load(tmp_path / "card.keys"))


@pytest.fixture
async def store(migrated_url: str, vault: Vault) -> AsyncIterator[Opened]:
    database = Database(migrated_url)
    await database.start()
    yield Opened(database, vault)
    await database.close()


@pytest.fixture
async def second(migrated_url: str, vault: Vault) -> AsyncIterator[Opened]:
    """The same store as another process has it."""
    database = Database(migrated_url)
    await database.start()
    yield Opened(database, vault)
    await database.close()


def registrations(count: int) -> list[tuple[int, Registration]]:
    numbers = [identity.parse(identity_number(), TODAY) for _ in range(count)]
    return [(index, Registration(number, "欧阳修远", "370202")) for index, number in enumerate(numbers)]


async def people(store: Opened, count: int = 1) -> list[str]:
    coming = registrations(count)
    outcome = await store.write(lambda opened: import_people(opened, coming, BRINGING, BOOK))
    assert outcome.accepted == count
    numbers = [registration.identity.number for _, registration in coming]
    found = await store.read(lambda opened: opened.people.resolve(numbers))
    return [found[number] for number in numbers]


def issues(holders: list[str]) -> list[tuple[int, Issue]]:
    return [
        (index, Issue(Application(person, "370200", "102"), account(), date(2026, 3, 1)))
        for index, person in enumerate(holders)
    ]


async def issued(store: Opened, holders: list[str]) -> Outcome:
    return await store.write(lambda opened: issue_cards(opened, issues(holders), ISSUING, BOOK))


async def one_card(store: Opened) -> Card:
    (person,) = await people(store)
    await issued(store, [person])
    return (await store.read(lambda opened: opened.cards.live([person])))[person]


async def test_a_person_is_read_back_as_registered(store: Opened) -> None:
    guardian, child = registrations(2)
    acted = replace(child[1], representative=guardian[1].identity)
    await store.write(lambda opened: import_people(opened, [(0, acted), guardian], BRINGING, BOOK))
    numbers = [acted.identity.number, guardian[1].identity.number]
    found = await store.read(lambda opened: opened.people.resolve(numbers))
    read = (await store.read(lambda opened: opened.people.get(list(found.values()))))[found[numbers[0]]]
    assert read == Person(
        person=found[numbers[0]],
        identity=acted.identity,
        full_name="欧阳修远",
        division="370202",
        representative=found[numbers[1]],
        representative_kind=None,
        create_time=NOW,
    )


async def test_the_database_shows_neither_number_nor_name_nor_birth_nor_account(store: Opened) -> None:
    coming = registrations(1)[0][1]
    await store.write(lambda opened: import_people(opened, [(0, coming)], BRINGING, BOOK))
    person = (await store.read(lambda opened: opened.people.resolve([coming.identity.number])))[coming.identity.number]
    issue = issues([person])
    await store.write(lambda opened: issue_cards(opened, issue, ISSUING, BOOK))
    rows = [*await store.rows(PERSON), *await store.rows(CARD)]
    kept = b"|".join(
        value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row.values()
    )
    number = coming.identity.number
    assert coming.identity.birth_date is not None
    for secret in (number, number[6:14], coming.identity.birth_date.isoformat(), "欧阳", issue[0][1].account):
        assert secret.encode() not in kept
    sealed = rows[1]["sealed_account"]
    assert isinstance(sealed, bytes)
    assert store.vault.open(sealed, f"cards/{rows[1]['card']}") == issue[0][1].account


async def test_a_sealed_identity_moved_to_another_person_is_noticed(store: Opened) -> None:
    first, other = await people(store, 2)
    sealed = next(row["sealed_identity"] for row in await store.rows(PERSON) if row["person"] == first)
    await store.database.write(
        lambda connection: connection.execute(
            PERSON.update().where(PERSON.c.person == other).values(sealed_identity=sealed)
        )
    )
    with pytest.raises(SealBroken):
        await store.read(lambda opened: opened.people.get([other]))


async def test_people_who_are_known_are_repeated_and_not_told_again(store: Opened) -> None:
    coming = registrations(3)
    await store.write(lambda opened: import_people(opened, coming[:2], BRINGING, BOOK))
    outcome = await store.write(lambda opened: import_people(opened, [*coming, (3, coming[2][1])], BRINGING, BOOK))
    assert (outcome.accepted, outcome.repeated, outcome.refused) == (1, 3, [])
    assert len(await store.rows(PERSON)) == 3
    told = await store.rows(OUTBOX)
    assert len({row["aggregate"] for row in told}) == len(told) == 3
    assert {(row["type"], row["aggregate_seq"], row["division"]) for row in told} == {
        ("socsec.card.v1.PersonRegistered", 1, "370202")
    }


async def test_two_who_register_one_person_at_once_are_told(store: Opened) -> None:
    (person,) = await people(store)
    twin = replace((await store.read(lambda opened: opened.people.get([person])))[person], person=new_id())
    with pytest.raises(Conflict, match="registered in the same moment"):
        await store.write(lambda opened: opened.people.add([twin]))


async def test_a_card_is_read_back_in_every_state(store: Opened) -> None:
    card = await one_card(store)
    lost = card.report_loss(LossKind.PROVISIONAL, PARAMETERS, NOW)[0]
    formal = lost.report_loss(LossKind.FORMAL, PARAMETERS, NOW + timedelta(hours=1))[0]
    gone = formal.cancel(CancelReason.DEATH, NOW + timedelta(hours=2))[0]
    for state in (lost, formal, gone):
        await store.write(lambda opened, state=state: opened.cards.save(state))  # type: ignore[misc]  # bound at once
        assert await store.read(lambda opened: opened.cards.get(card.card)) == state
    assert await store.read(lambda opened: opened.cards.live([card.person])) == {}


async def test_a_card_that_somebody_else_has_changed_is_not_saved(store: Opened, second: Opened) -> None:
    card = await one_card(store)
    lost = card.report_loss(LossKind.PROVISIONAL, PARAMETERS, NOW)[0]
    gone = card.cancel(CancelReason.DEATH, NOW)[0]
    outcomes = await asyncio.gather(
        store.write(lambda opened: opened.cards.save(lost)),
        second.write(lambda opened: opened.cards.save(gone)),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [Conflict]
    kept = await store.read(lambda opened: opened.cards.get(card.card))
    assert kept == (lost if outcomes[0] is None else gone)


async def test_nobody_gets_a_second_live_card(store: Opened) -> None:
    card = await one_card(store)
    another, _ = apply_card(new_id(), card.person, "370200", "103", NOW)
    with pytest.raises(Conflict, match="same moment"):
        await store.write(lambda opened: opened.cards.add([another], {}))
    await store.write(lambda opened: opened.cards.save(card.cancel(CancelReason.HOLDER_REQUEST, NOW)[0]))
    await store.write(lambda opened: opened.cards.add([another], {}))
    assert (await store.read(lambda opened: opened.cards.live([card.person])))[card.person] == another


async def test_a_batch_of_cards_refuses_strangers_and_repeats_holders(store: Opened) -> None:
    holder, first, other = await people(store, 3)
    await issued(store, [holder])
    outcome = await issued(store, [first, new_id(), holder, other, first])
    assert (outcome.accepted, outcome.repeated) == (2, 2)
    assert [(index, error.reason) for index, error in outcome.refused] == [(1, "PERSON_NOT_FOUND")]
    cards = await store.rows(CARD)
    assert len({row["card_no"] for row in cards}) == len({row["identification_code"] for row in cards}) == 3
    assert all(is_card_no(str(row["card_no"])) for row in cards)


async def test_two_processes_never_take_the_same_number(store: Opened, second: Opened) -> None:
    taken = await asyncio.gather(
        *(opened.write(lambda inner: inner.cards.take_sequence(7)) for opened in [store, second] * 10)
    )
    assert sorted(taken) == list(range(0, 140, 7))


async def test_the_number_of_statements_does_not_grow_with_the_batch(
    store: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    run_rows, insert_many = Statement.rows, TableInsert.many

    def rows(statement: Statement[object], connection: sa.Connection, *values: object) -> list[object]:
        seen.append(statement)
        return run_rows(statement, connection, *values)

    def insert_rows(insert: TableInsert, connection: sa.Connection, rows: Sequence[Sequence[object]]) -> None:
        seen.append(insert)
        insert_many(insert, connection, rows)

    monkeypatch.setattr(Statement, "rows", rows)
    monkeypatch.setattr(TableInsert, "many", insert_rows)

    async def statements(work: Callable[[SqlStore], object]) -> int:
        def run(connection: sa.Connection) -> None:
            def count(*arguments: object) -> None:
                seen.append(arguments[2])

            sa.event.listen(connection, "before_cursor_execute", count)
            work(SqlStore(connection, store.vault, lambda: NOW))
            sa.event.remove(connection, "before_cursor_execute", count)

        seen.clear()
        await store.database.write(run)
        return len(seen)

    await one_card(store)  # the sequence's row is made with the first number

    few, many = registrations(2), registrations(200)
    assert await statements(lambda opened: import_people(opened, few, BRINGING, BOOK)) == await statements(
        lambda opened: import_people(opened, many, BRINGING, BOOK)
    )
    some, all_of = issues(await people(store, 2)), issues(await people(store, 200))
    assert await statements(lambda opened: issue_cards(opened, some, ISSUING, BOOK)) == await statements(
        lambda opened: issue_cards(opened, all_of, ISSUING, BOOK)
    )


async def test_provisional_losses_lapse_together_when_they_are_due(store: Opened) -> None:
    cards = [await one_card(store) for _ in range(3)]
    due, later, formal = cards
    for card, kind, when in (
        (due, LossKind.PROVISIONAL, NOW),
        (later, LossKind.PROVISIONAL, NOW + timedelta(seconds=1)),
        (formal, LossKind.FORMAL, NOW),
    ):
        lost = card.report_loss(kind, PARAMETERS, when)[0]
        await store.write(lambda opened, lost=lost: opened.cards.save(lost))  # type: ignore[misc]  # bound at once
    end = NOW + timedelta(days=10)
    assert await store.write(lambda opened: lapse_losses(opened, end)) == 1
    assert await store.write(lambda opened: lapse_losses(opened, end)) == 0
    read = {card.card: await store.read(lambda opened, card=card: opened.cards.get(card.card)) for card in cards}  # type: ignore[misc]  # bound at once
    assert [found.status for found in read.values() if found] == [
        CardStatus.ENABLED,
        CardStatus.PROVISIONALLY_LOST,
        CardStatus.FORMALLY_LOST,
    ]
    told = [row for row in await store.rows(OUTBOX) if row["type"] == "socsec.card.v1.CardLossCancelled"]
    assert [(row["aggregate"], row["aggregate_seq"]) for row in told] == [(f"cards/{due.card}", 3)]


async def test_pages_of_cards_are_newest_first_and_complete(store: Opened) -> None:
    holders = await people(store, 7)
    for holder in holders:
        await issued(store, [holder])
    seen: list[Card] = []
    while True:
        before = seen[-1].card if seen else None
        page = await store.read(lambda opened, before=before: opened.cards.page(EVERYTHING, 3, before))  # type: ignore[misc]  # bound at once
        seen += page
        if len(page) < 3:
            break
    assert sorted((card.card for card in seen), reverse=True) == [card.card for card in seen]
    assert {card.person for card in seen} == set(holders)
    of_one = Comparison("person", "=", holders[2])
    assert [card.person for card in await store.read(lambda opened: opened.cards.page(of_one, 3, None))] == [holders[2]]


def looked(step: int, kind: AccessKind, *people: str) -> Looked:
    when = NOW + timedelta(microseconds=step)
    return Looked(f"{step}", kind, "auditor/li", people, when, "checking a payment", f"R-{step}")


async def test_accesses_are_kept_to_the_microsecond_and_listed_newest_first(store: Opened) -> None:
    first, second = await people(store, 2)
    calls = [
        looked(0, AccessKind.REVEAL, first),
        looked(1, AccessKind.READ, first, second),
        looked(2, AccessKind.RESOLVE, second),
    ]
    await store.write(lambda opened: opened.accesses.add(calls))
    newest = await store.read(lambda opened: opened.accesses.page(EVERYTHING, 2, None))
    assert [(access.call, access.place, access.person) for access in newest] == [("2", 0, second), ("1", 1, second)]
    last = (newest[-1].access_us, newest[-1].call, newest[-1].place)
    older = await store.read(lambda opened: opened.accesses.page(EVERYTHING, 5, last))
    assert [(access.kind, access.person, access.purpose, access.case_reference) for access in older] == [
        (AccessKind.READ, first, "checking a payment", "R-1"),
        (AccessKind.REVEAL, first, "checking a payment", "R-0"),
    ]
    assert older[0].access_us == older[1].access_us + 1


async def test_accesses_whose_writing_was_done_but_not_answered_are_written_once(store: Opened) -> None:
    """A commit may succeed and its answer be lost: the log is told that the database was away, and writes again."""
    tries: list[int] = []

    async def write(work: Callable[[Store], None]) -> None:
        await store.write(work)
        tries.append(1)
        if len(tries) == 1:
            raise Unavailable("DATABASE_UNAVAILABLE", "away")

    log = AccessLog(write)
    log.note(looked(0, AccessKind.READ, "p", "q"))
    with pytest.raises(Unavailable):
        await log.flush()
    log.note(looked(1, AccessKind.READ, "r"))
    await log.flush()
    found = await store.read(lambda opened: opened.accesses.page(EVERYTHING, 9, None))
    assert [access.person for access in found] == ["r", "q", "p"]


@pytest.mark.parametrize("statement", ["UPDATE access_log SET caller = 'nobody'", "DELETE FROM access_log"])
async def test_the_database_refuses_to_change_or_forget_an_access(store: Opened, statement: str) -> None:
    (person,) = await people(store)
    await store.write(lambda opened: opened.accesses.add([looked(0, AccessKind.READ, person)]))
    with pytest.raises(sa.exc.DBAPIError, match="only grows"):
        await store.database.write(lambda connection: connection.exec_driver_sql(statement))
    (access,) = await store.read(lambda opened: opened.accesses.page(EVERYTHING, 5, None))
    assert access.caller == "auditor/li"


async def test_reveals_are_counted_exactly_by_two_processes(store: Opened, second: Opened) -> None:
    day = date(2026, 11, 24)
    counts = await asyncio.gather(
        *(opened.write(lambda inner: inner.accesses.count_reveal("auditor/li", day)) for opened in [store, second] * 5)
    )
    assert sorted(counts) == list(range(1, 11))
    assert await store.write(lambda opened: opened.accesses.count_reveal("auditor/wu", day)) == 1
