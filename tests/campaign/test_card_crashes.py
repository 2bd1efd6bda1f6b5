"""Card killed at every place of a write and at random moments, alone and as two processes on one database."""

import asyncio
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.common.failpoints import NAMES
from tests.support.database import new_postgres_url
from tests.system.bureau import Bureau, running
from tests.system.conftest import BEGIN
from tests.system.crashing import check, die_at, load_of

ROUNDS = int(os.environ.get("SOCSEC_CAMPAIGN_ROUNDS", "5"))
"""Random kills a database."""
CLIENTS = 6
PLACES = sorted(name for name in NAMES if name.startswith(("writer.", "relay.")))

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(600 + 60 * ROUNDS)]


@pytest.fixture(params=["sqlite", "postgresql"])
def doomed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bureau]:
    url = new_postgres_url() if request.param == "postgresql" else ""
    with running(tmp_path, {"card": url}, BEGIN) as started:
        yield started


def processes(bureau: Bureau) -> list[str]:
    """Give the processes that serve: two where the database lets two write."""
    if bureau.database_url.startswith("sqlite"):
        return ["card"]
    bureau.serve("second")
    return ["card", "second"]


async def test_nothing_is_lost_or_doubled_when_card_dies_at_every_place_of_a_write(doomed: Bureau) -> None:
    load = load_of(doomed, *processes(doomed))
    async with load.going_on(CLIENTS):
        for number, place in enumerate(PLACES):
            doomed.kill()
            await die_at(doomed, f"{place}:{30 if place.startswith('writer.') else 1 + number}")
        doomed.serve()
    await check(doomed, load)


async def test_nothing_is_lost_or_doubled_when_processes_of_card_die_at_random(doomed: Bureau) -> None:
    choice = random.Random(1)
    names = processes(doomed)
    load = load_of(doomed, *names)
    async with load.going_on(CLIENTS):
        for _ in range(ROUNDS):
            name = choice.choice(names)
            await doomed.ready(name)
            await asyncio.sleep(choice.uniform(0.0, 2.0))
            doomed.kill(name)
            doomed.serve(name)
    await check(doomed, load)
