"""`python -m tests.bench.against_openfisca PYTHON`: the book beside OpenFisca, on the same rules and people.

PYTHON is that of an environment of OpenFisca's own (`make bench-openfisca`): it is AGPL, runs as another program and is
never imported. Its country package has a variable for each rule of the book's employees' pension; every result must be
the same to the fen. Each side is timed by itself, best of several rounds, ours before and after theirs; theirs tells no
sources and no reasons. Exit code 1 when a gate is missed.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.console import Console

from services.eligibility.book.book import Book
from tests.bench.bench_book import DAY, MICROSECONDS, Columns, people
from tests.bench.report import Bound, Row, machine, show, write_report

REPORT = Path("var/bench/openfisca.json")
PEER = Path(__file__).parent / "openfisca" / "pension.py"
PEOPLE, ALONE, ROUNDS = 200_000, 100, 20
BENEFIT, DECIDED_BY = "employee_pension", "may_draw_employee_pension"
_TIMES = Bound("ratio", 10, 20)


def main(python: str) -> int:
    """Compare, measure, tell."""
    started = time.perf_counter()
    book, columns = Book.load(), people(PEOPLE)
    alone = [{name: int(column[row]) for name, column in columns.items()} for row in range(ALONE)]

    def one() -> float:
        return _best(lambda: [book.evaluate(BENEFIT, facts, DAY) for facts in alone]) / ALONE * MICROSECONDS

    def many() -> float:
        return _best(lambda: book.evaluate_batch(BENEFIT, columns, DAY)) / PEOPLE * MICROSECONDS

    before = one(), many()
    theirs = _theirs(python, book, columns)
    after = one(), many()
    rows = [
        _row("one person, with explanation", min(before[0], after[0]), theirs["one_us"]),
        _row(f"one of {PEOPLE:,} people", min(before[1], after[1]), theirs["many_us"]),
    ]
    write_report(REPORT, rows, time.perf_counter() - started, machine())
    show(Console(), rows)
    return 0 if all(row.passed for row in rows) else 1


def _row(name: str, ours: float, theirs: float) -> Row:
    return Row(f"book: {name}", ours, "us", "OpenFisca", theirs, (_TIMES,), theirs / ours, "ratio: times as fast")


def _theirs(python: str, book: Book, columns: Columns) -> dict[str, float]:
    """Run OpenFisca; give its times. Raises RuntimeError when it says anything else than the book."""
    with tempfile.TemporaryDirectory(prefix="socsec-bench-") as folder:
        given, found = Path(folder, "people.npz"), Path(folder, "result.npz")
        np.savez(given, **columns)  # type: ignore[arg-type]  # columns by name; the other argument has a default
        command = [python, "-I", str(PEER), str(given), str(found), str(ALONE)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        results = dict(np.load(found))
    batch = book.evaluate_batch(BENEFIT, columns, DAY)
    if not np.array_equal(results.pop(DECIDED_BY), batch.outcome == 1) or results.keys() != batch.results.keys():
        raise RuntimeError("OpenFisca decides differently; the figures mean nothing.")
    for name, column in results.items():
        if not np.array_equal(column, batch.results[name]):
            raise RuntimeError(f"OpenFisca computes another {name}; the figures mean nothing.")
    times: dict[str, float] = json.loads(done.stdout)
    return times


def _best(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
