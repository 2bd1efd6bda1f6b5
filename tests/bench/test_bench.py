"""That the bench produces its rows; their figures mean nothing in a run as short as this."""

import json
import subprocess
import sys
from pathlib import Path

from tests.bench.report import Bound, Row

SHORT = ("book", "batch", "evaluate", "rpc/sqlite", "bulk/sqlite", "stack", "survey")
"""One of each kind."""


def test_a_short_run_gives_every_row_with_its_baseline(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    only = [argument for name in SHORT for argument in ("--only", name)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--quick", "--report", report, *only],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(report.read_text("utf-8"))["rows"]
    assert len(rows) == 22
    for row in rows:
        assert row["value"] > 0
        assert row["gate"]
        assert row["baseline"] is None or row["baseline"] > 0
        assert (row["baseline"] is None) == row["name"].startswith("memory")


def test_a_gate_that_is_missed_is_shown_as_missed() -> None:
    at_least = Row("calls", 50, "calls/s", "empty", 100, (Bound("ratio", 0.75, 0.85),))
    assert (at_least.ratio, at_least.passed, at_least.gate) == (0.5, False, "ratio >= 0.75")
    at_most = Row("latency", 50, "ms", bounds=(Bound("value", 60, 30, at_least=False),))
    assert (at_most.passed, at_most.goal) == (True, "value <= 30")
    assert not Row("no ratio", 50, "ms", bounds=(Bound("ratio", 2, 1),)).passed


def test_a_pattern_that_fits_no_bench_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--only", "nothing"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "there are: book" in done.stderr
