"""Bugs for the campaign to find: `python -m tests.campaign.seeded BUG ROLE SETTINGS NUMBER`.

Each is put into this process only, in place of what the product does; then the worker of the crash tests runs.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from nats.aio.msg import Msg

from services.common import inbox_store, outbox
from services.common.cloud_event import Event
from services.common.failpoints import failpoint
from services.common.inbox import Inbox
from services.common.outbox import Relay
from services.common.subscription import Subscription
from tests.integration.messaging import worker


def no_inbox_check() -> None:
    """Apply whatever comes."""

    def receive(self: Inbox, events: Sequence[Event], now: datetime) -> list[Event]:
        self._apply(events)
        return list(events)

    Inbox.receive = receive  # type: ignore[method-assign]  # the seeded bug


def position_not_kept() -> None:
    """Check the inbox, but forget to move it on."""

    def advance(self: inbox_store.InboxStore, applied: Sequence[Event]) -> None:
        pass

    inbox_store.InboxStore.advance = advance  # type: ignore[method-assign]  # the seeded bug


def acknowledge_first() -> None:
    """Acknowledge when a message arrives, then apply it."""
    fetch = Subscription._fetch

    async def fetch_and_acknowledge(self: Subscription, inbox: str) -> list[Msg]:
        messages = await fetch(self, inbox)
        await self._acknowledge(messages)
        await self._client.flush()
        return messages

    Subscription._fetch = fetch_and_acknowledge  # type: ignore[method-assign]  # the seeded bug


def mark_before_publish() -> None:
    """Call an event published before the broker has it."""

    async def publish_some(self: Relay) -> int:
        rows = await self._database.read(outbox._unpublished)
        positions = [pos for pos, _ in rows]
        await self._database.write(lambda connection: outbox._mark(connection, positions, self._clock()))
        if rows:
            failpoint("relay.before_publish")
            await self._messaging.publish([event for _, event in rows])
        return len(rows)

    Relay._publish_some = publish_some  # type: ignore[method-assign]  # the seeded bug


def mark_everything() -> None:
    """Mark the whole outbox after a batch, and not what was in it."""

    def mark(connection: sa.Connection, positions: Sequence[int], now: datetime) -> None:
        connection.execute(outbox._TABLE.update().values(publish_time=now))

    outbox._mark = mark
    outbox._UNPUBLISHED = outbox._UNPUBLISHED.limit(worker.AGGREGATES)


def answer_before_commit() -> None:
    """Tell the caller that it is done, and die before it is."""
    append = outbox.append

    def answer_and_append(connection: sa.Connection, events: Sequence[Event]) -> None:
        append(connection, events)
        position = connection.execute(sa.select(sa.func.count()).select_from(outbox.EventOutbox)).scalar_one() - 1
        if position == worker.AGGREGATES and os.environ.get("SOCSEC_FAILPOINT"):
            os.write(1, f"{position}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    outbox.append = answer_and_append


def only_newest_applied() -> None:
    """Apply the newest event of each aggregate in a batch, and call those before it seen."""

    def receive(self: Inbox, events: Sequence[Event], now: datetime) -> list[Event]:
        newest = {event.aggregate: event for event in events}
        self._apply(list(newest.values()))
        self._store.advance(list(newest.values()))
        return list(newest.values())

    Inbox.receive = receive  # type: ignore[method-assign]  # the seeded bug


BUGS: dict[str, Callable[[], None]] = {
    bug.__name__: bug
    for bug in (
        no_inbox_check,
        position_not_kept,
        acknowledge_first,
        mark_before_publish,
        mark_everything,
        answer_before_commit,
        only_newest_applied,
    )
}

if __name__ == "__main__":
    _bug, _role, _settings, _number = sys.argv[1:]
    if _bug:
        BUGS[_bug]()
    asyncio.run(worker.main(_role, json.loads(Path(_settings).read_text()), int(_number)))
