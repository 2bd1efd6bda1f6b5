"""Turns: what keeps processes on one database apart where there is no row to lock."""

import sqlalchemy as sa


def take_turn(connection: sa.Connection, matter: str, *, shared: bool = False) -> None:
    """Wait until nobody else is at a matter, and keep others out until the transaction ends.

    For what no row can be locked for, because it rests on there being none. Those who share a turn exclude only those
    who do not. SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        lock = sa.func.pg_advisory_xact_lock_shared if shared else sa.func.pg_advisory_xact_lock
        connection.execute(sa.select(lock(sa.func.hashtextextended(matter, 0))))
