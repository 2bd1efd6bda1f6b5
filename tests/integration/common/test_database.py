"""The group commit, on both databases."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.util import await_only

from services.common.database import Database, Work
from services.common.errors import PreconditionFailed
from services.common.turns import take_turn

METADATA = sa.MetaData()
NOTES = sa.Table("note", METADATA, sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    await opened.start()
    await opened.write(METADATA.create_all)
    yield opened
    await opened.close()


def insert(number: int) -> "sa.sql.base.Executable":
    return NOTES.insert().values(id=number, text=str(number))


def inserted(number: int) -> Work[int]:
    return lambda connection: connection.execute(insert(number)).rowcount


async def count(database: Database) -> int:
    return await database.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(NOTES)).scalar_one())


async def test_what_a_use_case_returns_reaches_its_caller_and_its_rows_stay(database: Database) -> None:
    assert await database.write(inserted(1)) == 1
    assert await count(database) == 1


async def test_a_failed_use_case_leaves_nothing_and_disturbs_none_of_its_group(database: Database) -> None:
    def fail(connection: sa.Connection) -> None:
        connection.execute(insert(1000))
        raise PreconditionFailed("CARD_STATE", "no")

    works = [database.write(inserted(n)) for n in range(100)]
    outcomes = await asyncio.gather(*works[:50], database.write(fail), *works[50:], return_exceptions=True)
    assert sum(1 for outcome in outcomes if outcome == 1) == 100
    assert [type(outcome) for outcome in outcomes if outcome != 1] == [PreconditionFailed]
    assert await count(database) == 100


async def test_a_constraint_that_is_violated_is_told_to_its_caller_alone(database: Database) -> None:
    await database.write(inserted(1))
    outcomes = await asyncio.gather(
        database.write(inserted(1)),
        database.write(inserted(2)),
        return_exceptions=True,
    )
    assert isinstance(outcomes[0], sa.exc.IntegrityError)
    assert outcomes[1] == 1
    assert await count(database) == 2


async def test_what_was_answered_is_there_when_the_database_is_opened_again(database_url: str) -> None:
    first = Database(database_url)
    await first.start()
    await first.write(METADATA.create_all)
    await asyncio.gather(*(first.write(inserted(n)) for n in range(300)))
    await first.close()
    second = Database(database_url)
    await second.start()
    assert await count(second) == 300
    await second.close()


async def test_one_group_is_one_commit(database: Database) -> None:
    commits = []
    database.after_commit(lambda: commits.append(1))
    await asyncio.gather(*(database.write(inserted(n)) for n in range(200)))
    assert len(commits) <= 3


async def test_who_comes_in_the_next_turns_of_the_event_loop_joins_the_group(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.common.gathering._SECONDS", 60)  # however busy the machine is
    commits: list[None] = []
    database.after_commit(lambda: commits.append(None))

    async def come(turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        await database.write(inserted(turns))

    await asyncio.gather(*(come(turns) for turns in range(1, 60, 5)))
    assert len(commits) == 1
    assert await count(database) == 12


def rest(connection: sa.Connection, seconds: float) -> None:
    """Keep a transaction open for a while."""
    if connection.dialect.name == "postgresql":
        await_only(asyncio.sleep(seconds))
    else:
        time.sleep(seconds)


@pytest.fixture
async def second(database: Database, database_url: str) -> AsyncIterator[Database]:
    """The same database as another process has it."""
    opened = Database(database_url)
    await opened.start()
    yield opened
    await opened.close()


async def test_a_use_case_that_lost_a_race_is_run_again_and_finds_what_the_other_one_did(
    database: Database, second: Database
) -> None:
    def next_number(connection: sa.Connection) -> int:
        number = int(connection.execute(sa.select(sa.func.count()).select_from(NOTES)).scalar_one())
        rest(connection, 0.05)
        connection.execute(insert(number))
        return number

    assert sorted(await asyncio.gather(database.write(next_number), second.write(next_number))) == [0, 1]


async def test_two_use_cases_that_wait_for_each_other_are_both_done(database: Database, second: Database) -> None:
    await asyncio.gather(database.write(inserted(1)), database.write(inserted(2)))

    def change(first: int, then: int) -> Work[None]:
        def work(connection: sa.Connection) -> None:
            for number in (first, then):
                changed = NOTES.update().where(NOTES.c.id == number).values(text=NOTES.c.text + f"+{first}")
                connection.execute(changed)
                rest(connection, 0.1)

        return work

    await asyncio.gather(database.write(change(1, 2)), second.write(change(2, 1)))
    rows = await database.read(lambda connection: connection.execute(sa.select(NOTES.c.text)).scalars().all())
    assert {frozenset(text.split("+")[1:]) for text in rows} == {frozenset({"1", "2"})}


async def test_a_turn_is_taken_alone_or_shared(database: Database, second: Database) -> None:
    order: list[str] = []

    def turn(name: str, *, shared: bool) -> Work[None]:
        def work(connection: sa.Connection) -> None:
            take_turn(connection, "counting", shared=shared)
            order.append(f"{name} begins")
            rest(connection, 0.1)
            order.append(f"{name} ends")

        return work

    await asyncio.gather(database.write(turn("one", shared=False)), second.write(turn("other", shared=True)))
    assert [step.split()[1] for step in order] == ["begins", "ends"] * 2


async def test_processes_that_open_a_new_database_at_once_wait_for_each_other(tmp_path: Path) -> None:
    for turn in range(60):
        url = f"sqlite:///{tmp_path / f'{turn}.db'}"
        several = [Database(url) for _ in range(4)]
        for one in several:
            await one.start()
        await asyncio.gather(
            *(one.write(lambda connection: connection.execute(sa.text("SELECT 1"))) for one in several)
        )
        for one in several:
            await one.close()
