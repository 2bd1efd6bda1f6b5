"""One embedded stack for all tests of ssctl; each works with people of its own."""

from collections.abc import Iterator

import pytest

from tests.integration.admin.desk import Desk
from tests.integration.local.running import RunningStack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    running = RunningStack(tmp_path_factory.mktemp("admin") / "stack")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def desk(stack: RunningStack) -> Desk:
    return Desk(stack.folder)
