"""The inbox: each event takes effect once, in the order of its aggregate, whatever the broker repeats or reorders.

The position of an aggregate and the effect of its event are written in one transaction. An event is applied when it is
the next of its aggregate; an earlier one is a repetition; a later one is parked until those before it have come. An
event that cannot be applied is quarantined and holds up its aggregate, never the others.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from services.common.cloud_event import ATTRIBUTES, Event, in_utc
from services.common.database import chunks, upsert
from services.common.errors import DomainError, NotFound, PreconditionFailed, Unavailable

METADATA = sa.MetaData()

log = logging.getLogger(__name__)


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


Apply = Callable[[Sequence[Event]], None]
"""Writes the effects of events in the same transaction; raises when one cannot be applied."""


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """An event that waits, why, and since when."""

    event: Event
    waiting: Waiting
    reason: str
    attempts: int
    first_time: datetime
    last_time: datetime


class Inbox:
    """What one consumer has applied; use it inside the transaction that writes the effects."""

    def __init__(self, connection: sa.Connection, consumer: str, apply: Apply) -> None:
        self._connection = connection
        self._consumer = consumer
        self._apply = apply

    def receive(self, events: Sequence[Event], now: datetime) -> list[Event]:
        """Apply the events that are due, in order, and give them.

        Repetitions are left out, later events are parked, and parked ones whose turn has come are applied too. When one
        of them fails it is quarantined and the others are applied without it; only a database error is raised.
        """
        aggregates = list({event.aggregate for event in events})
        last = self._positions(aggregates)
        held = self._held(aggregates)
        due: list[Event] = []
        for event in events:
            position = last.get(event.aggregate, 0)
            if event.aggregate_seq <= position or (event.aggregate, event.aggregate_seq) in held:
                continue
            if event.aggregate_seq > position + 1:
                held[event.aggregate, event.aggregate_seq] = self._park(event, position + 1, now)
                continue
            followers = _followers(event, held)
            self._delete(followers)
            due.extend((event, *followers))
            last[event.aggregate] = due[-1].aggregate_seq
        return self._run(due, now) if due else []

    def list_held(self, limit: int, after: str = "") -> list[HeldEvent]:
        """Give held events in the order of their ids, which is that of their making, after an id."""
        return self._select(_HELD.c.event_id > after, limit)

    def retry(self, event_id: str, now: datetime) -> HeldEvent:
        """Apply a quarantined event, and those that waited for it; give it, with an empty reason when that succeeded.

        Raises NotFound, or PreconditionFailed for an event that only waits for earlier ones.
        """
        taken = self._take(event_id)
        error = self._failure([taken.event])
        if error is not None:
            still = replace(taken, reason=_reason(error), attempts=taken.attempts + 1, last_time=now)
            self._hold(still)
            return still
        self._release_followers(taken.event, now)
        return replace(taken, reason="", attempts=taken.attempts + 1, last_time=now)

    def discard(self, event_id: str, now: datetime) -> HeldEvent:
        """Give a quarantined event up and apply those that waited for it; give what it was.

        Raises NotFound, or PreconditionFailed for an event that only waits for earlier ones.
        """
        taken = self._take(event_id)
        self._advance([taken.event])
        self._release_followers(taken.event, now)
        return taken

    def _run(self, due: Sequence[Event], now: datetime) -> list[Event]:
        if self._failure(due) is None:
            return list(due)
        applied: list[Event] = []
        blocked: dict[str, int] = {}
        for event in due:
            if event.aggregate in blocked:
                self._park(event, blocked[event.aggregate], now)
                continue
            error = self._failure([event])
            if error is None:
                applied.append(event)
            else:
                log.error("inbox.quarantined", extra={"type": event.type, "event_id": event.event_id}, exc_info=error)
                self._hold(HeldEvent(event, Waiting.FAILED, _reason(error), 1, now, now))
                blocked[event.aggregate] = event.aggregate_seq
        return applied

    def _failure(self, due: Sequence[Event]) -> Exception | None:
        """Apply events in a savepoint; give the error that undid it."""
        try:
            with self._connection.begin_nested():
                self._apply(due)
                self._advance(due)
        except (sa.exc.OperationalError, sa.exc.InterfaceError, Unavailable):
            raise  # the database's fault, not the event's
        except Exception as error:  # noqa: BLE001  whatever an event provokes must not stop the others
            return error
        return None

    def _advance(self, applied: Sequence[Event]) -> None:
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

    def _release_followers(self, event: Event, now: datetime) -> None:
        followers = _followers(event, self._held([event.aggregate]))
        self._delete(followers)
        if followers:
            self._run(followers, now)

    def _park(self, event: Event, missing_seq: int, now: datetime) -> HeldEvent:
        reason = f"It has number {event.aggregate_seq}, and number {missing_seq} is not applied yet."
        log.warning("inbox.gap", extra={"type": event.type, "event_id": event.event_id})
        held = HeldEvent(event, Waiting.GAP, reason, 0, now, now)
        self._hold(held)
        return held

    def _hold(self, held: HeldEvent) -> None:
        row: dict[str, object] = {name: getattr(held.event, name) for name in ATTRIBUTES}
        row |= {"consumer": self._consumer, "waiting": held.waiting, "reason": held.reason, "attempts": held.attempts}
        row |= {"first_time": held.first_time, "last_time": held.last_time}
        upsert(self._connection, _HELD, [row], ("consumer", "aggregate", "aggregate_seq"))

    def _take(self, event_id: str) -> HeldEvent:
        found = self._select(_HELD.c.event_id == event_id, 1)
        if not found:
            raise NotFound("RESOURCE_NOT_FOUND", "No such event is held.", {"resource": event_id})
        if found[0].waiting != Waiting.FAILED:
            raise PreconditionFailed("EVENT_STATE", "The event waits for earlier ones.", {"cause": found[0].reason})
        self._delete([found[0].event])
        return found[0]

    def _delete(self, events: Sequence[Event]) -> None:
        for event in events:
            self._connection.execute(
                _HELD.delete().where(
                    _HELD.c.consumer == self._consumer,
                    _HELD.c.aggregate == event.aggregate,
                    _HELD.c.aggregate_seq == event.aggregate_seq,
                )
            )

    def _positions(self, aggregates: Sequence[str]) -> dict[str, int]:
        last: dict[str, int] = {}
        for some in chunks(aggregates):
            statement = sa.select(_POSITION.c.aggregate, _POSITION.c.last_seq).where(
                _POSITION.c.consumer == self._consumer, _POSITION.c.aggregate.in_(some)
            )
            last.update((row.aggregate, row.last_seq) for row in self._connection.execute(statement))
        return last

    def _held(self, aggregates: Sequence[str]) -> dict[tuple[str, int], HeldEvent]:
        if self._connection.execute(sa.select(_HELD.c.event_id).limit(1)).first() is None:
            return {}  # nearly always
        found = (held for some in chunks(aggregates) for held in self._select(_HELD.c.aggregate.in_(some)))
        return {(held.event.aggregate, held.event.aggregate_seq): held for held in found}

    def _select(self, condition: sa.ColumnElement[bool], limit: int | None = None) -> list[HeldEvent]:
        statement = sa.select(_HELD).where(_HELD.c.consumer == self._consumer, condition)
        rows = self._connection.execute(statement.order_by(_HELD.c.event_id).limit(limit)).mappings()
        return [_held_event(row) for row in rows]


def _followers(event: Event, held: Mapping[tuple[str, int], HeldEvent]) -> list[Event]:
    """Give the parked events that come directly after an event."""
    followers: list[Event] = []
    while True:
        following = held.get((event.aggregate, event.aggregate_seq + 1))
        if following is None or following.waiting != Waiting.GAP:
            return followers
        event = following.event
        followers.append(event)


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


def _reason(error: Exception) -> str:
    # The text of an unforeseen error may hold personal data; that of a DomainError never does.
    return f"{type(error).__name__}: {error}" if isinstance(error, DomainError) else type(error).__name__
