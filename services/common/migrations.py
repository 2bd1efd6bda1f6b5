"""Schema migrations by Alembic, from inside each service's package."""

import asyncio
from collections.abc import Callable, Sequence

import sqlalchemy as sa
from alembic import command, context
from alembic.config import Config
from sqlalchemy.ext.asyncio import create_async_engine


def migrate(database_url: str, package: str) -> None:
    """Bring a database to the newest schema of a service package, for example `services.card`."""
    config = Config()
    config.set_main_option("script_location", f"{package}:migrations")
    config.set_main_option("path_separator", "os")

    def upgrade(connection: sa.Connection) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    if database_url.startswith("sqlite"):
        engine = sa.create_engine(database_url)
        with engine.begin() as connection:
            upgrade(connection)
        engine.dispose()
    else:
        asyncio.run(_upgrade_async(database_url, upgrade))


async def _upgrade_async(database_url: str, upgrade: Callable[[sa.Connection], None]) -> None:
    engine = create_async_engine(database_url)
    try:
        async with engine.begin() as connection:
            await connection.execute(sa.text("SET LOCAL lock_timeout = '5s'"))
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()


def run_environment(metadata: Sequence[sa.MetaData]) -> None:
    """Do what an Alembic `env.py` does; every service's `env.py` is one call of this."""
    connection: sa.Connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=list(metadata), render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
