"""One embedded stack for all tests of ssctl; each works with people of its own."""

from collections.abc import Iterator

import pytest

from tests.integration.admin.desk import Desk
from tests.integration.local.running import RunningStack


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    stack = RunningStack(tmp_path_factory.mktemp("admin") / "stack")
    stack.start()
    yield Desk(stack)
    stack.stop()
