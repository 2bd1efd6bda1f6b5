"""A bureau for a test: a real broker and real processes of its services, whose clock a test moves."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.common.migrations import migrate
from services.common.rpc.client import connect
from services.local import child
from services.local.broker import ADMIN, ensure_streams, server_binary
from services.local.certificates import Authority
from services.local.folder import Folder, Settings
from services.local.readiness import serving
from tests.integration.card.serving import Clock, Served, client_of, tls_of
from tests.support.commands import Result, ssctl

_REPOSITORY = Path(__file__).parents[2]
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0


class SharedClock(Clock):
    """A clock that runs from a moment on and jumps when told to; the processes read it from a file."""

    def __init__(self, begin: datetime, file: Path) -> None:
        super().__init__(begin)
        self.file = file
        self._offset = begin - datetime.now(UTC)
        self.advance()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def advance(self, **time: float) -> None:
        self._offset += timedelta(**time)
        new = self.file.with_suffix(".new")
        new.write_text(str(self._offset.total_seconds()), "utf-8")
        new.replace(self.file)


@dataclass
class Bureau:
    """What runs, and how it is reached."""

    folder: Path
    files: Folder
    settings: Settings
    database_urls: dict[str, str]
    """By service; only these run."""
    clock: SharedClock
    processes: "dict[str, subprocess.Popen[bytes]]" = field(default_factory=dict)

    @property
    def database_url(self) -> str:
        """Where card keeps its records."""
        return self.database_urls["card"]

    def begin(self, name: str, command: Sequence[str | Path], **environment: str) -> None:
        """Start a process that ends with the test's; what it says goes to its log."""
        line = (sys.executable, "-I", child.__file__, str(os.getpid()), *command)
        with self.files.log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                line, stdout=log, stderr=log, cwd=_REPOSITORY, env=os.environ | environment, start_new_session=True
            )

    def serve(self, name: str = "card", failpoint: str = "", **environment: str) -> None:
        """Start a service; "second" is another process of card on the same database, with a port of its own."""
        service = "card" if name == "second" else name
        environment |= {
            "SOCSEC_CLOCK_FILE": str(self.clock.file),
            "SOCSEC_DATABASE_URL": self.database_urls[service],
            "SOCSEC_LISTEN": self.address(name),
        }
        if failpoint:
            environment["SOCSEC_FAILPOINT"] = failpoint
        program = (sys.executable, "-m", "tests.system.turned_process", service)
        self.begin(name, (*program, "serve", "--config", self.files.config(service)), **environment)

    def address(self, name: str = "card") -> str:
        """Where a process listens; the port of a service that is not started here is free for a second card."""
        return f"127.0.0.1:{self.settings.ports['eligibility' if name == 'second' else name]}"

    async def ready(self, name: str = "card") -> None:
        """Return once it serves."""
        async with asyncio.timeout(_START_SECONDS):
            await serving(self.address(name), self.files.nats(self.settings, "ssctl").tls)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Served]:
        """Give clients of every role."""
        authority = Authority(self.folder / "certificates")
        async with AsyncExitStack() as channels:
            channel = connect(self.address(), tls_of(authority.identity("operator", "wang")))
            await channels.enter_async_context(channel)
            yield Served(self.address(), authority, self.clock, client_of(channel), channels)

    def ssctl(self, *words: str | Path, role: str = "operator") -> Result:
        """Run a command of the operator's tool."""
        return ssctl(*map(str, words), "--dir", str(self.folder), "--role", role)

    def kill(self, name: str = "card") -> None:
        """End a process as a power cut does."""
        self.processes[name].kill()
        self.processes[name].wait(_STOP_SECONDS)

    def stop(self) -> None:
        """End what runs, the broker last; the services must end cleanly."""
        codes = {name: self.end(name) for name in reversed(self.processes) if name != "nats"}
        self.end("nats")
        for name, code in codes.items():
            assert code == 0, self.files.log(name).read_text("utf-8")[-4_000:]

    def end(self, name: str) -> int:
        """Ask a process to end, and wait for it."""
        process = self.processes[name]
        process.send_signal(signal.SIGTERM)
        return process.wait(_STOP_SECONDS)


@contextmanager
def running(root: Path, database_urls: Mapping[str, str], begin: datetime) -> Iterator[Bureau]:
    """Run a broker, and services on empty databases, whose day begins at a moment.

    `database_urls` has the services; an empty URL is SQLite in the folder.
    """
    files = Folder(root)
    settings = files.settle("", "")
    files.prepare(settings)
    config = files.config("card")
    config.write_text(f"timer_seconds = 0.1\n{config.read_text('utf-8')}", "utf-8")
    urls = {service: url or files.database_url(service, settings) for service, url in database_urls.items()}
    bureau = Bureau(root, files, settings, urls, SharedClock(begin, root / "clock"))
    for service, url in urls.items():
        migrate(url, f"services.{service}")
    bureau.begin("nats", [server_binary(), "-c", files.broker_configuration])
    try:
        asyncio.run(_with_streams(bureau))
        yield bureau
    finally:
        bureau.stop()


async def _with_streams(bureau: Bureau) -> None:
    async with asyncio.timeout(_START_SECONDS):
        await ensure_streams(bureau.files.nats(bureau.settings, ADMIN))
    for service in bureau.database_urls:
        bureau.serve(service)
    await asyncio.gather(*(bureau.ready(service) for service in bureau.database_urls))
