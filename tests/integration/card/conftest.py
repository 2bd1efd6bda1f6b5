"""Card on a migrated database of either kind: as a store, and served."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.common.database import Database
from services.common.outbox import EventOutbox
from tests.integration.card.serving import Served, served
from tests.support.database import new_migrated_url

OUTBOX: sa.Table = EventOutbox.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass


@pytest.fixture
def migrated_url(database_kind: str, tmp_path: Path) -> str:
    return new_migrated_url(database_kind, "card", tmp_path)


@pytest.fixture
def postgresql(tmp_path: Path) -> str:
    """The database where one process waits for another's rows."""
    return new_migrated_url("postgresql", "card", tmp_path)


@pytest.fixture
async def service(migrated_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(migrated_url, tmp_path) as running:
        yield running
    await check_that_no_event_is_missing(migrated_url)


async def check_that_no_event_is_missing(url: str) -> None:
    """Whoever follows a resource waits for the event of a version that is missing, and holds back those after it."""
    counted = sa.select(OUTBOX.c.aggregate, sa.func.max(OUTBOX.c.aggregate_seq), sa.func.count())
    database = Database(url)
    rows = await database.read(lambda connection: connection.execute(counted.group_by(OUTBOX.c.aggregate)).all())
    await database.close()
    assert [tuple(row) for row in rows if row[1] != row[2]] == []
