"""The survey as a ClickHouse query says of everybody what the survey over columns says."""

from datetime import date
from pathlib import Path

import chdb
import pytest

from services.eligibility.book.book import Book
from services.eligibility.engines.survey_sql import survey_query
from services.eligibility.rules.certification.certification import certification_parameters
from tests.support.evidenced import surveyed, written

pytestmark = pytest.mark.engines


@pytest.mark.parametrize(("seed", "day"), [(1, date(2024, 2, 29)), (2, date(2025, 6, 15)), (3, date(2025, 12, 31))])
def test_the_query_gives_everybodys_state_and_end_of_validity(tmp_path: Path, seed: int, day: date) -> None:
    files = written(tmp_path, seed)
    expected = surveyed(files, day)
    tables = (f"file('{file}')" for file in (files.roll, files.evidence, files.notices))
    query = survey_query(day, certification_parameters(Book.load(), day), *tables)
    rows = chdb.query(query, "ArrowTable").to_pylist()
    assert rows == [{name: row[name] for name in ("person", "state", "valid_to")} for row in expected]
    assert {"CERTIFIED", "WARNING", "UNDER_VERIFICATION", "LOST"} <= {row["state"] for row in rows}
