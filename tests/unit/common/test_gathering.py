"""Work of many calls that is done in runs."""

import asyncio
from collections.abc import Sequence

import pytest

from services.common.gathering import Gathering


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.common.gathering._SECONDS", 60)  # however busy the machine is


class Runs:
    """Notes what was run together."""

    def __init__(self, most: int = 256) -> None:
        self.runs: list[list[int]] = []
        self.gathering = Gathering(self._run, most, "tested")

    async def _run(self, jobs: Sequence[int]) -> None:
        self.runs.append(list(jobs))
        await asyncio.sleep(0)


async def test_jobs_that_come_within_a_moment_run_together_in_their_order() -> None:
    runs = Runs()
    for job in range(5):
        runs.gathering.add(job)
        await asyncio.sleep(0)
    await runs.gathering.close()
    assert runs.runs == [[0, 1, 2, 3, 4]]


async def test_a_run_is_bounded() -> None:
    runs = Runs(most=3)
    for job in range(7):
        runs.gathering.add(job)
    await runs.gathering.close()
    assert runs.runs == [[0, 1, 2], [3, 4, 5], [6]]


async def test_a_lone_job_waits_for_some_turns_of_the_loop_and_no_time() -> None:
    runs, turns = Runs(), 0
    runs.gathering.add(1)
    while not runs.runs:
        await asyncio.sleep(0)
        turns += 1
    assert turns <= 15


async def test_what_comes_while_a_run_goes_on_is_the_next_run() -> None:
    runs = Runs(most=2)
    runs.gathering.add(0)
    runs.gathering.add(1)
    await asyncio.sleep(0)  # it begins at once, as it is full
    assert runs.runs == [[0, 1]]
    runs.gathering.add(2)
    runs.gathering.add(3)
    await runs.gathering.close()
    assert runs.runs == [[0, 1], [2, 3]]


async def test_closing_with_nothing_to_do_ends() -> None:
    await Runs().gathering.close()
