"""What the use cases of one group have looked up for them at once, and rows that wait until somebody may look."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping

import pytest
import sqlalchemy as sa

from services.common.database import Database
from services.common.errors import Conflict, PreconditionFailed
from services.common.group import write_unseen
from services.common.lookup import Lookup
from services.common.sets import among_bound, bound_keys
from services.common.statement import Statement, TableInsert

METADATA = sa.MetaData()
SEAT = sa.Table(
    "seat", METADATA, sa.Column("seat", sa.String, primary_key=True), sa.Column("holder", sa.String, unique=True)
)
ADD = TableInsert(SEAT, "seat", "holder")
SEATS: Statement[tuple[str, str]] = Statement(
    lambda dialect: sa.select(SEAT).where(among_bound(dialect, SEAT.c.seat, "seats")), "seats"
)
GIVE = Statement[object](
    lambda _: SEAT.update().where(SEAT.c.seat == sa.bindparam("of")).values(holder=sa.bindparam("to")), "to", "of"
)
REFUSED = PreconditionFailed("CARD_STATE", "no")

asked: list[set[str]] = []
"""The keys of each query, in order."""


def _ask(connection: sa.Connection, seats: Collection[str]) -> Mapping[str, str]:
    asked.append(set(seats))
    return dict(SEATS.rows(connection, bound_keys(connection, seats)))


HOLDERS = Lookup(_ask)


def foresee(connection: sa.Connection, seats: Collection[str]) -> None:
    HOLDERS.foresee(connection, seats)


class SeatTaken:
    """Inserts as stores do: in words of their own."""

    def many(self, connection: sa.Connection, rows: object) -> None:
        try:
            ADD.many(connection, rows)  # type: ignore[arg-type]  # rows as the group keeps them
        except sa.exc.IntegrityError as error:
            raise Conflict("SEAT_TAKEN", "The seat is taken.") from error


TAKE = SeatTaken()


def take(seat: str, holder: str, *, then: Exception | None = None) -> Callable[[sa.Connection], str | None]:
    """Give a free seat away; tell who had it."""

    def work(connection: sa.Connection) -> str | None:
        former = HOLDERS.of(connection, [seat]).get(seat)
        if former is None:
            write_unseen(connection, TAKE, [(seat, holder)])
            HOLDERS.forget(connection, [seat])
        if then is not None:
            raise then
        return former

    return work


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    await opened.start()
    await opened.write(METADATA.create_all)
    await opened.write(lambda connection: ADD.many(connection, [("a", "ann")]))
    asked.clear()
    yield opened
    await opened.close()


async def together(database: Database, *works: tuple[str, Callable[[sa.Connection], object]]) -> list[object]:
    """Run use cases in one group, each naming a seat that it will ask for."""
    writes = (database.write(work, [(foresee, seat)]) for seat, work in works)
    return list(await asyncio.gather(*writes, return_exceptions=True))


async def holders(database: Database) -> Mapping[str, str]:
    return dict(await database.read(lambda connection: [tuple(row) for row in connection.execute(sa.select(SEAT))]))


async def test_what_a_group_asks_for_is_asked_once(database: Database) -> None:
    works = [(seat, take(seat, f"of {seat}")) for seat in "abc"]
    assert await together(database, *works) == ["ann", None, None]
    assert asked == [{"a", "b", "c"}]
    assert await holders(database) == {"a": "ann", "b": "of b", "c": "of c"}


async def test_a_lone_use_case_asks_for_itself(database: Database) -> None:
    assert await together(database, ("a", take("a", "ben"))) == ["ann"]
    assert asked == [{"a"}]


async def test_who_comes_later_in_a_group_sees_what_was_added_before(database: Database) -> None:
    assert await together(database, ("b", take("b", "ben")), ("b", take("b", "cid"))) == [None, "ben"]


async def test_nothing_foreseen_holds_once_something_is_written_that_nobody_has_accounted_for(
    database: Database,
) -> None:
    works = [("a", lambda connection: GIVE.rows(connection, "dan", "a")), ("a", take("a", "ben"))]
    assert await together(database, *works) == [[], "dan"]


@pytest.mark.parametrize("ask", [sa.select(SEAT.c.holder), sa.text("SELECT holder FROM seat")], ids=["Core", "text"])
async def test_rows_that_wait_are_there_for_whoever_asks(database: Database, ask: sa.Executable) -> None:
    def look(connection: sa.Connection) -> set[str]:
        return {row[0] for row in connection.execute(ask)}

    assert await together(database, ("b", take("b", "ben")), ("c", look)) == [None, {"ann", "ben"}]


async def test_rows_of_a_refused_use_case_are_not_kept_and_those_of_its_group_are(database: Database) -> None:
    works = [("b", take("b", "ben")), ("c", take("c", "cid", then=REFUSED)), ("d", take("d", "dan"))]
    assert await together(database, *works) == [None, REFUSED, None]
    assert await holders(database) == {"a": "ann", "b": "ben", "d": "dan"}


async def test_rows_that_the_database_refuses_fail_their_own_use_case_alone(database: Database) -> None:
    works = [("b", take("b", "ben")), ("c", take("c", "ann")), ("d", take("d", "dan"))]  # ann has a seat
    first, second, third = await together(database, *works)
    assert (first, third) == (None, None)
    assert isinstance(second, Conflict)
    assert await holders(database) == {"a": "ann", "b": "ben", "d": "dan"}


async def test_reads_that_come_together_are_asked_together_and_answered_each_for_itself(
    database: Database,
) -> None:
    def read(seat: str) -> Callable[[sa.Connection], str]:
        def work(connection: sa.Connection) -> str:
            holder = HOLDERS.of(connection, [seat]).get(seat)
            if holder is None:
                raise REFUSED
            return holder

        return work

    reads = (database.read(read(seat), [(foresee, seat)]) for seat in "aab")
    assert await asyncio.gather(*reads, return_exceptions=True) == ["ann", "ann", REFUSED]
    assert len(asked) == 1


async def test_reads_that_come_one_after_the_other_within_a_moment_are_asked_together(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.common.gathering._SECONDS", 60)  # however busy the machine is

    async def read(turn: int) -> str | None:
        for _ in range(turn):
            await asyncio.sleep(0)
        seat = f"s{turn}"
        return await database.read(lambda connection: HOLDERS.of(connection, [seat]).get(seat), [(foresee, seat)])

    assert await asyncio.gather(*map(read, range(8))) == [None] * 8
    assert len(asked) == 1


async def test_a_read_sees_what_was_committed_before_it_began(database: Database) -> None:
    async def write_and_read(seat: str) -> str | None:
        await database.write(take(seat, f"of {seat}"))
        return await database.read(lambda connection: HOLDERS.of(connection, [seat]).get(seat), [(foresee, seat)])

    seats = [f"s{number}" for number in range(40)]
    assert await asyncio.gather(*map(write_and_read, seats)) == [f"of {seat}" for seat in seats]
