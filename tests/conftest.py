"""Fixtures that every test folder shares."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.database import new_postgres_url, new_sqlite_url

# Properties are about what holds, never about how fast a busy machine makes up examples.
settings.register_profile("socsec", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("socsec")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database_url(database_kind: str, tmp_path: Path) -> str:
    """The URL of an empty database, of either kind."""
    return new_postgres_url() if database_kind == "postgresql" else new_sqlite_url(tmp_path)
