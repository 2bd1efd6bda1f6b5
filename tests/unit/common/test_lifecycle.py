"""A process from start to drain."""

import asyncio
import os
import signal

import pytest

from services.common import lifecycle
from services.common.errors import Unavailable
from services.common.lifecycle import Process, every


async def test_parts_stop_in_the_reverse_order_after_draining_was_said() -> None:
    stopped: list[str] = []
    async with Process() as process:
        for name in ("database", "messaging", "server"):

            async def stop(part: str = name) -> None:
                assert process.draining.is_set()
                stopped.append(part)

            process.on_stop(name, stop)
    assert stopped == ["server", "messaging", "database"]
    assert not process.failed


async def test_a_part_that_cannot_stop_does_not_keep_the_others_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "STOP_SECONDS", 0.05)
    stopped: list[str] = []

    async def stop() -> None:
        stopped.append("database")

    async def hang() -> None:
        await asyncio.sleep(60)

    async def fail() -> None:
        raise OSError("no")

    async with Process() as process:
        process.on_stop("database", stop)
        process.on_stop("hanging", hang)
        process.on_stop("failing", fail)
    assert stopped == ["database"]
    assert process.failed


async def test_a_background_part_that_breaks_ends_the_process_with_an_error() -> None:
    async def work() -> None:
        raise RuntimeError("broke")

    async with asyncio.timeout(5), Process() as process:
        process.spawn("relay", work())
        await process.until_signalled()
    assert process.failed


async def test_a_signal_drains_and_background_parts_are_cancelled() -> None:
    cancelled = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    async with asyncio.timeout(5), Process() as process:
        process.spawn("relay", work())
        asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGTERM)
        await process.until_signalled()
    assert cancelled.is_set()
    assert not process.failed


async def test_periodic_work_goes_on_after_a_failure() -> None:
    runs: list[int] = []
    enough = asyncio.Event()

    async def work() -> None:
        runs.append(len(runs))
        if len(runs) == 3:
            enough.set()
        if len(runs) == 1:
            raise OSError("once")

    task = asyncio.create_task(every(0.01, work))
    async with asyncio.timeout(5):
        await enough.wait()
    task.cancel()
    assert len(runs) >= 3


async def test_periodic_work_that_waits_for_another_service_says_so_in_one_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    enough = asyncio.Event()

    async def work() -> None:
        if caplog.records:
            enough.set()
        raise Unavailable("DEPENDENCY_UNAVAILABLE", "The card service does not answer.", {"service": "card"})

    task = asyncio.create_task(every(0.01, work))
    async with asyncio.timeout(5):
        await enough.wait()
    task.cancel()
    first = caplog.records[0]
    assert (first.levelname, first.message, first.exc_info) == ("WARNING", "process.periodic_work_waits", None)
