"""Every benefit of the book as a ClickHouse query says of everybody what a batch of the book says, to the fen."""

from pathlib import Path

import chdb
import pyarrow.parquet as pq
import pytest

from services.eligibility.book.book import Book
from services.eligibility.engines.benefit_sql import benefit_query
from services.eligibility.engines.dialect import CLICKHOUSE
from services.eligibility.engines.stretch import People
from tests.support.populations import decided, people_of, table_of

pytestmark = pytest.mark.engines

BOOK = Book.load()
BENEFITS = sorted(benefit.name for benefit in BOOK.benefits())


@pytest.mark.parametrize("benefit", BENEFITS)
def test_the_query_decides_everybody_as_a_batch_does(tmp_path: Path, benefit: str) -> None:
    columns = people_of(BOOK, benefit, 5_000, seed=20260302)
    people = tmp_path / "people.parquet"
    pq.write_table(table_of(columns), people)
    query = benefit_query(BOOK, benefit, CLICKHOUSE, People(f"file('{people}')"), None)
    rows = chdb.query(query, "ArrowTable").sort_by("person").to_pylist()
    assert rows == decided(BOOK, benefit, columns)
    assert {row["outcome"] for row in rows} >= {"NOT_ELIGIBLE", "UNKNOWN"}


def test_a_fact_outside_its_bounds_ends_the_query_with_its_name(tmp_path: Path) -> None:
    columns = people_of(BOOK, "employee_pension", 10, seed=9)
    columns["account_balance_fen"][3] = -1
    people = tmp_path / "people.parquet"
    pq.write_table(table_of(columns), people)
    query = benefit_query(BOOK, "employee_pension", CLICKHOUSE, People(f"file('{people}')"), None)
    with pytest.raises(RuntimeError, match="Fact account_balance_fen is a whole number from 0 to"):
        chdb.query(query, "ArrowTable")
