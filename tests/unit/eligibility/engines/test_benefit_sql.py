"""The book as SQL gives what the book gives: the law's tables, and people made up, row for row."""

from collections.abc import Iterator
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from services.eligibility.book.book import Book
from services.eligibility.book.fact import AS_OF_MONTH
from services.eligibility.book.node import MISSING
from services.eligibility.engines.benefit_sql import benefit_query
from services.eligibility.engines.dialect import DUCKDB
from services.eligibility.engines.stretch import People
from tests.support.populations import Columns, decided, people_of, table_of
from tests.unit.eligibility.book.case_tables import all_cases, as_of_month, book

BENEFITS = sorted(benefit.name for benefit in book().benefits())
PENSION = "employee_pension"


@pytest.fixture(scope="module")
def database() -> "Iterator[duckdb.DuckDBPyConnection]":
    with duckdb.connect() as connection:
        yield connection


def said(database: "duckdb.DuckDBPyConnection", query: str, people: pa.Table) -> list[dict[str, object]]:
    database.register("people", people)
    rows: list[dict[str, object]] = database.sql(query).to_arrow_table().sort_by("person").to_pylist()
    return rows


@pytest.mark.parametrize("benefit", BENEFITS)
def test_all_rows_of_the_law_s_tables_are_decided_so_by_the_query(
    database: "duckdb.DuckDBPyConnection", benefit: str
) -> None:
    cases = [case for case in all_cases() if case.benefit == benefit]
    known = book().chapters[benefit].benefit
    columns: Columns = {
        name: np.array([case.facts.get(name, MISSING) for case in cases], dtype=np.int64)
        for name in (*known.facts, *known.optional_facts)
    }
    columns[AS_OF_MONTH] = np.array([as_of_month(case) for case in cases], dtype=np.int64)
    rows = said(database, benefit_query(book(), benefit, DUCKDB, People("people"), None), table_of(columns))
    assert rows == decided(book(), benefit, columns)
    for case, row in zip(cases, rows, strict=True):
        assert {name: row[name] for name in case.results if name in row} == {
            name: value for name, value in case.results.items() if name in row
        }, case.place
        if "outcome" in case.told:
            assert row["outcome"] == case.told["outcome"], case.place


@pytest.mark.parametrize("benefit", BENEFITS)
def test_people_made_up_are_decided_alike_by_batch_and_query(
    database: "duckdb.DuckDBPyConnection", benefit: str
) -> None:
    columns = people_of(book(), benefit, 3_000, seed=20260301)
    rows = said(database, benefit_query(book(), benefit, DUCKDB, People("people"), None), table_of(columns))
    assert rows == decided(book(), benefit, columns)
    assert {row["outcome"] for row in rows} >= {"NOT_ELIGIBLE", "UNKNOWN"}


@pytest.mark.parametrize("month", [2024 * 12 + 11, 2026 * 12 + 2])
def test_a_query_of_one_month_decides_everybody_by_its_law(database: "duckdb.DuckDBPyConnection", month: int) -> None:
    columns = people_of(book(), PENSION, 1_000, seed=7)
    columns[AS_OF_MONTH][:] = month
    people = table_of(columns).drop_columns([AS_OF_MONTH])
    rows = said(database, benefit_query(book(), PENSION, DUCKDB, People("people"), month), people)
    assert rows == decided(book(), PENSION, columns)


def test_a_fact_without_a_column_is_not_known_of_anybody(database: "duckdb.DuckDBPyConnection") -> None:
    columns = people_of(book(), PENSION, 300, seed=8)
    lacking = frozenset({"avg_index_bp", "retirement_month"})
    people = table_of(columns).drop_columns(sorted(lacking))
    query = benefit_query(book(), PENSION, DUCKDB, People("people", lacking=lacking), None)
    for name in lacking:
        columns[name][:] = MISSING
    assert said(database, query, people) == decided(book(), PENSION, columns)


def test_a_table_without_any_fact_is_decided_as_unknown(database: "duckdb.DuckDBPyConnection") -> None:
    known = book().chapters[PENSION].benefit
    lacking = frozenset({*known.facts, *known.optional_facts})
    query = benefit_query(book(), PENSION, DUCKDB, People("people", lacking=lacking), 2026 * 12 + 2)
    rows = said(database, query, pa.table({"person": [0, 1]}))
    nothing = {name: np.full(2, MISSING) for name in lacking}
    assert rows == decided(book(), PENSION, nothing)
    assert {row["outcome"] for row in rows} == {"UNKNOWN"}


@pytest.mark.parametrize(
    ("fact", "value", "message"),
    [
        ("account_balance_fen", -1, "Fact account_balance_fen is a whole number from 0 to"),
        ("retirement_group", 4, "Fact retirement_group is a whole number from 1 to 3"),
        (AS_OF_MONTH, 2300 * 12, "The book decides for months from"),
        (AS_OF_MONTH, MISSING, "The book decides for months from"),
    ],
)
def test_a_fact_outside_its_bounds_ends_the_query_with_its_name(
    database: "duckdb.DuckDBPyConnection", fact: str, value: int, message: str
) -> None:
    columns = people_of(book(), PENSION, 10, seed=9)
    columns[fact][3] = value
    query = benefit_query(book(), PENSION, DUCKDB, People("people"), None)
    with pytest.raises(duckdb.Error, match=message):
        said(database, query, table_of(columns))


def test_a_fraction_ends_the_query_and_is_not_rounded(database: "duckdb.DuckDBPyConnection") -> None:
    people = table_of(people_of(book(), PENSION, 10, seed=10))
    place = people.column_names.index("deemed_months")
    people = people.set_column(place, "deemed_months", pa.array([1.0, 2.5, None, *[0.0] * 7]))
    query = benefit_query(book(), PENSION, DUCKDB, People("people"), None)
    with pytest.raises(duckdb.Error, match="Fact deemed_months is a whole number"):
        said(database, query, people)


def test_a_query_by_what_was_known_on_a_day_decides_as_that_book(database: "duckdb.DuckDBPyConnection") -> None:
    then = Book.load(known=date(2024, 1, 31))
    benefit = "statutory_retirement"
    columns = people_of(then, benefit, 1_000, seed=11)
    columns[AS_OF_MONTH] = np.minimum(columns[AS_OF_MONTH], then.known_month)
    rows = said(database, benefit_query(then, benefit, DUCKDB, People("people"), None), table_of(columns))
    assert rows == decided(then, benefit, columns, date(2023, 1, 1))
    assert rows != decided(book(), benefit, columns)
    assert "as published until 2024-01-31" in benefit_query(then, benefit, DUCKDB, People("people"), None)


def test_the_query_tells_its_book_and_what_its_bits_mean() -> None:
    query = benefit_query(book(), PENSION, DUCKDB, People("people"), 2026 * 12 + 2)
    head = [line for line in query.splitlines() if line.startswith("--")]
    chapter = book().chapters[PENSION]
    assert f"-- Rule book {book().hash}." in head
    assert "-- retirement_group: 1 MALE_60, 2 FEMALE_55, 3 FEMALE_50." in head
    assert [f"-- unmet, bit {bit}: {name}." for bit, name in enumerate(chapter.benefit.conditions)] == [
        line for line in head if "unmet" in line
    ]


@pytest.mark.parametrize("benefit", BENEFITS)
def test_no_expression_grows_with_what_it_rests_on(benefit: str) -> None:
    query = benefit_query(book(), benefit, DUCKDB, People("people"), 2026 * 12 + 2)
    assert max(map(len, query.splitlines())) < 2_500
    assert len(query) < 40_000
