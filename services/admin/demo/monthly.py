"""A city's files divided by the month whose payment can heed them, so that it is lived through in its own order."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from services.admin.sample.calendar import SWEEP_DAY, Period
from services.common.months import format_month, month_of, parse_date


@dataclass(frozen=True, slots=True)
class Files:
    """What became known, or was paid, in one month; a file is missing when it would be empty."""

    evidence: Path
    notices: Path
    draws: Path


@dataclass(frozen=True, slots=True)
class Divided:
    """A city's files by month."""

    before: Files
    """Of the time before the first month."""
    months: tuple[Files, ...]
    after: Files
    """What was received after the last month's payment."""


def divide(city: Path, period: Period) -> Divided:
    """Write evidence.csv, notices.csv and draws.csv again, month by month, line by line."""
    folders = [city / format_month(month) for month in range(period.first - 1, period.last + 2)]
    files = [Files(folder / "evidence.csv", folder / "notices.csv", folder / "draws.csv") for folder in folders]
    for folder in folders:
        folder.mkdir(exist_ok=True)
    for name, column, heeds in (("evidence", 5, True), ("notices", 2, True), ("draws", 7, False)):
        _divide(city / f"{name}.csv", [getattr(each, name) for each in files], column, heeds, period)
    return Divided(files[0], tuple(files[1:-1]), files[-1])


def _divide(source: Path, parts: list[Path], column: int, heeds: bool, period: Period) -> None:
    """Send each line to the part of its date; `heeds`: what comes after a sweep's day belongs to the next month."""
    with contextlib.ExitStack() as stack, source.open(encoding="utf-8", newline="") as lines:
        header = next(lines)
        opened: dict[int, TextIO] = {}
        for line in lines:
            day = parse_date(line.rstrip("\n").split(",")[column])
            month = month_of(day) + (heeds and day.day > SWEEP_DAY)
            place = min(max(month - period.first + 1, 0), len(parts) - 1)
            if place not in opened:
                opened[place] = stack.enter_context(parts[place].open("w", encoding="utf-8", newline=""))
                opened[place].write(header)
            opened[place].write(line)
