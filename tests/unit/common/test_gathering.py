"""Work of many calls that is done in runs."""

import asyncio
from collections.abc import Sequence

from services.common.gathering import Gathering


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


async def test_where_few_come_nobody_waits_any_more_and_what_comes_meanwhile_still_runs_together() -> None:
    runs = Runs()
    for job in range(4):
        runs.gathering.add(job)
        await runs.gathering.close()
    runs.gathering.add(4)
    await asyncio.sleep(0)  # it begins, as there is nothing to wait for
    runs.gathering.add(5)
    runs.gathering.add(6)
    await runs.gathering.close()
    assert runs.runs == [[0], [1], [2], [3], [4], [5, 6]]


async def test_it_is_tried_again_after_a_while() -> None:
    runs = Runs()
    for job in range(4 + 256):
        runs.gathering.add(job)
        await runs.gathering.close()
    for job in range(3):
        runs.gathering.add(job)
        await asyncio.sleep(0)
    await runs.gathering.close()
    assert runs.runs[-1] == [0, 1, 2]


async def test_closing_with_nothing_to_do_ends() -> None:
    await Runs().gathering.close()
