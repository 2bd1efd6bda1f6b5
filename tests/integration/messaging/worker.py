"""Processes for crash tests: `python -m tests.integration.messaging.worker producer|consumer SETTINGS`.

The producer stores events and relays them; the consumer applies them. Both end with 0 when there is nothing left to do,
unless a failpoint kills them before.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import sqlalchemy as sa

from services.common import inbox, outbox
from services.common.clock import system_clock
from services.common.cloud_event import Event
from services.common.config import NatsConfig
from services.common.database import Database
from services.common.inbox import Inbox
from services.common.messaging import Messaging
from services.common.outbox import Relay
from services.common.subscription import Subscription
from tests.integration.messaging.connections import running
from tests.integration.messaging.events import draw_event
from tests.integration.messaging.waiting import until

EFFECTS = sa.MetaData()
EFFECT = sa.Table("effect", EFFECTS, sa.Column("pos", sa.Integer, primary_key=True), sa.Column("label", sa.String))
STREAM = "SOCSEC_ELIGIBILITY"
AGGREGATES = 7


class Settings(TypedDict):
    """Connection and database by role."""

    nats: dict[str, dict[str, object]]
    database_url: dict[str, str]


async def produce(database: Database, messaging: Messaging, count: int) -> None:
    """Store `count` more events, tell each that is stored, and publish everything."""

    def store(connection: sa.Connection) -> int:
        position = connection.execute(sa.select(sa.func.count()).select_from(outbox.EventOutbox)).scalar_one()
        outbox.append(connection, [draw_event(f"draws/{position % AGGREGATES}", position // AGGREGATES + 1)])
        return int(position)

    for _ in range(count):
        position = await database.write(store)
        sys.stdout.write(f"{position}\n")
        sys.stdout.flush()

    async def all_published() -> bool:
        return await database.read(outbox.unpublished_count) == 0

    async with running(Relay(database, messaging, system_clock).run()):
        await until(all_published, 60)
        await asyncio.sleep(0.2)  # time for the relay to come to the failpoint after its mark, which we have just seen


async def consume(database: Database, messaging: Messaging, total: int) -> None:
    """Apply events until there are `total` effects."""

    async def handle(events: Sequence[Event]) -> None:
        def work(connection: sa.Connection) -> None:
            def apply(due: Sequence[Event]) -> None:
                rows = [{"label": f"{event.aggregate}#{event.aggregate_seq}"} for event in due]
                connection.execute(EFFECT.insert(), rows)

            Inbox(connection, "fund_audit", apply).receive(events, system_clock())

        await database.write(work)

    async def all_applied() -> bool:
        count = sa.select(sa.func.count()).select_from(EFFECT)
        return await database.read(lambda c: int(c.execute(count).scalar_one())) >= total

    async with running(Subscription(messaging, STREAM, "fund_audit", handle).run()):
        await until(all_applied, 60)
        await asyncio.sleep(0.2)  # time for the acknowledgements, whose failpoints come last


async def main(role: str, settings: Settings, number: int) -> None:
    """Do one role's work."""
    nats = NatsConfig.model_validate(settings["nats"][role])
    database = Database(settings["database_url"][role])
    await database.start()
    for metadata in (outbox.METADATA, inbox.METADATA, EFFECTS):
        await database.write(metadata.create_all)
    messaging = Messaging(nats, "eligibility" if role == "producer" else "fund_audit", [STREAM])
    async with running(messaging.run()):
        await (produce if role == "producer" else consume)(database, messaging, number)
    await database.close()


if __name__ == "__main__":
    _role, _settings, _number = sys.argv[1:]
    asyncio.run(main(_role, json.loads(Path(_settings).read_text()), int(_number)))
