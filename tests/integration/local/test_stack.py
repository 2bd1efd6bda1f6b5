"""The embedded stack with the real broker and the real services."""

import os
import signal
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.common.config import TlsConfig
from services.local.folder import SERVICES
from services.local.readiness import serving
from tests.integration.local.running import RunningStack, alive, eventually
from tests.support.database import postgres_server

PROCESSES = {"nats", *SERVICES}


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[RunningStack]:
    made = RunningStack(tmp_path / "stack")
    yield made
    made.stop(signal.SIGKILL)


async def test_a_stack_starts_serves_refuses_a_second_and_drains(stack: RunningStack) -> None:
    state = stack.start()
    assert set(state["endpoints"]) == set(state["processes"]) == PROCESSES
    for role in ("operator", "reviewer", "auditor", "system"):
        profile = tomllib.loads((stack.folder / "profiles" / f"{role}.toml").read_text())
        assert profile["role"] == role
        for service in SERVICES:
            assert profile["services"][service] == state["endpoints"][service]
            await serving(profile["services"][service], TlsConfig.model_validate(profile["tls"]))

    second = stack.command("up")
    assert second.returncode == 1
    assert f"process {state['supervisor']}" in second.stderr
    assert "ready" in stack.command("status").stdout

    down = stack.command("down")
    assert (down.returncode, down.stderr) == (0, "")
    assert stack.ended() == 0
    assert not any(alive(pid) for pid in state["processes"].values())
    assert stack.command("down").returncode == stack.command("status").returncode == 3


def test_a_killed_stack_leaves_nothing_running_and_starts_again_where_it_was(stack: RunningStack) -> None:
    before = stack.start()
    stack.stop(signal.SIGKILL)
    assert stack.command("status").returncode == 3
    assert eventually(lambda: not any(alive(pid) for pid in before["processes"].values()))
    after = stack.start()
    assert after["endpoints"] == before["endpoints"]
    assert stack.stop(signal.SIGINT) == 0


def test_everything_killed_at_once_starts_again(stack: RunningStack) -> None:
    before = stack.start()
    for pid in (before["supervisor"], *before["processes"].values()):
        os.kill(pid, signal.SIGKILL)
    stack.stop(signal.SIGKILL)
    assert stack.start()["endpoints"] == before["endpoints"]
    assert stack.stop() == 0


def test_a_process_that_dies_is_started_again(stack: RunningStack) -> None:
    before = stack.start()
    for name in PROCESSES:
        os.kill(before["processes"][name], signal.SIGKILL)
        assert eventually(lambda name=name: stack.state()["processes"][name] != before["processes"][name])  # type: ignore[misc]  # bound now
    assert stack.said().count("it is started again") == len(PROCESSES)
    assert stack.stop() == 0


def test_a_folder_keeps_to_its_database(stack: RunningStack) -> None:
    stack.start()
    assert stack.stop() == 0
    other = stack.command("up", ["--database-url", "postgresql://somebody:secret@127.0.0.1/postgres"])
    assert other.returncode == 1
    assert "database_url" in other.stderr
    assert "secret" not in other.stderr


def test_a_database_that_does_not_answer_is_said(tmp_path: Path) -> None:
    stack = RunningStack(tmp_path / "stack")
    refused = stack.command("up", ["--database-url", "postgresql://somebody@127.0.0.1:1/postgres"])
    assert refused.returncode == 1
    assert "PostgreSQL" in refused.stderr


def test_a_service_that_cannot_start_is_said_with_the_end_of_its_log(tmp_path: Path) -> None:
    stack = RunningStack(tmp_path / "stack")
    (stack.folder / "databases").mkdir(parents=True)
    (stack.folder / "databases" / "card.db").write_bytes(b"this is no database" * 100)
    refused = stack.command("up")
    assert refused.returncode == 1
    assert "card ended with exit code" in refused.stderr
    assert "not a database" in refused.stderr


def test_a_stack_stands_on_postgresql(tmp_path: Path) -> None:
    stack = RunningStack(tmp_path / "stack", ["--database-url", postgres_server()])
    try:
        stack.start()
        assert not list((stack.folder / "databases").iterdir())
        assert stack.stop() == 0
    finally:
        stack.stop(signal.SIGKILL)


def test_a_stack_uses_an_existing_broker(stack: RunningStack, tmp_path: Path) -> None:
    url = f"tls://{stack.start()['endpoints']['nats']}"
    other = RunningStack(tmp_path / "other", ["--nats-url", url])
    other.folder.mkdir()
    (stack.folder / "certificates").rename(other.folder / "certificates")  # the broker trusts this authority
    try:
        assert set(other.start()["endpoints"]) == set(SERVICES)
        assert other.stop() == 0
    finally:
        other.stop(signal.SIGKILL)
