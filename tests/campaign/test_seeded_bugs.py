"""The campaign's own test: it finds each bug that is put in, and finds nothing without one."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.common.failpoints import NAMES
from services.local.broker import ensure_streams
from tests.campaign.seeded import BUGS
from tests.integration.messaging.broker import TestBroker
from tests.integration.messaging.test_crashes import EVENTS_A_START, Workers
from tests.integration.messaging.worker import AGGREGATES

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(300)]

_CONSUMED_SECONDS = 12.0
"""Longer than the broker waits for an acknowledgement after a crash."""


class SeededWorkers(Workers):
    """The crash tests' workers, with a bug in each."""

    def __init__(self, folder: Path, broker: TestBroker, bug: str) -> None:
        super().__init__(folder, broker, "sqlite")
        self._bug = bug

    async def start(self, role: str, number: int, failpoint: str = "") -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.campaign.seeded",
            self._bug,
            role,
            self._settings,
            str(number),
            env=os.environ | ({"SOCSEC_FAILPOINT": failpoint} if failpoint else {}),
            stdout=asyncio.subprocess.PIPE,
        )

    async def consume(self, failpoint: str = "") -> None:
        """Consume for long enough, whether or not as much comes as was acknowledged."""
        process = await self.start("consumer", 10**6, failpoint)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _CONSUMED_SECONDS)
        if process.returncode is None:
            process.kill()
        await self.finish(process)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[TestBroker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    made = TestBroker(folder)
    made.start()
    asyncio.run(ensure_streams(made.config("nats-admin")))
    yield made
    made.kill()


async def _campaign(workers: SeededWorkers) -> None:
    for place in ("relay.before_publish", "relay.before_mark", "relay.after_mark"):
        await workers.run("producer", EVENTS_A_START, place)
    await workers.run("producer", AGGREGATES + EVENTS_A_START)
    for place in sorted(name for name in NAMES if name.startswith("consumer.")):
        await workers.consume(place)
        await workers.run("producer", EVENTS_A_START)
    await workers.consume()
    await workers.check()


async def test_nothing_is_found_where_no_bug_is(tmp_path: Path, broker: TestBroker) -> None:
    await _campaign(await asyncio.to_thread(SeededWorkers, tmp_path, broker, ""))


@pytest.mark.parametrize("bug", sorted(BUGS))
async def test_a_seeded_bug_is_found(tmp_path: Path, broker: TestBroker, bug: str) -> None:
    workers = await asyncio.to_thread(SeededWorkers, tmp_path, broker, bug)
    with pytest.raises(AssertionError):
        await _campaign(workers)
