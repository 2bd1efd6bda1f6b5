"""Fixtures that every test folder shares."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.database import new_postgres_url, new_sqlite_url

# Properties are about what holds, never about how fast a busy machine makes up examples.
settings.register_profile("socsec", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("socsec")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of either kind."""
    make: Callable[[], str] = new_postgres_url if request.param == "postgresql" else lambda: new_sqlite_url(tmp_path)
    return make()
