"""The certification of a population from Parquet beside a hand-written DuckDB aggregation of the same rows.

Both give the last day that evidence covers for everybody; the run stops when the two differ. DuckDB does less: no
states, no notices, no reports of two offices.
"""

import os
import time
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from services.eligibility.columns import day_number
from services.eligibility.evidence import NEGATIVE, EvidenceKind, EvidenceSource
from services.eligibility.survey_files import Files, survey_files
from tests.bench.report import Bound, Row
from tests.bench.timing import Scale, memory_mib
from tests.support.certification import LAW

DAY = date(2026, 6, 1)
EVIDENCE_EACH = 20
PART = 1 << 21
_COMPUTING = Bound("value", 15, 5, at_least=False)
_RATIO = Bound("ratio", 2, 0.7, at_least=False)
_MEMORY = Bound("value", 2048, 1024, at_least=False)
_AGGREGATION = """
SELECT person, max(event_date) FILTER (
    WHERE kind IN ({kinds}) AND received_date <= DATE '{day}' AND (end_date IS NULL OR end_date > DATE '{day}')
) AS latest, bool_or(kind IN ({against}) AND end_date IS NULL) AS reported
FROM read_parquet('{file}') GROUP BY person
"""


async def run(folder: Path, scale: Scale) -> list[Row]:
    """Measure one survey and one aggregation, each from its file on."""
    files = _files(folder, scale.survey_people)
    started = time.perf_counter()
    survey_files(files, DAY)
    seconds = time.perf_counter() - started
    memory = memory_mib(os.getpid(), "VmHWM")
    started = time.perf_counter()
    with duckdb.connect() as database:
        database.execute(f"CREATE TABLE latest AS {_query(files.evidence)}")
        duckdb_seconds = time.perf_counter() - started
        _compare(database, files.result)
    people = f"{scale.survey_people:,} people, {scale.survey_people * EVIDENCE_EACH:,} rows"
    return [
        Row(f"survey: {people}", seconds, "s", "DuckDB aggregation", duckdb_seconds, (_COMPUTING, _RATIO)),
        Row("memory: survey", memory, "MiB", bounds=(_MEMORY,)),
    ]


def _query(file: Path) -> str:
    def words(kinds: frozenset[EvidenceKind]) -> str:
        return ", ".join(f"'{kind}'" for kind in sorted(kinds))

    return _AGGREGATION.format(kinds=words(LAW.certifying), against=words(NEGATIVE), day=DAY.isoformat(), file=file)


def _compare(database: "duckdb.DuckDBPyConnection", result: Path) -> None:
    """Raise unless both say the same of everybody."""
    differing = database.execute(
        "SELECT count(*) FROM read_parquet(?) AS r LEFT JOIN latest USING (person) "
        "WHERE r.valid_to IS DISTINCT FROM CAST(latest.latest + INTERVAL 12 MONTH AS DATE)",
        [str(result)],
    ).fetchone()
    if differing != (0,):
        raise AssertionError(f"{differing} people differ")


def _files(folder: Path, people: int) -> Files:
    """Make a roll and its evidence up, everybody's at random."""
    random = np.random.default_rng(20260601)
    person = 1_000 + 3 * np.arange(people)
    first = day_number(date(2024, 1, 1))
    roll = {
        "person": person,
        "start_date": _dates(first + random.integers(0, 300, people)),
        "birth_date": _dates(first - 365 * 60 - random.integers(0, 365 * 35, people)),
    }
    pq.write_table(pa.table(roll), folder / "roll.parquet")
    writer: pq.ParquetWriter | None = None
    for start in range(0, people * EVIDENCE_EACH, PART):
        table = _evidence(random, person, first, min(PART, people * EVIDENCE_EACH - start))
        writer = writer or pq.ParquetWriter(folder / "evidence.parquet", table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()
    return Files(folder / "roll.parquet", folder / "evidence.parquet", folder / "result.parquet")


def _evidence(random: np.random.Generator, person: NDArray[np.int64], first: int, rows: int) -> "pa.Table":
    event = first + random.integers(0, 900, rows)
    received = event + random.integers(0, 40, rows)
    ended = random.random(rows) < 0.001
    against = np.array([kind in NEGATIVE for kind in EvidenceKind])
    chance = np.where(against, 0.0003, 1 / len(against))
    kinds = random.choice(len(chance), rows, p=chance / chance.sum())
    return pa.table(
        {
            "person": person[random.integers(0, len(person), rows)],
            "kind": _words(kinds, [str(kind) for kind in EvidenceKind]),
            "source": _words(random.integers(0, len(EvidenceSource), rows), [str(one) for one in EvidenceSource]),
            "event_date": _dates(event),
            "received_date": _dates(received),
            "end_date": _dates(received + random.integers(1, 100, rows), ~ended),
        }
    )


def _words(codes: NDArray[np.int64], words: list[str]) -> "pa.DictionaryArray":
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int8)), pa.array(words))


def _dates(days: NDArray[np.int64], absent: NDArray[np.bool_] | None = None) -> "pa.Array":
    return pa.array(days.astype(np.int32), mask=absent).cast(pa.date32())
