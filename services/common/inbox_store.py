"""What the inbox keeps: how far each aggregate has come, and the events that wait."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from services.common.cloud_event import ATTRIBUTES, Event, in_utc
from services.common.database import chunks, upsert

METADATA = sa.MetaData()


class _Base(SQLModel):
    metadata = METADATA


class Waiting(StrEnum):
    """Why an event is held."""

    GAP = "GAP"
    """Earlier events of its aggregate have not come."""
    FAILED = "FAILED"
    """It could not be applied; an operator retries or discards it."""


class ConsumerPosition(_Base, table=True):
    """How far a consumer has come with an aggregate."""

    __tablename__ = "consumer_position"

    consumer: str = Field(primary_key=True)
    aggregate: str = Field(primary_key=True)
    last_seq: int = Field(sa_type=sa.BigInteger)
    last_event_id: str


class HeldEventRow(_Base, table=True):
    """An event that is not applied yet."""

    __tablename__ = "held_event"

    consumer: str = Field(primary_key=True)
    aggregate: str = Field(primary_key=True)
    aggregate_seq: int = Field(sa_type=sa.BigInteger, primary_key=True)
    event_id: str = Field(index=True)
    type: str
    source: str
    subject_resource: str
    division: str
    occurred_time: datetime = Field(sa_type=sa.DateTime(timezone=True))
    data: bytes
    traceparent: str
    waiting: str
    reason: str
    attempts: int
    first_time: datetime = Field(sa_type=sa.DateTime(timezone=True))
    last_time: datetime = Field(sa_type=sa.DateTime(timezone=True))


_POSITION: sa.Table = ConsumerPosition.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass
_HELD: sa.Table = HeldEventRow.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """An event that waits, why, and since when."""

    event: Event
    waiting: Waiting
    reason: str
    attempts: int
    first_time: datetime
    last_time: datetime


class InboxStore:
    """The rows of one consumer."""

    def __init__(self, connection: sa.Connection, consumer: str) -> None:
        self._connection = connection
        self._consumer = consumer

    def positions(self, aggregates: Sequence[str]) -> dict[str, int]:
        """Give the number of the last applied event of each aggregate that has one."""
        last: dict[str, int] = {}
        for some in chunks(aggregates):
            statement = sa.select(_POSITION.c.aggregate, _POSITION.c.last_seq).where(
                _POSITION.c.consumer == self._consumer, _POSITION.c.aggregate.in_(some)
            )
            last.update((row.aggregate, row.last_seq) for row in self._connection.execute(statement))
        return last

    def advance(self, applied: Sequence[Event]) -> None:
        """Move each aggregate on to its newest of these events."""
        newest = {event.aggregate: event for event in applied}
        rows: list[dict[str, object]] = [
            {
                "consumer": self._consumer,
                "aggregate": aggregate,
                "last_seq": event.aggregate_seq,
                "last_event_id": event.event_id,
            }
            for aggregate, event in newest.items()
        ]
        upsert(self._connection, _POSITION, rows, ("consumer", "aggregate"))

    def held(self, aggregates: Sequence[str]) -> dict[tuple[str, int], HeldEvent]:
        """Give the held events of aggregates, by aggregate and number."""
        if self._connection.execute(sa.select(_HELD.c.event_id).limit(1)).first() is None:
            return {}  # nearly always
        found = (held for some in chunks(aggregates) for held in self._select(_HELD.c.aggregate.in_(some)))
        return {(held.event.aggregate, held.event.aggregate_seq): held for held in found}

    def hold(self, held: HeldEvent) -> None:
        """Keep an event, or why it is still kept."""
        row: dict[str, object] = {name: getattr(held.event, name) for name in ATTRIBUTES}
        row |= {"consumer": self._consumer, "waiting": held.waiting, "reason": held.reason, "attempts": held.attempts}
        row |= {"first_time": held.first_time, "last_time": held.last_time}
        upsert(self._connection, _HELD, [row], ("consumer", "aggregate", "aggregate_seq"))

    def delete(self, events: Sequence[Event]) -> None:
        """Hold events no longer."""
        for event in events:
            self._connection.execute(
                _HELD.delete().where(
                    _HELD.c.consumer == self._consumer,
                    _HELD.c.aggregate == event.aggregate,
                    _HELD.c.aggregate_seq == event.aggregate_seq,
                )
            )

    def counts(self) -> dict[Waiting, int]:
        """Count the held events by why they wait."""
        statement = sa.select(_HELD.c.waiting, sa.func.count()).where(_HELD.c.consumer == self._consumer)
        rows = self._connection.execute(statement.group_by(_HELD.c.waiting))
        found: dict[str, int] = {waiting: count for waiting, count in rows}  # noqa: C416  a row is no pair to a type checker
        return {waiting: found.get(waiting, 0) for waiting in Waiting}

    def by_id(self, event_id: str) -> HeldEvent | None:
        """Give a held event."""
        return next(iter(self._select(_HELD.c.event_id == event_id, 1)), None)

    def after_id(self, event_id: str, limit: int) -> list[HeldEvent]:
        """Give held events in the order of their ids, after an id."""
        return self._select(_HELD.c.event_id > event_id, limit)

    def _select(self, condition: sa.ColumnElement[bool], limit: int | None = None) -> list[HeldEvent]:
        statement = sa.select(_HELD).where(_HELD.c.consumer == self._consumer, condition)
        rows = self._connection.execute(statement.order_by(_HELD.c.event_id).limit(limit)).mappings()
        return [_held_event(row) for row in rows]


def _held_event(row: sa.RowMapping) -> HeldEvent:
    event = Event(**{name: row[name] for name in ATTRIBUTES})
    return HeldEvent(
        replace(event, occurred_time=in_utc(event.occurred_time)),
        Waiting(row["waiting"]),
        row["reason"],
        row["attempts"],
        in_utc(row["first_time"]),
        in_utc(row["last_time"]),
    )
