"""Leases: of many processes on one database one does a piece of work, and another takes over when it falls silent.

A lease saves work, it does not guard data: clocks differ, and a process may be stopped for longer than its lease runs.
What runs under one must be right when two run at once, by locks and versions of the rows it touches.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from services.common.clock import Clock
from services.common.database import Database, insert_ignore
from services.common.ids import new_id

METADATA = sa.MetaData()

_TIME = sa.DateTime(timezone=True)


class _Base(SQLModel):
    metadata = METADATA


class LeaseRecord(_Base, table=True):
    """Who does a piece of work, and until when nobody else begins it."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True)
    holder: str
    expire_time: datetime = Field(sa_type=_TIME)


_TABLE: sa.Table = LeaseRecord.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass


class Lease:
    """One process's claim to a piece of work."""

    def __init__(self, database: Database, name: str, duration: timedelta, clock: Clock) -> None:
        self._database = database
        self._name = name
        self._duration = duration
        self._clock = clock
        self._holder = new_id()

    async def hold(self) -> bool:
        """Take the lease, or hold on to it, for its duration from now; False while another process has it."""
        return await self._database.write(self._hold)

    async def release(self) -> None:
        """Let others begin at once; nothing happens when another process has the lease."""
        await self._database.write(self._release)

    def _release(self, connection: sa.Connection) -> None:
        mine = sa.and_(_TABLE.c.name == self._name, _TABLE.c.holder == self._holder)
        connection.execute(_TABLE.delete().where(mine))

    def _hold(self, connection: sa.Connection) -> bool:
        now = self._clock()
        mine: dict[str, object] = {"holder": self._holder, "expire_time": now + self._duration}
        insert_ignore(connection, _TABLE, [{"name": self._name, **mine}])
        free = sa.or_(_TABLE.c.holder == self._holder, _TABLE.c.expire_time <= now)
        return connection.execute(_TABLE.update().where(_TABLE.c.name == self._name, free).values(mine)).rowcount == 1
