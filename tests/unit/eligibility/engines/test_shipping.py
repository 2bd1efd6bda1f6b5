"""What a Spark job takes along decides by itself: Python with the archive alone, and nothing of this checkout."""

import json
import subprocess
import sys
import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import ipc

from services.eligibility.book.book import Book
from services.eligibility.engines.shipping import archive_of
from services.eligibility.engines.spark_survey import COLUMNS, EVIDENCE, NOTICES, ROLL, TRAVELLING, SurveyPartition
from services.eligibility.survey_files import Files
from tests.support.evidenced import surveyed, written

BOOK = Book.load()
WORKER = """
import datetime, json, sys
sys.path.insert(0, sys.argv[1])
import pyarrow as pa
from pyarrow import ipc
from services.eligibility.engines import shipped, spark_survey

assert sys.argv[1] in spark_survey.__file__
day, swept, book_hash = json.loads(sys.argv[3])
swept = datetime.date.fromisoformat(swept) if swept else None
survey = spark_survey.SurveyPartition(datetime.date.fromisoformat(day), swept, book_hash, None)
with ipc.open_file(sys.argv[2]) as file:
    batches = [file.get_batch(number) for number in range(file.num_record_batches)]
rows = [row for batch in survey(batches) for row in batch.to_pylist()]
sys.stdout.write(json.dumps(rows, default=str))
"""
"""A partition as Spark would run it, its batches in a file."""

_TYPES = {"string": pa.string(), "date": pa.date32()}


def partition(files: Files) -> pa.Table:
    """Give a population's rows as they travel: the roll before the notices, these before the evidence."""
    parts = []
    for number, file in ((ROLL, files.roll), (NOTICES, files.notices), (EVIDENCE, files.evidence)):
        table = pq.read_table(file)
        own = {shared: name for name, shared in COLUMNS[number].items() if name in table.column_names}
        columns = {
            name: table[own[name]].cast(_TYPES[kind]) if name in own else pa.nulls(len(table), _TYPES[kind])
            for name, kind in TRAVELLING.items()
        }
        parts.append(pa.table({"person": table["person"], "part": pa.array([number] * len(table)), **columns}))
    return pa.concat_tables(parts).combine_chunks()


def run(folder: Path, files: Files, day: date, swept: date | None) -> list[dict[str, object]]:
    """Survey a partition in a Python that has the archive alone; days come as texts."""
    archive, batches = folder / "job.zip", folder / "partition.arrow"
    archive.write_bytes(archive_of("services.eligibility.engines.spark_survey", BOOK.content))
    table = partition(files)
    with ipc.new_file(batches, table.schema) as file:
        for batch in table.to_batches(max_chunksize=700):  # several have rows of two tables
            file.write_batch(batch)
    asked = json.dumps([day.isoformat(), swept.isoformat() if swept is not None else "", BOOK.hash])
    done = subprocess.run(
        [sys.executable, "-I", "-c", WORKER, str(archive), str(batches), asked],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, object]] = json.loads(done.stdout)
    return rows


def told(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{**row, "valid_to": str(row["valid_to"]) if row["valid_to"] is not None else None} for row in rows]


def test_a_partition_is_surveyed_by_the_archive_alone_first_and_again(tmp_path: Path) -> None:
    first, second = date(2025, 3, 15), date(2025, 9, 15)
    files = written(tmp_path, seed=5, people=400)
    expected = surveyed(files, first)
    assert run(tmp_path, files, first, None) == told(expected)
    roll = pq.read_table(files.roll).append_column("base_state", pq.read_table(files.result)["base_state"])
    pq.write_table(roll, files.roll)
    again = surveyed(files, second, swept=first)
    assert run(tmp_path, files, second, first) == told(again)
    assert [row["state"] for row in again] != [row["state"] for row in expected]


def test_evidence_of_people_who_are_not_on_the_roll_is_refused() -> None:
    batch = pa.RecordBatch.from_pylist([{"person": 1, "part": EVIDENCE, **dict.fromkeys(TRAVELLING)}])
    with pytest.raises(RuntimeError, match="not on the roll"):
        list(SurveyPartition(date(2025, 3, 15), None, BOOK.hash, None)([batch]))


def test_an_archive_is_the_same_bytes_each_time_and_holds_no_service() -> None:
    module = "services.eligibility.engines.spark"
    archive = archive_of(module, BOOK.content)
    assert archive == archive_of(module, BOOK.content)
    names = zipfile.ZipFile(BytesIO(archive)).namelist()
    assert "services/eligibility/engines/spark_survey.py" in names
    assert not [name for name in names if "/api/" in name or "/store/" in name or "/rpc/" in name]
