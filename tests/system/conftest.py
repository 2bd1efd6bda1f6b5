"""One card centre for all stories; each is told with people of its own, and time only goes on."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest

from tests.integration.card.serving import Served
from tests.support.database import new_postgres_url
from tests.system.bureau import Bureau, running

BEGIN = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
"""Nine o'clock on a Tuesday in Qingdao."""


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def bureau(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    url = new_postgres_url() if request.param == "postgresql" else ""
    with running(tmp_path_factory.mktemp("bureau"), {"card": url}, BEGIN) as started:
        yield started


@pytest.fixture
async def city(bureau: Bureau) -> AsyncIterator[Served]:
    async with bureau.open() as served:
        yield served
