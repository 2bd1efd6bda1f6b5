"""Numbers that count up without gaps and never repeat, also with several service processes."""

from collections.abc import Iterable
from typing import cast

import sqlalchemy as sa

from services.card.store.tables import SEQUENCE
from services.common.database import insert_ignore
from services.common.group import group_of
from services.common.statement import Statement

_TAKE: Statement[tuple[int]] = Statement(
    lambda _: (
        SEQUENCE.update()
        .where(SEQUENCE.c.name == sa.bindparam("sequence"))
        .values(next_number=SEQUENCE.c.next_number + sa.bindparam("count", type_=sa.BigInteger()))
        .returning(SEQUENCE.c.next_number)
    ),
    "sequence",
    "count",
    effects_known=True,  # nobody looks a sequence up
)


def take(connection: sa.Connection, name: str, count: int) -> int:
    """Take so many numbers of a sequence; give the first of them."""
    taken = _TAKE.one(connection, name, count)
    if taken is None:
        insert_ignore(connection, SEQUENCE, [{"name": name, "next_number": 0}])
        return take(connection, name, count)
    return taken[0] - count


def keep(connection: sa.Connection, name: str, numbers: Iterable[int]) -> None:
    """Keep numbers that were taken for the use cases of this group, each of which will want one."""
    group = group_of(connection)
    if group is not None:
        group.foreseen[name] = dict.fromkeys(numbers)


def kept(connection: sa.Connection, name: str) -> int | None:
    """Give the next of the numbers that are kept; None when none is left."""
    group = group_of(connection)
    left = group.foreseen.get(name) if group is not None else None
    if not left:
        return None
    number = next(iter(left))
    del left[number]
    return cast("int", number)
