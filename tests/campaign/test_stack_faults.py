"""The embedded stack with its processes killed at named places and at random, and with a broker that hangs."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from services.common.failpoints import NAMES
from services.local.folder import SERVICES, Folder
from services.local.readiness import serving
from tests.campaign.workload import Workload
from tests.integration.local.running import RunningStack, alive
from tests.support.database import postgres_server

ROUNDS = int(os.environ.get("SOCSEC_CAMPAIGN_ROUNDS", "5"))
"""Random kills a database."""
PEOPLE = 10
RECOVERY_SECONDS = 10.0
_KILLS_A_START = 4
"""The supervisor gives up after more deaths than five in a minute; a new start counts anew."""
_FROZEN_SECONDS = 10.0
_LATER = ":30"
"""Every service commits while it starts: it is to die at work."""
_PLACES = sorted(
    f"{name}{_LATER}" if name.startswith("writer.") else name
    for name in NAMES
    if not name.startswith(("batch.", "retirement."))
)
"""Those that a workload passes; a batch over files is a command of its own, a retirement dies in its own test."""

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(600 + 60 * ROUNDS)]


class Site:
    """One stack, what it is asked, and how long its processes take to come back."""

    def __init__(self, root: Path, kind: str) -> None:
        root.mkdir()
        self.folder = Folder(root)
        self.settings = self.folder.settle(postgres_server() if kind == "postgresql" else "", "")
        self.stack = RunningStack(root)
        self.recoveries: list[float] = []
        self._down: set[str] = set()

    def start(self, environment: dict[str, str] | None = None) -> None:
        """Start it; its ports stay."""
        self.stack.start(environment)

    def workload(self) -> Workload:
        return Workload(self.folder, self.settings)

    def kill(self, name: str) -> None:
        os.kill(self.stack.state()["processes"][name], signal.SIGKILL)

    @asynccontextmanager
    async def timed(self) -> AsyncIterator[None]:
        """Note the time from each service's death to its first answer."""
        tls = self.workload().tls
        pids = self.stack.state()["processes"]

        async def follow(service: str) -> None:
            pid = pids[service]
            while True:
                while alive(pid):  # noqa: ASYNC110  a process of another one
                    await asyncio.sleep(0.05)
                died = time.monotonic()
                self._down.add(service)
                while self.stack.state()["processes"][service] == pid:  # noqa: ASYNC110  the same
                    await asyncio.sleep(0.02)
                await serving(f"127.0.0.1:{self.settings.ports[service]}", tls)
                self.recoveries.append(time.monotonic() - died)
                self._down.discard(service)
                pid = self.stack.state()["processes"][service]

        following = [asyncio.create_task(follow(service)) for service in SERVICES]
        try:
            yield
            async with asyncio.timeout(3 * RECOVERY_SECONDS):
                while self._down:  # noqa: ASYNC110  another process starts it
                    await asyncio.sleep(0.05)
        finally:
            for task in following:
                task.cancel()
            await asyncio.gather(*following, return_exceptions=True)

    def verify(self) -> None:
        """The ledger verifies, and everything came back in time."""
        command = [sys.executable, "-m", "services.admin", "ledger", "verify"]
        verified = subprocess.run(
            [*command, "--dir", str(self.folder.root), "--role", "auditor"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert verified.returncode == 0, verified.stderr
        sys.stdout.write(f"recovery, s: {sorted(round(seconds, 1) for seconds in self.recoveries)}\n")
        assert max(self.recoveries, default=0.0) < RECOVERY_SECONDS


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path / "stack", request.param)
    # Each site is a bureau of its own: databases of one server have fixed names.
    if request.param == "postgresql":
        _drop_databases(postgres_server())
    yield made
    made.stack.stop(signal.SIGTERM)


def _drop_databases(server: str) -> None:
    async def drop() -> None:
        connection = await asyncpg.connect(server)
        for service in SERVICES:
            await connection.execute(f'DROP DATABASE IF EXISTS "socsec_{service}" WITH (FORCE)')
        await connection.close()

    asyncio.run(drop())


@pytest.mark.parametrize("place", _PLACES)
async def test_nothing_is_lost_or_doubled_when_each_service_dies_at_a_named_place(site: Site, place: str) -> None:
    await asyncio.to_thread(site.start, {"SOCSEC_FAILPOINT": place})
    work = site.workload()
    async with site.timed():
        await work.run(PEOPLE)
        await work.check()
        await asyncio.sleep(1.0)  # the death at the last place comes after the work is done
        await work.check()
    assert "signal 9" in site.stack.said(), f"nobody died at {place}"
    await asyncio.to_thread(site.verify)


async def test_nothing_is_lost_or_doubled_when_processes_are_killed_at_random(site: Site) -> None:
    choice = random.Random(1)
    work = site.workload()
    for number in range(ROUNDS):
        if number % _KILLS_A_START == 0:
            if number:
                await asyncio.to_thread(site.stack.stop)
            await asyncio.to_thread(site.start)
        async with site.timed():
            running = asyncio.create_task(work.run(PEOPLE))
            await asyncio.sleep(choice.uniform(0.05, 1.5))
            site.kill(choice.choice(["nats", *SERVICES]))
            await running
            await work.check()
    await asyncio.to_thread(site.verify)


async def test_writes_go_on_while_the_broker_hangs_and_the_outbox_drains_afterwards(site: Site) -> None:
    await asyncio.to_thread(site.start)
    work = site.workload()
    broker = site.stack.state()["processes"]["nats"]
    os.kill(broker, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        await work.run(PEOPLE)
        assert time.monotonic() - begun < _FROZEN_SECONDS, "writes waited for the broker"
        await asyncio.sleep(_FROZEN_SECONDS - (time.monotonic() - begun))
    finally:
        os.kill(broker, signal.SIGCONT)
    await work.check()
    await asyncio.to_thread(site.verify)
