"""The outbox: events are stored with the change that they tell of, and published afterwards, at least once, in order.

The table is read by what is unpublished, never by "position greater than the last": positions are given out before
commit, so a cursor over them misses rows. Published rows stay: they are the log that a lost stream is repaired from.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import repeat

import sqlalchemy as sa
from opentelemetry import metrics
from sqlmodel import Field, SQLModel

from services.common.clock import Clock
from services.common.cloud_event import ATTRIBUTES, MAX_DATA_BYTES, Event, in_utc
from services.common.database import Database, chunks
from services.common.errors import Unavailable
from services.common.failpoints import failpoint
from services.common.group import insert_later
from services.common.ids import new_ids
from services.common.messaging import MAX_BATCH, BrokerUnavailable, Messaging
from services.common.statement import TableInsert

METADATA = sa.MetaData()

_FALLBACK_SECONDS = 5.0  # events of another process on the same database wake nobody here
_FIRST_BACKOFF_SECONDS = 0.2
_LAST_BACKOFF_SECONDS = 5.0

log = logging.getLogger(__name__)

_METER = metrics.get_meter("socsec")
_PUBLISHED = _METER.create_counter("socsec.outbox.published", description="Events that the broker has confirmed.")
_DELAY = _METER.create_histogram("socsec.outbox.delay", "s", "Age of the oldest event of a batch when it is confirmed.")
_WAITING = _METER.create_gauge("socsec.outbox.waiting", "s", "Age of the oldest event that waits for the broker.")


class _Base(SQLModel):
    metadata = METADATA


class EventOutbox(_Base, table=True):
    """An event, and when the broker confirmed it."""

    __tablename__ = "event_outbox"
    __table_args__ = (
        sa.UniqueConstraint("aggregate", "aggregate_seq"),
        sa.Index(
            "event_outbox_unpublished",
            "pos",
            sqlite_where=sa.text("publish_time IS NULL"),
            postgresql_where=sa.text("publish_time IS NULL"),
        ),
    )

    pos: int | None = Field(
        default=None, sa_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True
    )
    event_id: str = Field(unique=True)
    type: str
    source: str
    subject_resource: str
    aggregate: str
    aggregate_seq: int = Field(sa_type=sa.BigInteger)
    division: str
    occurred_time: datetime = Field(sa_type=sa.DateTime(timezone=True))
    data: bytes
    traceparent: str
    publish_time: datetime | None = Field(default=None, sa_type=sa.DateTime(timezone=True))


_TABLE: sa.Table = EventOutbox.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass
_INSERT = TableInsert(_TABLE, *ATTRIBUTES)
_UNPUBLISHED = (
    sa.select(_TABLE.c.pos, *(_TABLE.c[name] for name in ATTRIBUTES))
    .where(_TABLE.c.publish_time.is_(None))
    .order_by(_TABLE.c.pos)
    .limit(MAX_BATCH)
)


@dataclass(frozen=True, slots=True)
class Alike:
    """Many events of one type and moment, as columns; each is about its aggregate, which is the resource itself."""

    type: str
    source: str
    occurred_time: datetime
    traceparent: str
    aggregate: Sequence[str]
    aggregate_seq: Sequence[int]
    division: Sequence[str]
    data: Sequence[bytes]


def append_alike(connection: sa.Connection, events: Alike) -> None:
    """Store many events that are alike, as `append` does: for tens of thousands a second."""
    if not events.aggregate:
        return
    divisions = set(events.division)
    too_large = max(map(len, events.data)) > MAX_DATA_BYTES
    if too_large or min(events.aggregate_seq) < 1 or not all(one.isalnum() for one in divisions if one):
        raise ValueError(f"Events of type {events.type} cannot be published as they are.")
    rows = zip(
        new_ids(len(events.aggregate)),
        repeat(events.type),
        repeat(events.source),
        events.aggregate,
        events.aggregate,
        events.aggregate_seq,
        events.division,
        repeat(events.occurred_time.astimezone(UTC)),
        events.data,
        repeat(events.traceparent),
        strict=False,
    )
    insert_later(connection, _INSERT, list(rows))


def append(connection: sa.Connection, events: Sequence[Event]) -> None:
    """Store events in the transaction that made them.

    The caller numbers each aggregate's events 1, 2, 3 … under the aggregate's version check: a number used twice is an
    IntegrityError. Raises ValueError for an event that the broker would refuse, as it would hold up all later ones.
    """
    for event in events:
        division_is_token = event.division.isalnum() or not event.division
        if len(event.data) > MAX_DATA_BYTES or event.aggregate_seq < 1 or not division_is_token:
            raise ValueError(f"An event of type {event.type} cannot be published as it is.")
    if events:
        insert_later(connection, _INSERT, [_row(event) for event in events])


def replay(connection: sa.Connection, aggregate: str, first_seq: int) -> int:
    """Mark an aggregate's events, from a number on, to be published again; give how many."""
    marked = connection.execute(
        _TABLE.update()
        .where(_TABLE.c.aggregate == aggregate, _TABLE.c.aggregate_seq >= first_seq)
        .values(publish_time=None)
    )
    return marked.rowcount


def unpublished_count(connection: sa.Connection) -> int:
    """Count what waits for the broker."""
    statement = sa.select(sa.func.count()).select_from(_TABLE).where(_TABLE.c.publish_time.is_(None))
    return int(connection.execute(statement).scalar_one())


class Relay:
    """Publishes what is unpublished and marks it once the broker has confirmed it; spawn `run`.

    Two relays on one database are safe, only slower: the broker drops what the other one has sent.
    """

    def __init__(self, database: Database, messaging: Messaging, clock: Clock) -> None:
        self._database = database
        self._messaging = messaging
        self._clock = clock
        self._woken = asyncio.Event()
        database.after_commit(self._woken.set)

    async def run(self) -> None:
        """Publish until cancelled."""
        await self._messaging.ready()
        backoff = _FIRST_BACKOFF_SECONDS
        while True:
            self._woken.clear()
            try:
                published = await self._publish_some()
                backoff = _FIRST_BACKOFF_SECONDS
            except (BrokerUnavailable, Unavailable) as error:
                log.warning("relay.waits", extra={"reason": str(error), "seconds": backoff})
                await asyncio.sleep(backoff)
                backoff = min(backoff * 2, _LAST_BACKOFF_SECONDS)
                continue
            if not published:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_FALLBACK_SECONDS):
                        await self._woken.wait()

    async def _publish_some(self) -> int:
        # No transaction is open while the broker is waited for: a slow network must not hold locks.
        rows = await self._database.read(_unpublished)
        _WAITING.set((self._clock() - rows[0][1].occurred_time).total_seconds() if rows else 0.0)
        if not rows:
            return 0
        failpoint("relay.before_publish")
        await self._messaging.publish([event for _, event in rows])
        positions = [pos for pos, _ in rows]
        failpoint("relay.before_mark")
        await self._database.write(lambda connection: _mark(connection, positions, self._clock()))
        failpoint("relay.after_mark")
        _PUBLISHED.add(len(rows))
        _DELAY.record((self._clock() - rows[0][1].occurred_time).total_seconds())
        return len(rows)


def _row(event: Event) -> tuple[object, ...]:
    """Give an event's attributes in their order, the time in UTC, as SQLite keeps no time zone."""
    return (
        event.event_id,
        event.type,
        event.source,
        event.subject_resource,
        event.aggregate,
        event.aggregate_seq,
        event.division,
        event.occurred_time.astimezone(UTC),
        event.data,
        event.traceparent,
    )


def _unpublished(connection: sa.Connection) -> list[tuple[int, Event]]:
    rows = ((row[0], Event(*row[1:])) for row in connection.execute(_UNPUBLISHED))
    return [(pos, replace(event, occurred_time=in_utc(event.occurred_time))) for pos, event in rows]


def _mark(connection: sa.Connection, positions: Sequence[int], now: datetime) -> None:
    for some in chunks(positions):
        connection.execute(_TABLE.update().where(_TABLE.c.pos.in_(some)).values(publish_time=now))
