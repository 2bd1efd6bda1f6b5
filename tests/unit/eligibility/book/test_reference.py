"""The page of all rules, and the tables that test them."""

from pathlib import Path

from services.eligibility.book.cases import cases_of
from services.eligibility.reference import write
from tests.unit.eligibility.book.case_tables import all_cases, book

ROOT = Path(__file__).parents[4]


def test_the_page_of_all_rules_is_current() -> None:
    assert (ROOT / "docs/rules-reference.md").read_text("utf-8") == write(book()), "Run make reference and commit it."


def test_a_rule_is_told_with_the_rows_that_test_it() -> None:
    tables = {table.file: table for table in cases_of("statutory_age_months")}
    delayed = tables["statutory_retirement/delayed_age.csv"]
    assert (delayed.benefit, delayed.columns[-1]) == ("statutory_retirement", "source")
    assert len(delayed.rows) == sum(case.place.startswith(delayed.file) for case in all_cases())
    unmet = [row for table in cases_of("not_before_earliest_month") for row in table.rows]
    assert unmet
    assert all(any("not_before_earliest_month" in cell for cell in row) for row in unmet)
    assert cases_of("nothing_of_the_kind") == []
