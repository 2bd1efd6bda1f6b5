"""The inbox: each event takes effect once, in the order of its aggregate, whatever the broker repeats or reorders.

The position of an aggregate and the effect of its event are written in one transaction. An event is applied when it is
the next of its aggregate; an earlier one is a repetition; a later one is parked until those before it have come. An
event that cannot be applied is quarantined and holds up its aggregate, never the others.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from opentelemetry import metrics

from services.common.cloud_event import Event
from services.common.errors import DomainError, NotFound, PreconditionFailed, Unavailable
from services.common.group import savepoint
from services.common.inbox_store import METADATA, HeldEvent, InboxStore, Waiting

__all__ = ["METADATA", "Apply", "HeldEvent", "Inbox", "Waiting"]

log = logging.getLogger(__name__)

_METER = metrics.get_meter("socsec")
_EVENTS = _METER.create_counter("socsec.inbox.events", description="Events received, by what became of them.")
_HELD = _METER.create_gauge("socsec.inbox.held", description="Events that are not applied yet, by why they wait.")

Apply = Callable[[Sequence[Event]], None]
"""Writes the effects of events in the same transaction; raises when one cannot be applied."""


class Inbox:
    """What one consumer has applied; use it inside the transaction that writes the effects."""

    def __init__(self, connection: sa.Connection, consumer: str, apply: Apply) -> None:
        self._connection = connection
        self._store = InboxStore(connection, consumer)
        self._apply = apply

    def receive(self, events: Sequence[Event], now: datetime) -> list[Event]:
        """Apply the events that are due, in order, and give them.

        Repetitions are left out, later events are parked, and parked ones whose turn has come are applied too. When one
        of them fails it is quarantined and the others are applied without it; only a database error is raised.
        """
        aggregates = list({event.aggregate for event in events})
        last = self._store.positions(aggregates)
        held = self._store.held(aggregates)
        due: list[Event] = []
        for event in events:
            position = last.get(event.aggregate, 0)
            if event.aggregate_seq <= position or (event.aggregate, event.aggregate_seq) in held:
                continue
            if event.aggregate_seq > position + 1:
                held[event.aggregate, event.aggregate_seq] = self._park(event, position + 1, now)
                continue
            followers = _followers(event, held)
            self._store.delete(followers)
            due.extend((event, *followers))
            last[event.aggregate] = due[-1].aggregate_seq
        return self._run(due, now) if due else []

    def list_held(self, limit: int, after: str = "") -> list[HeldEvent]:
        """Give held events in the order of their ids, which is that of their making, after an id."""
        return self._store.after_id(after, limit)

    def measure(self) -> None:
        """Tell how many events are held."""
        for waiting, count in self._store.counts().items():
            _HELD.set(count, {"waiting": waiting.value})

    def retry(self, event_id: str, now: datetime) -> HeldEvent:
        """Apply a quarantined event, and those that waited for it; give it, with an empty reason when that succeeded.

        Raises NotFound, or PreconditionFailed for an event that only waits for earlier ones.
        """
        taken = self._take(event_id)
        error = self._failure([taken.event])
        if error is not None:
            still = replace(taken, reason=_reason(error), attempts=taken.attempts + 1, last_time=now)
            self._store.hold(still)
            return still
        self._release_followers(taken.event, now)
        return replace(taken, reason="", attempts=taken.attempts + 1, last_time=now)

    def discard(self, event_id: str, now: datetime) -> HeldEvent:
        """Give a quarantined event up and apply those that waited for it; give what it was.

        Raises NotFound, or PreconditionFailed for an event that only waits for earlier ones.
        """
        taken = self._take(event_id)
        self._store.advance([taken.event])
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
                _EVENTS.add(1, {"outcome": "quarantined"})
                self._store.hold(HeldEvent(event, Waiting.FAILED, _reason(error), 1, now, now))
                blocked[event.aggregate] = event.aggregate_seq
        return applied

    def _failure(self, due: Sequence[Event]) -> Exception | None:
        """Apply events in a savepoint; give the error that undid it."""
        try:
            with savepoint(self._connection):
                self._apply(due)
                self._store.advance(due)
            _EVENTS.add(len(due), {"outcome": "applied"})
        except (sa.exc.OperationalError, sa.exc.InterfaceError, Unavailable):
            raise  # the database's fault, not the event's
        except Exception as error:  # noqa: BLE001  whatever an event provokes must not stop the others
            return error
        return None

    def _release_followers(self, event: Event, now: datetime) -> None:
        followers = _followers(event, self._store.held([event.aggregate]))
        self._store.delete(followers)
        if followers:
            self._run(followers, now)

    def _park(self, event: Event, missing_seq: int, now: datetime) -> HeldEvent:
        reason = f"It has number {event.aggregate_seq}, and number {missing_seq} is not applied yet."
        log.warning("inbox.gap", extra={"type": event.type, "event_id": event.event_id})
        _EVENTS.add(1, {"outcome": "parked"})
        held = HeldEvent(event, Waiting.GAP, reason, 0, now, now)
        self._store.hold(held)
        return held

    def _take(self, event_id: str) -> HeldEvent:
        found = self._store.by_id(event_id)
        if found is None:
            raise NotFound("RESOURCE_NOT_FOUND", "No such event is held.", {"resource": "event_id"})
        if found.waiting != Waiting.FAILED:
            raise PreconditionFailed("EVENT_STATE", "The event waits for earlier ones.", {"cause": found.reason})
        self._store.delete([found.event])
        return found


def _followers(event: Event, held: Mapping[tuple[str, int], HeldEvent]) -> list[Event]:
    """Give the parked events that come directly after an event."""
    followers: list[Event] = []
    while True:
        following = held.get((event.aggregate, event.aggregate_seq + 1))
        if following is None or following.waiting != Waiting.GAP:
            return followers
        event = following.event
        followers.append(event)


def _reason(error: Exception) -> str:
    # The text of an unforeseen error may hold personal data; that of a DomainError never does.
    return f"{type(error).__name__}: {error}" if isinstance(error, DomainError) else type(error).__name__
