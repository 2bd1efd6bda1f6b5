"""Numbers that count up without gaps and never repeat, also with several service processes."""

import sqlalchemy as sa

from services.card.store.tables import SEQUENCE
from services.common.database import insert_ignore


def take(connection: sa.Connection, name: str, count: int) -> int:
    """Take so many numbers of a sequence; give the first of them."""
    insert_ignore(connection, SEQUENCE, [{"name": name, "next_number": 0}])
    following = SEQUENCE.c.next_number + count
    statement = SEQUENCE.update().where(SEQUENCE.c.name == name).values(next_number=following)
    after = connection.execute(statement.returning(SEQUENCE.c.next_number)).scalar_one()
    return int(after) - count
