"""What a decision tells, and which questions are refused."""

from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from services.common.errors import InvalidInput
from services.eligibility.book.book import Book
from services.eligibility.book.decision import Outcome
from services.eligibility.book.node import MISSING
from services.eligibility.evidence import EvidenceKind, Matter, Strength
from services.eligibility.rules.certification.certification import certification_parameters
from tests.unit.eligibility.book.case_tables import book

DAY = date(2026, 6, 30)
MAN = {
    "birth_month": 1965 * 12,
    "retirement_group": 1,
    "contribution_months": 360,
    "deemed_months": 0,
    "avg_index_bp": 8_000,
    "account_balance_fen": 12_000_000,
}


def test_every_step_comes_after_what_it_was_computed_from_and_names_its_source() -> None:
    decision = book().evaluate("employee_pension", MAN, DAY)
    values: dict[str, int] = {}
    for step in decision.steps:
        assert step.givens.items() <= values.items()
        assert step.source
        assert step.title
        values[step.name] = step.value
    assert decision.results.items() <= values.items()


def test_a_step_cites_the_article_and_shows_the_unit() -> None:
    steps = {step.name: step for step in book().evaluate("employee_pension", MAN, DAY).steps}
    delay = steps["delay_months"]
    assert (delay.value, delay.unit, delay.unverified) == (1, "months", False)
    assert delay.source == "国务院关于渐进式延迟法定退休年龄的办法 第一条"
    assert delay.givens == {
        "birth_month": 1965 * 12,
        "first_delayed_birth_month": 1965 * 12,
        "delay_step_months": 4,
        "longest_delay_months": 36,
    }
    assert (steps["may_draw_employee_pension"].value, steps["may_draw_employee_pension"].unit) == (1, "condition")
    assert steps["calculation_base_fen"].unverified


def test_the_retirement_month_defaults_to_the_statutory_one_and_says_so() -> None:
    default = {step.name: step for step in book().evaluate("employee_pension", MAN, DAY).steps}["retirement_month"]
    assert default.givens == {"statutory_retirement_month": default.value}
    chosen = book().evaluate("employee_pension", MAN | {"retirement_month": 2026 * 12}, DAY)
    step = {step.name: step for step in chosen.steps}["retirement_month"]
    assert (step.value, step.givens) == (2026 * 12, {})


def test_a_decision_keeps_the_facts_it_rests_on_and_no_others() -> None:
    decision = book().evaluate("statutory_retirement", MAN, DAY)
    kept = {"birth_month", "retirement_group", "contribution_months", "deemed_months"}
    assert decision.facts == {name: MAN[name] for name in kept} | {"as_of_month": 2026 * 12 + 5}


@pytest.mark.parametrize("name", list(MAN))
def test_a_missing_fact_makes_the_decision_unknown_and_is_named(name: str) -> None:
    decision = book().evaluate("employee_pension", {key: value for key, value in MAN.items() if key != name}, DAY)
    assert (decision.outcome, decision.missing_facts) == (Outcome.UNKNOWN, (name,))
    assert name not in {step.name for step in decision.steps}


def test_conditions_that_are_known_to_fail_are_told_even_if_facts_are_missing() -> None:
    decision = book().evaluate("statutory_retirement", {"birth_month": 2000 * 12, "retirement_group": 1}, DAY)
    assert (decision.outcome, decision.unmet) == (Outcome.UNKNOWN, ("statutory_age_reached",))
    assert decision.missing_facts == ("contribution_months", "deemed_months")


def test_a_chosen_month_spares_no_fact_that_the_results_need() -> None:
    facts = {name: value for name, value in MAN.items() if name != "retirement_group"} | {"retirement_month": 2026 * 12}
    assert book().evaluate("employee_pension", facts, DAY).missing_facts == ("retirement_group",)


def test_benefits_list_what_they_need_and_what_they_compute() -> None:
    benefits = {benefit.name: benefit for benefit in book().benefits()}
    assert list(benefits) == sorted(benefits)
    retirement = benefits["statutory_retirement"]
    assert retirement.facts == ("birth_month", "contribution_months", "deemed_months", "retirement_group")
    assert retirement.conditions == ("statutory_age_reached", "enough_months")
    assert benefits["employee_pension"].optional_facts == (
        "early_ground_confirmed",
        "retirement_ground",
        "retirement_month",
    )


def test_the_same_content_has_the_same_hash() -> None:
    assert Book.load().hash == book().hash == book().evaluate("statutory_retirement", MAN, DAY).book_hash


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        (MAN | {"shoe_size": 43}, "knows no fact of that name"),
        (MAN | {"contribution_months": -1}, "contribution_months lies outside its bounds; it goes from 0 to 960"),
        (MAN | {"account_balance_fen": 10**12 + 1}, "account_balance_fen lies outside"),
        (MAN | {"retirement_group": 4}, "retirement_group lies outside"),
        (MAN | {"as_of_month": 2026 * 12}, "another month than that of the day"),
    ],
)
def test_a_fact_that_cannot_be_is_refused_by_name(facts: dict[str, int], text: str) -> None:
    with pytest.raises(InvalidInput, match=text) as refusal:
        book().evaluate("employee_pension", facts, DAY)
    assert (refusal.value.field, refusal.value.reason) == ("facts", "INVALID_FACT")


def test_an_unknown_benefit_is_refused() -> None:
    with pytest.raises(InvalidInput) as refusal:
        book().evaluate("winter_fuel", MAN, DAY)
    assert (refusal.value.field, refusal.value.reason) == ("benefit", "UNKNOWN_BENEFIT")


def _columns(rows: int) -> dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    return {name: np.full(rows, value, dtype=np.int64) for name, value in MAN.items()}


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({}, "columns of one length"),
        ({**_columns(2), "deemed_months": np.zeros(3, dtype=np.int64)}, "columns of one length"),
        ({**_columns(2), "shoe_size": np.zeros(2, dtype=np.int64)}, "no fact of that name"),
        ({**_columns(2), "deemed_months": np.array([0, 961])}, "lies outside its bounds in 1 rows"),
        ({**_columns(2), "deemed_months": np.array([-1, MISSING])}, "lies outside its bounds in 1 rows"),
        ({**_columns(2), "deemed_months": np.array([0.5, 1.0])}, "column of 64-bit whole numbers"),
    ],
)
def test_columns_that_cannot_be_are_refused(
    columns: dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]], text: str
) -> None:
    with pytest.raises(InvalidInput, match=text):
        book().evaluate_batch("employee_pension", columns, DAY)


def test_a_batch_of_nobody_decides_nothing() -> None:
    assert len(book().evaluate_batch("employee_pension", _columns(0), DAY)) == 0


def test_a_batch_larger_than_a_chunk_keeps_its_order() -> None:
    columns = _columns(40_000)
    columns["account_balance_fen"] = np.arange(40_000, dtype=np.int64) * 1384
    batch = book().evaluate_batch("employee_pension", columns, DAY)
    assert batch.results["account_pension_fen"].tolist() == [number * 10 for number in range(40_000)]
    assert bool((batch.outcome == 1).all())


def test_reasons_of_a_batch_are_bits_in_the_order_of_the_conditions() -> None:
    columns = _columns(3) | {"contribution_months": np.array([360, 100, 100]), "deemed_months": np.array([0, 0, 80])}
    columns["birth_month"] = np.array([1965 * 12, 1965 * 12, 1990 * 12])
    batch = book().evaluate_batch("statutory_retirement", columns, DAY)
    assert batch.conditions == ("statutory_age_reached", "enough_months")
    assert batch.outcome.tolist() == [1, 2, 2]
    assert batch.unmet.tolist() == [0b00, 0b10, 0b11]


def test_certification_has_its_numbers_from_the_book() -> None:
    numbers = certification_parameters(book(), DAY)
    assert (numbers.validity_months, numbers.warning_months, numbers.grace_months) == (12, 3, 0)
    assert numbers.home_visit_age == 80
    assert numbers.agreement_days == {(matter, matter, False): 31 for matter in (Matter.DEATH, Matter.SENTENCE)}
    assert numbers.weak_kinds() == {
        EvidenceKind.CONTRIBUTION,
        EvidenceKind.PHARMACY,
        EvidenceKind.APP_LOGIN,
        EvidenceKind.SELF_DECLARATION,
    }
    assert {kind for kind, strength in numbers.strengths.items() if strength is Strength.MEDIUM} == {
        EvidenceKind.OUTPATIENT_SETTLEMENT,
        EvidenceKind.REMOTE_SETTLEMENT,
        EvidenceKind.LONG_TERM_CARE,
        EvidenceKind.VIDEO_CALL,
    }
    assert numbers.finding == {kind for kind, strength in numbers.strengths.items() if strength is Strength.STRONG}
    assert numbers.reaching == {(False, False), (False, True), (True, True)}


def test_certification_has_no_numbers_before_there_was_any() -> None:
    with pytest.raises(LookupError, match="has no value on 2018-12-31"):
        certification_parameters(book(), date(2018, 12, 31))


def test_minimum_months_rise_by_half_a_year_every_year() -> None:
    entries = {parameter.name: parameter for parameter in book().parameters()}["min_contribution_months"].entries
    rising = [entry.values[0] for entry in entries if entry.since >= 2011 * 12]
    assert rising == list(range(180, 241, 6))
    assert all(later - earlier == 6 for earlier, later in pairwise(rising))
