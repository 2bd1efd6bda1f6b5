"""The three services, each on both kinds of database, shared by the tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.support.database import new_postgres_url, new_sqlite_url
from tests.support.hosting import SERVICES, Hosted, hosting


@pytest.fixture(scope="module", params=SERVICES)
def hosted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    """A service on SQLite."""
    folder = tmp_path_factory.mktemp(request.param)
    with hosting(request.param, new_sqlite_url(folder), folder) as running:
        yield running


@pytest.fixture(scope="module", params=SERVICES)
def hosted_on_postgresql(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    """A service on PostgreSQL, the stricter of the two about texts and numbers."""
    with hosting(request.param, new_postgres_url(), tmp_path_factory.mktemp(request.param)) as running:
        yield running
