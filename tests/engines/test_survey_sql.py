"""The survey as a ClickHouse query says of everybody what the survey over columns says."""

from datetime import date
from pathlib import Path

import chdb
import pyarrow.parquet as pq
import pytest

from services.eligibility.book.book import Book
from services.eligibility.engines.survey_sql import survey_query
from services.eligibility.rules.certification.certification import certification_parameters
from services.eligibility.survey_files import Files
from tests.support.evidenced import surveyed, written

pytestmark = pytest.mark.engines


def query_of(files: Files, day: date, swept: date | None = None) -> str:
    roll, evidence, notices = (f"file('{file}')" for file in (files.roll, files.evidence, files.notices))
    return survey_query(day, certification_parameters(Book.load(), day), roll, evidence, notices, swept)


@pytest.mark.parametrize(("seed", "day"), [(1, date(2024, 2, 29)), (2, date(2025, 6, 15)), (3, date(2025, 12, 31))])
def test_the_query_gives_everybodys_state_and_end_of_validity(tmp_path: Path, seed: int, day: date) -> None:
    files = written(tmp_path, seed)
    expected = surveyed(files, day)
    rows = chdb.query(query_of(files, day), "ArrowTable").to_pylist()
    assert rows == expected
    assert {"CERTIFIED", "WARNING", "UNDER_VERIFICATION", "LOST"} <= {row["state"] for row in rows}


def test_later_queries_go_on_from_the_states_that_the_one_before_gave(tmp_path: Path) -> None:
    files = written(tmp_path, seed=5)
    swept: date | None = None
    for day in (date(2025, 3, 1), date(2025, 9, 1), date(2026, 2, 1)):
        expected = surveyed(files, day, swept)
        found = chdb.query(query_of(files, day, swept), "ArrowTable")
        assert found.to_pylist() == expected
        assert {"CERTIFIED", "WARNING", "SUSPENDED"} <= set(found["base_state"].to_pylist())
        roll = pq.read_table(files.roll).drop_columns(["base_state"] if swept is not None else [])
        pq.write_table(roll.append_column("base_state", found["base_state"]), files.roll)
        swept = day
