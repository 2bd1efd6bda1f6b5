"""How things are timed: variants take turns, medians count, the server's CPU is read from its own accounting."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured. The short one only shows that every row can be produced."""

    rounds: int
    slot_seconds: float
    """How long one variant's turn lasts in one round."""
    batches: int
    """Batches of `batch_size` records in one turn of a bulk variant."""
    batch_size: int
    draws: int
    """Draws in one turn of the streaming rules."""
    watch_seconds: float
    watch_rate: int
    """Events a second while watches are timed."""
    book_people: int
    """People in one batch of the rule book."""
    survey_people: int
    """People of a survey."""
    batch_people: int
    """People in the file of a batch."""
    sweep_people: int
    """People of a sweep in the service."""
    list_people: int
    """Pensions of a payment list."""


FULL = Scale(7, 0.6, 10, 1_000, 10_000, 6.0, 2_000, 200_000, 2_500_000, 10_000_000, 200_000, 50_000)
QUICK = Scale(1, 0.05, 1, 100, 200, 0.2, 500, 5_000, 2_000, 2_000, 2_000, 200)


@dataclass(frozen=True, slots=True)
class Sample:
    """One turn."""

    per_second: float
    cpu_us: float
    """Server CPU a call, in microseconds, all threads, kernel included."""


class CpuClock:
    """CPU seconds of one process."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)

    def seconds(self) -> float:
        """Give what it has used so far."""
        times = self._process.cpu_times()
        return float(times.user + times.system)


def memory_mib(pid: int, name: str) -> float:
    """Give a figure of a process's memory: VmRSS is what it has, VmHWM the most that it has had."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) / 1024


Send = Callable[[bytes], Awaitable[bytes]]


async def load(
    send: Send, requests: Iterator[bytes], in_flight: int, seconds: float, cpu: CpuClock
) -> tuple[Sample, list[bytes]]:
    """Keep so many calls in flight for a while, or until there are no more requests; give the replies too."""
    replies: list[bytes] = []
    end = time.perf_counter() + seconds

    async def caller() -> None:
        for request in requests:
            replies.append(await send(request))
            if time.perf_counter() >= end:
                return

    cpu_before, started = cpu.seconds(), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(caller())
    took, cpu_used = time.perf_counter() - started, cpu.seconds() - cpu_before
    if not replies:
        raise RuntimeError("There was nothing to send: the run prepared too few requests.")
    return Sample(len(replies) / took, cpu_used / len(replies) * 1e6), replies


def median_of(samples: Sequence[Sample]) -> Sample:
    """Give the medians of both figures."""
    return Sample(
        statistics.median(sample.per_second for sample in samples),
        statistics.median(sample.cpu_us for sample in samples),
    )


def paired_ratio(values: Sequence[float], baselines: Sequence[float]) -> float:
    """Give the median of the ratios of each round: what slows a round down slows both its turns."""
    return statistics.median(value / baseline for value, baseline in zip(values, baselines, strict=True))
