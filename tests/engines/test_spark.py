"""Jobs as `ssctl sweep plan` writes them, run by a local Spark without this checkout, say what the book says."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from services.eligibility.book.book import Book
from services.eligibility.engines.job import Engine, Job, Tables
from tests.support.evidenced import surveyed, written
from tests.support.populations import decided, people_of, table_of

pytestmark = [pytest.mark.engines, pytest.mark.timeout(300)]

BOOK = Book.load()
PENSION = "employee_pension"


def submit(folder: Path, java_home: Path, job: Job, *arguments: str) -> list[dict[str, object]]:
    """Run a job; give the rows of its result, in the order of the people."""
    file = folder / job.file
    file.write_text(job.text(BOOK, Tables()), "utf-8")
    found = folder / "found"
    here = {"JAVA_HOME": str(java_home), "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    settings = "--master local[2] --conf spark.ui.enabled=false --conf spark.driver.memory=1g pyspark-shell"
    done = subprocess.run(
        [sys.executable, "-I", str(file), *arguments, "--result", str(found)],
        env={**os.environ, **here, "PYSPARK_SUBMIT_ARGS": settings},
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    rows: list[dict[str, object]] = pq.read_table(found).sort_by("person").to_pylist()
    return rows


def test_everybody_is_decided_to_the_fen(tmp_path: Path, java_home: Path) -> None:
    columns = people_of(BOOK, PENSION, 20_000, seed=20260303)
    pq.write_table(table_of(columns), tmp_path / "people.parquet", row_group_size=5_000)
    rows = submit(tmp_path, java_home, Job(Engine.SPARK, PENSION, None), "--people", str(tmp_path / "people.parquet"))
    assert rows == decided(BOOK, PENSION, columns)
    assert {row["outcome"] for row in rows} == {"ELIGIBLE", "NOT_ELIGIBLE", "UNKNOWN"}


def test_everybodys_certification_is_surveyed_to_the_day(tmp_path: Path, java_home: Path) -> None:
    day = date(2025, 6, 15)
    files = written(tmp_path, seed=4)
    tables = ["--roll", str(files.roll), "--evidence", str(files.evidence), "--notices", str(files.notices)]
    rows = submit(tmp_path, java_home, Job(Engine.SPARK, "", day), *tables, "--partitions", "5")
    assert rows == surveyed(files, day)
    assert {"CERTIFIED", "WARNING", "UNDER_VERIFICATION", "LOST"} <= {row["state"] for row in rows}
