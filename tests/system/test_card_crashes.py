"""Card killed at named places under load: nothing acknowledged is lost, nothing is done, numbered or told twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.database import new_postgres_url
from tests.system.bureau import Bureau, running
from tests.system.conftest import BEGIN
from tests.system.crashing import check, die_at, load_of

CLIENTS = 3
PLACES = ("writer.before_commit:30", "writer.after_commit:30", "relay.before_mark:3")
"""Before it is durable, before it is answered, before it is known to be told."""


@pytest.fixture(params=["sqlite", "postgresql"])
def doomed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bureau]:
    url = new_postgres_url() if request.param == "postgresql" else ""
    with running(tmp_path, {"card": url}, BEGIN) as started:
        yield started


async def test_nothing_is_lost_or_doubled_when_card_dies_in_the_midst_of_its_writes(doomed: Bureau) -> None:
    names = ["card"]
    if doomed.database_url.startswith("postgresql"):  # two processes write; one of them dies again and again
        doomed.serve("second")
        names.append("second")
    load = load_of(doomed, *names)
    async with load.going_on(CLIENTS):
        for place in PLACES:
            doomed.kill()
            await die_at(doomed, place)
        doomed.serve()
    assert load.repeated > 0
    await check(doomed, load)
