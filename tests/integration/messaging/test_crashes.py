"""Outbox, broker and inbox with every process killed at every named place: nothing lost, nothing twice."""

import asyncio
import json
import os
import sys
from collections import defaultdict
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.common.database import Database
from services.common.failpoints import NAMES
from tests.integration.messaging.broker import TestBroker
from tests.integration.messaging.worker import AGGREGATES, EFFECT
from tests.support.database import new_postgres_url, new_sqlite_url

EVENTS_A_START = 40


class Workers:
    """Starts producer and consumer on one set of databases."""

    def __init__(self, folder: Path, broker: TestBroker, kind: str) -> None:
        self.acknowledged: list[int] = []
        self._settings = folder / "worker.json"
        self.urls = {
            role: new_postgres_url() if kind == "postgresql" else new_sqlite_url(folder)
            for role in ("producer", "consumer")
        }
        nats = {
            "producer": broker.config("eligibility").model_dump(mode="json"),
            "consumer": broker.config("fund_audit").model_dump(mode="json"),
        }
        self._settings.write_text(json.dumps({"nats": nats, "database_url": self.urls}))

    async def start(self, role: str, number: int, failpoint: str = "") -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.integration.messaging.worker",
            role,
            self._settings,
            str(number),
            env=os.environ | ({"SOCSEC_FAILPOINT": failpoint} if failpoint else {}),
            stdout=asyncio.subprocess.PIPE,
        )

    async def finish(self, process: asyncio.subprocess.Process) -> int:
        """Wait for its end; note what it acknowledged; give its exit code."""
        async with asyncio.timeout(60):
            said, _ = await process.communicate()
        self.acknowledged += [int(line) for line in said.split()]
        return process.returncode or 0

    async def run(self, role: str, number: int, failpoint: str = "") -> int:
        return await self.finish(await self.start(role, number, failpoint))

    async def check(self) -> None:
        """Everything acknowledged has its effect, once, each aggregate in order."""
        database = Database(self.urls["consumer"])
        effects = await database.read(
            lambda c: list(c.execute(sa.select(EFFECT.c.label).order_by(EFFECT.c.pos)).scalars())
        )
        await database.close()
        seen: dict[str, list[int]] = defaultdict(list)
        for label in effects:
            aggregate, _, seq = label.partition("#")
            seen[aggregate].append(int(seq))
        assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in seen.values())
        assert len(effects) == len(set(effects)) >= len(self.acknowledged)
        acknowledged = {f"draws/{position % AGGREGATES}#{position // AGGREGATES + 1}" for position in self.acknowledged}
        assert acknowledged <= set(effects)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_no_event_is_lost_or_applied_twice_when_processes_die_at_every_place(
    tmp_path: Path, broker: TestBroker, kind: str
) -> None:
    workers = await asyncio.to_thread(Workers, tmp_path, broker, kind)
    for place in sorted(name for name in NAMES if name.startswith("relay.")):
        assert await workers.run("producer", EVENTS_A_START, place) == -9, place
    assert await workers.run("producer", EVENTS_A_START) == 0
    for place in sorted(name for name in NAMES if name.startswith("consumer.")):
        assert await workers.run("consumer", 10**6, place) == -9, place
        assert await workers.run("producer", EVENTS_A_START) == 0
    assert await workers.run("consumer", len(workers.acknowledged)) == 0
    await workers.check()


async def test_no_event_is_lost_or_applied_twice_when_the_broker_dies_again_and_again(
    tmp_path: Path, broker: TestBroker
) -> None:
    workers = Workers(tmp_path, broker, "sqlite")
    consumer = await workers.start("consumer", 2000)
    producer = await workers.start("producer", 2000)
    for _ in range(5):
        await asyncio.sleep(0.7)
        broker.kill()
        await asyncio.sleep(0.2)
        broker.start()
    assert await workers.finish(producer) == 0
    assert await workers.finish(consumer) == 0
    assert len(workers.acknowledged) == 2000
    await workers.check()
