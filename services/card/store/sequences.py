"""Numbers that count up without gaps and never repeat, also with several service processes."""

import sqlalchemy as sa

from services.card.store.tables import SEQUENCE
from services.common.database import insert_ignore
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
