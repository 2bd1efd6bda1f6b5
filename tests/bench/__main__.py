"""`python -m tests.bench [--only PATTERN]… [--quick] [--check]`: ratios against baselines measured in the same run.

Writes var/bench/report.json. With `--check` a missed gate ends with exit code 1.
"""

import argparse
import asyncio
import fnmatch
import functools
import logging
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import uvloop
from rich.console import Console

from tests.bench import (
    bench_batch,
    bench_book,
    bench_bulk,
    bench_draws,
    bench_evaluate,
    bench_feeds,
    bench_lists,
    bench_rpc,
    bench_stack,
    bench_survey,
    bench_sweep,
)
from tests.bench.report import Row, machine, show, write_report
from tests.bench.serving import BACKENDS
from tests.bench.timing import FULL, QUICK, Scale

REPORT = Path("var/bench/report.json")

Bench = Callable[[Path, Scale], Awaitable[Sequence[Row]]]

BENCHES: dict[str, Bench] = {
    "book": bench_book.run,
    "batch": bench_batch.run,
    "evaluate": bench_evaluate.run,
    **{f"rpc/{backend}": functools.partial(bench_rpc.run, backend=backend) for backend in BACKENDS},
    **{f"bulk/{backend}": functools.partial(bench_bulk.run, backend=backend) for backend in BACKENDS},
    **{f"draws/{backend}": functools.partial(bench_draws.run, backend=backend) for backend in BACKENDS},
    **{f"feeds/{backend}": functools.partial(bench_feeds.run, backend=backend) for backend in BACKENDS},
    **{f"lists/{backend}": functools.partial(bench_lists.run, backend=backend) for backend in BACKENDS},
    "stack": bench_stack.run,
    "survey": bench_survey.run,
    **{f"sweep/{backend}": functools.partial(bench_sweep.run, backend=backend) for backend in BACKENDS},
}


def main(arguments: Sequence[str]) -> int:
    """Run the benches that are asked for; exit codes: 0 done, 1 a gate is missed and `--check` is given, 2 usage."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument(
        "--only", action="append", metavar="PATTERN", help=f"run these only, can be repeated; of: {', '.join(BENCHES)}"
    )
    parser.add_argument("--quick", action="store_true", help="only show that rows are produced; figures mean nothing")
    parser.add_argument("--check", action="store_true", help="exit code 1 when a gate is missed")
    parser.add_argument("--report", type=Path, default=REPORT)
    options = parser.parse_args(arguments)
    patterns = options.only or ["*"]
    chosen = [name for name in BENCHES if any(fnmatch.fnmatch(name, f"{pattern}*") for pattern in patterns)]
    if not chosen:
        parser.error(f"no bench fits {' '.join(patterns)}; there are: {', '.join(BENCHES)}")
    logging.disable(logging.WARNING)  # that connections end at the end of a run is no news
    console, started = Console(), time.perf_counter()
    rows: list[Row] = []
    for name in chosen:
        console.print(f"[dim]{name} …[/]")
        rows += _run(BENCHES[name], QUICK if options.quick else FULL)
    write_report(options.report, rows, time.perf_counter() - started, machine())
    show(console, rows)
    missed = [row.name for row in rows if not row.passed]
    for name in missed:
        console.print(f"[bold red]missed:[/] {name}")
    return 1 if missed and options.check else 0


def _run(bench: Bench, scale: Scale) -> Sequence[Row]:
    with (
        tempfile.TemporaryDirectory(prefix="socsec-bench-") as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        return runner.run(_awaited(bench, Path(folder), scale))


async def _awaited(bench: Bench, folder: Path, scale: Scale) -> Sequence[Row]:
    return await bench(folder, scale)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
