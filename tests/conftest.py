"""Fixtures that every test folder shares."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.database import new_postgres_url, new_sqlite_url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of either kind."""
    make: Callable[[], str] = new_postgres_url if request.param == "postgresql" else lambda: new_sqlite_url(tmp_path)
    return make()
