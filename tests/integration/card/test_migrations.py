"""The migrations lead to the schema that the store expects."""

import asyncio

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from services.card import store
from services.common import idempotency, lease, outbox
from services.common.migrations import migrate

EVERY_TABLE = [store.METADATA, idempotency.METADATA, lease.METADATA, outbox.METADATA]


def test_the_migrated_schema_is_that_of_the_tables(database_url: str) -> None:
    migrate(database_url, "services.card")
    migrate(database_url, "services.card")  # once more changes nothing

    def differences(connection: sa.Connection) -> list[object]:
        context = MigrationContext.configure(connection)
        return list(compare_metadata(context, EVERY_TABLE))  # type: ignore[arg-type]  # it takes several

    if database_url.startswith("sqlite"):
        engine = sa.create_engine(database_url)
        with engine.connect() as connection:
            assert differences(connection) == []
        engine.dispose()
        return

    async def look() -> list[object]:
        engine = create_async_engine(database_url)
        async with engine.connect() as connection:
            found = await connection.run_sync(differences)
        await engine.dispose()
        return found

    assert asyncio.run(look()) == []
