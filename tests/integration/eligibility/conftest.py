"""Eligibility on a migrated database of either kind: as a store, and served."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.common.crypto import KeyFile, Vault
from services.common.database import Database
from services.local.keys import make_field_keys
from tests.integration.eligibility.opened import Opened
from tests.integration.eligibility.serving import Served, served
from tests.support.database import new_migrated_url


@pytest.fixture
def migrated_url(database_kind: str, tmp_path: Path) -> str:
    return new_migrated_url(database_kind, "eligibility", tmp_path)


@pytest.fixture
async def service(migrated_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(migrated_url, tmp_path) as running:
        yield running


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    make_field_keys(tmp_path / "eligibility.keys")
    return Vault(KeyFile.load(tmp_path / "eligibility.keys"))


@pytest.fixture
async def store(migrated_url: str, vault: Vault) -> AsyncIterator[Opened]:
    database = Database(migrated_url)
    await database.start()
    yield Opened(database, vault)
    await database.close()


@pytest.fixture
async def second(migrated_url: str, vault: Vault) -> AsyncIterator[Opened]:
    """The same store as another process has it."""
    database = Database(migrated_url)
    await database.start()
    yield Opened(database, vault)
    await database.close()
