"""Eligibility on a migrated database of either kind: as a store, and served."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.common.migrations import migrate
from tests.integration.eligibility.serving import Served, served


@pytest.fixture
def migrated_url(database_url: str) -> str:
    migrate(database_url, "services.eligibility")
    return database_url


@pytest.fixture
async def service(migrated_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(migrated_url, tmp_path) as running:
        yield running
