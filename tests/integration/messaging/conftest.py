"""A broker with its streams, for every test here."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.local.broker import ensure_streams
from tests.integration.messaging.broker import TestBroker


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[TestBroker]:
    """A running broker whose streams exist."""
    running = TestBroker(tmp_path / "broker")
    running.start()
    try:
        await ensure_streams(running.config("nats-admin"))
        yield running
    finally:
        running.kill()
