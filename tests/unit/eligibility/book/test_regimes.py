"""The book is complete on every day on which the law changes, and changes on that day only."""

from datetime import date, timedelta

import numpy as np
import pytest

from services.common.errors import InvalidInput
from services.common.months import first_day, month_of
from services.eligibility.book.book import Book
from services.eligibility.book.decision import Outcome
from services.eligibility.book.fact import AS_OF_MONTH
from tests.unit.eligibility.book.case_tables import book
from tests.unit.eligibility.book.people import MAN

BENEFITS = [benefit.name for benefit in book().benefits()]
RULES_CHANGE = [first_day(month) for month in book().library.boundaries()]
PARAMETERS_CHANGE = sorted(
    {first_day(entry.since) for parameter in book().parameters() for entry in parameter.entries if entry.since > 24_000}
)


@pytest.mark.parametrize("benefit", BENEFITS)
def test_everything_can_be_computed_on_each_day_the_law_changes_and_on_the_day_before(benefit: str) -> None:
    chapter = book().chapters[benefit]
    for day in sorted({*RULES_CHANGE, *PARAMETERS_CHANGE}):
        for each in (day - timedelta(days=1), day):
            if month_of(each) < chapter.benefit.since:
                continue
            decision = book().evaluate(benefit, MAN, each)
            assert decision.missing_facts == (), each
            assert set(decision.results) == set(chapter.benefit.results), each


def test_the_reform_of_2025_is_the_only_change_of_rules_so_far() -> None:
    assert [day.isoformat() for day in RULES_CHANGE] == ["2025-01-01"]


def test_a_day_before_the_reform_is_judged_by_the_former_law() -> None:
    before = book().evaluate("statutory_retirement", MAN, date(2024, 12, 31))
    after = book().evaluate("statutory_retirement", MAN, date(2025, 1, 1))
    assert (before.results["statutory_age_months"], after.results["statutory_age_months"]) == (720, 721)
    assert "delay_months" not in {step.name for step in before.steps}
    assert "delay_months" in {step.name for step in after.steps}


def test_a_batch_is_cut_where_the_law_changes() -> None:
    months = np.array([2024 * 12 + 11, 2025 * 12, 2023 * 12, 2026 * 12], dtype=np.int64)
    columns = {name: np.full(4, value, dtype=np.int64) for name, value in MAN.items()} | {AS_OF_MONTH: months}
    batch = book().evaluate_batch("statutory_retirement", columns, date(2026, 1, 1))
    assert batch.results["statutory_age_months"].tolist() == [720, 721, 720, 721]


@pytest.mark.parametrize("benefit", BENEFITS)
def test_a_day_before_the_book_begins_is_refused_with_the_bounds(benefit: str) -> None:
    first = first_day(book().chapters[benefit].benefit.since)
    assert book().evaluate(benefit, MAN, first).outcome in Outcome
    with pytest.raises(InvalidInput, match="decides this benefit for months from") as refusal:
        book().evaluate(benefit, MAN, first - timedelta(days=1))
    assert (refusal.value.field, refusal.value.reason) == ("as_of_date", "VALUE_OUT_OF_RANGE")
    assert refusal.value.metadata["min"] == f"{first:%Y-%m}"


def test_a_month_of_a_batch_before_the_book_begins_is_refused() -> None:
    months = np.array([2026 * 12, 1990 * 12], dtype=np.int64)
    with pytest.raises(InvalidInput, match="from 2006-01"):
        book().evaluate_batch("employee_pension", {AS_OF_MONTH: months}, date(2026, 1, 1))


def test_the_book_as_known_before_the_reform_decides_by_what_was_published_then() -> None:
    then = Book.load(known=date(2024, 9, 12))
    decision = then.evaluate("statutory_retirement", MAN | {"birth_month": 1975 * 12}, date(2024, 9, 1))
    assert decision.results["min_contribution_months"] == 180  # 2035, for which 216 was published a day later
    assert (
        book()
        .evaluate("statutory_retirement", MAN | {"birth_month": 1975 * 12}, date(2024, 9, 1))
        .results["min_contribution_months"]
        == 216
    )
    assert (then.hash, then.known) == (book().hash, date(2024, 9, 12))
    assert "flexible_retirement" not in then.chapters  # nobody had heard of it
    with pytest.raises(InvalidInput, match="to 2024-09"):
        then.evaluate("statutory_retirement", MAN, date(2024, 10, 1))
