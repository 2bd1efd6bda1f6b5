"""A benefit decided for a population from Parquet to Parquet, beside plain numpy over the same file.

The command runs as a process of its own, as in production; its memory is that process's. The plain code reads the same
columns part by part and writes the decision and the amount: no parts of it, no reasons, nothing that may be missing.
So their ratio is told but not judged. The run stops when the two differ.
"""

import asyncio
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from services.eligibility.book.book import Book
from tests.bench.bench_book import DAY, people, plain_batch
from tests.bench.report import Bound, Row
from tests.bench.timing import Scale

PART = 1 << 20
_SECONDS = Bound("value", 30, 10, at_least=False)
_MEMORY = Bound("value", 2048, 512, at_least=False)


async def run(folder: Path, scale: Scale) -> list[Row]:
    """Measure one file, twice each, in turn; the better run counts, as the file is read from the system's cache."""
    count = scale.batch_people
    source, result, plain = (folder / f"{name}.parquet" for name in ("people", "result", "plain"))
    await asyncio.to_thread(_write_people, source, count)
    seconds, plain_seconds, memory = float("inf"), float("inf"), 0.0
    for _ in range(2):
        took, most = await asyncio.to_thread(_command, source, result)
        seconds, memory = min(seconds, took), max(memory, most)
        plain_seconds = min(plain_seconds, await asyncio.to_thread(_plainly, source, plain))
    await asyncio.to_thread(_compare, result, plain)
    return [
        Row(
            f"batch: {count:,} people from Parquet to Parquet",
            seconds,
            "s",
            "plain numpy",
            plain_seconds,
            (_SECONDS,),
            note="the plain code writes 3 columns, the command 15",
        ),
        Row("memory: batch from Parquet to Parquet", memory, "MiB", bounds=(_MEMORY,)),
    ]


def _write_people(file: Path, count: int) -> None:
    writer: pq.ParquetWriter | None = None
    for start in range(0, count, PART):
        rows = min(PART, count - start)
        table = pa.table({"person": np.arange(start, start + rows), **people(rows, seed=start)})
        writer = writer or pq.ParquetWriter(file, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def _command(source: Path, result: Path) -> tuple[float, float]:
    """Run the command; give its seconds and the most memory in MiB that it has had."""
    known = Book.load().chapters["employee_pension"].benefit
    lacking = [word for name in known.optional_facts for word in ("--lacking", name) if name != "as_of_month"]
    command = [sys.executable, "-m", "services.eligibility.batch_files", "--benefit", "employee_pension"]
    command += ["--people", str(source), "--result", str(result), "--as-of", DAY.isoformat(), *lacking]
    started = time.perf_counter()
    process = psutil.Popen(command)
    most = 0
    while process.poll() is None:
        most = max(most, _memory(process))
        time.sleep(0.02)
    if process.returncode:
        raise RuntimeError("The command failed.")
    return time.perf_counter() - started, most / 2**20


def _memory(process: psutil.Popen) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def _plainly(source: Path, result: Path) -> float:
    started = time.perf_counter()
    writer: pq.ParquetWriter | None = None
    for batch in pq.ParquetFile(source).iter_batches(batch_size=1 << 17):
        columns = {name: batch[name].to_numpy() for name in batch.schema.names}
        eligible, total = plain_batch(columns)
        table = pa.table({"person": batch["person"], "eligible": eligible, "total_pension_fen": total})
        writer = writer or pq.ParquetWriter(result, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()
    return time.perf_counter() - started


def _compare(result: Path, plain: Path) -> None:
    """Raise unless both say the same of everybody."""
    mine, other = pq.read_table(result, columns=["outcome", "total_pension_fen"]), pq.read_table(plain)
    eligible = pc.equal(mine["outcome"].cast(pa.string()), "ELIGIBLE")
    if not (eligible.equals(other["eligible"]) and mine["total_pension_fen"].equals(other["total_pension_fen"])):
        raise RuntimeError("The command and the plain code say different things; the figures mean nothing.")
