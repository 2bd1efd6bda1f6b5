"""A fund audit on a migrated database of either kind, without network."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.common.cloud_event import Event
from services.common.database import Database
from services.common.filtering import EVERYTHING
from services.common.ids import new_id
from services.common.merkle import Frontier
from services.common.migrations import migrate
from services.fund_audit.consumer import Consumer
from services.fund_audit.domain import LIVE, Case, Finding
from services.fund_audit.service.cases import CaseDesk
from services.fund_audit.service.proofs import LedgerDesk
from services.fund_audit.service.supervision import Supervision
from services.fund_audit.store import FundAuditStore
from tests.integration.fund_audit.event_streams import NOW
from tests.support.database import new_migrated_url, new_postgres_url, new_sqlite_url


@dataclass
class Audit:
    """The service's parts on one database."""

    url: str
    database: Database
    consumer: Consumer
    desk: CaseDesk
    ledger: LedgerDesk

    async def receive(self, *events: Event) -> None:
        await self.consumer.handle(events)

    async def cases(self) -> list[Case]:
        """Give all cases, oldest first."""
        page = await self.database.read(lambda c: self.desk.page(FundAuditStore(c), EVERYTHING, None, 1000))
        return [view.filed.change.case for view in reversed(page.views)]

    async def run(self, *statements: str) -> None:
        """Do what only a database administrator could."""

        def work(connection: sa.Connection) -> None:
            for statement in statements:
                connection.execute(sa.text(statement))

        await self.database.write(work)

    async def rows(self, query: str) -> list[tuple[object, ...]]:
        found = await self.database.read(lambda connection: connection.execute(sa.text(query)).all())
        return [tuple(row) for row in found]


@pytest.fixture
def migrated_url(database_kind: str, tmp_path: Path) -> str:
    return new_migrated_url(database_kind, "fund_audit", tmp_path)


@pytest.fixture
async def audit(migrated_url: str) -> AsyncIterator[Audit]:
    opened = await open_audit(migrated_url)
    yield opened
    await opened.database.close()


async def open_audit(url: str) -> Audit:
    database = Database(url)
    await database.start()
    seconds = itertools.count()

    def clock() -> datetime:
        return NOW + timedelta(seconds=next(seconds))

    consumer = Consumer(database, FundAuditStore, Supervision(clock, new_id), clock)
    return Audit(url, database, consumer, CaseDesk(clock), LedgerDesk())


async def followed(url: str, told: Sequence[Sequence[Event]]) -> tuple[list[Case], bool]:
    """Receive batches; give all cases, and whether the ledger is sound."""
    audit = await open_audit(url)
    for batch in told:
        await audit.receive(*batch)
    cases = await audit.cases()
    _, faults = await audit.database.read(lambda c: audit.ledger.recheck(FundAuditStore(c), Frontier(), 1000))
    await audit.database.close()
    return cases, not faults


def live(cases: Iterable[Case]) -> list[Finding]:
    """Give what the live cases find, in a fixed order."""
    return sorted((case.finding for case in cases if case.state in LIVE), key=lambda f: (f.rule, f.subject.key))


TABLES = (
    "draw",
    "death",
    "certification",
    "representation",
    "alias",
    "audit_case",
    "ledger_entry",
    "ledger_node",
    "consumer_position",
    "held_event",
    "event_outbox",
)


def emptying(url: str) -> Callable[[], str]:
    """Give a function that empties a migrated database and gives its URL: migrating for each example takes too long."""
    migrate(url, "services.fund_audit")

    async def empty() -> None:
        database = Database(url)
        await database.start()

        def work(connection: sa.Connection) -> None:
            for table in TABLES:
                connection.execute(sa.text(f"DELETE FROM {table}"))
            connection.execute(sa.text("UPDATE ledger_head SET size = 0, roots = :none"), {"none": b""})

        await database.write(work)
        await database.close()

    def emptied() -> str:
        asyncio.run(empty())
        return url

    return emptied


@pytest.fixture
def emptied_sqlite_url(tmp_path: Path) -> Callable[[], str]:
    return emptying(new_sqlite_url(tmp_path))


@pytest.fixture
def emptied_postgresql_url() -> Callable[[], str]:
    return emptying(new_postgres_url())
