"""What must hold for any person."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.months import first_day
from services.eligibility.book.decision import Decision
from services.eligibility.book.fact import AS_OF_MONTH
from services.eligibility.book.node import MISSING
from tests.unit.eligibility.book.case_tables import book

FIRST, LAST = 2006 * 12, 2060 * 12
BENEFITS = [benefit.name for benefit in book().benefits()]
Person = dict[str, int]


def _fact(name: str) -> st.SearchStrategy[int]:
    fact = book().library.facts[name]
    if fact.unit == "month":
        return st.integers(max(fact.least, 1930 * 12), min(fact.most, 2050 * 12))
    return st.integers(fact.least, fact.most)


def _people(benefit: str) -> st.SearchStrategy[Person]:
    """People with all facts or only some, in any month."""
    known = next(one for one in book().benefits() if one.name == benefit)
    month = {AS_OF_MONTH: st.integers(max(FIRST, known.since), LAST)}
    required = {name: _fact(name) for name in known.facts}
    optional = {name: _fact(name) for name in known.optional_facts}
    return st.fixed_dictionaries({**month, **required}, optional=optional) | (
        st.fixed_dictionaries(month, optional=required | optional)
    )


def _alone(benefit: str, person: Person) -> Decision:
    return book().evaluate(benefit, person, first_day(person[AS_OF_MONTH]))


@pytest.mark.parametrize("benefit", BENEFITS)
@given(data=st.data())
def test_a_person_alone_and_as_a_row_of_a_batch_is_decided_alike(benefit: str, data: st.DataObject) -> None:
    people = data.draw(st.lists(_people(benefit), min_size=1, max_size=12))
    names = sorted({name for person in people for name in person})
    columns = {name: np.array([person.get(name, MISSING) for person in people], dtype=np.int64) for name in names}
    batch = book().evaluate_batch(benefit, columns, date(2026, 1, 1))
    for number, person in enumerate(people):
        alone, row = _alone(benefit, person), batch.row(number)
        assert (row.outcome, row.results, row.unmet, row.missing_facts, row.unverified) == (
            alone.outcome,
            alone.results,
            alone.unmet,
            alone.missing_facts,
            alone.unverified,
        )


@pytest.mark.parametrize("benefit", BENEFITS)
@given(data=st.data())
def test_a_plan_written_out_and_a_plan_walked_give_the_same_steps(benefit: str, data: st.DataObject) -> None:
    person = data.draw(_people(benefit))
    plan = book().chapters[benefit].plan_of(person[AS_OF_MONTH])
    assert plan.explain(person) == plan.explain_partly(person)


@pytest.mark.parametrize("benefit", BENEFITS)
@given(data=st.data())
def test_no_value_is_told_that_rests_on_a_missing_fact(benefit: str, data: st.DataObject) -> None:
    person = data.draw(_people(benefit))
    decision = _alone(benefit, person)
    told = {step.name for step in decision.steps}
    for step in decision.steps:
        assert set(step.givens) <= told
    assert (decision.outcome == "UNKNOWN") == bool(decision.missing_facts)
    assert not set(decision.missing_facts) & told


def _statutory(group: int, birth_month: int) -> tuple[int, int]:
    facts = {"birth_month": birth_month, "retirement_group": group, "contribution_months": 0, "deemed_months": 0}
    results = book().evaluate("statutory_retirement", facts, date(2026, 1, 1)).results
    return results["statutory_age_months"], results["statutory_retirement_month"]


@pytest.mark.parametrize(("group", "former", "longest"), [(1, 720, 36), (2, 660, 36), (3, 600, 60)])
@given(birth_month=st.integers(1940 * 12, 2010 * 12))
def test_who_is_born_later_retires_later_and_not_younger(
    group: int, former: int, longest: int, birth_month: int
) -> None:
    age, month = _statutory(group, birth_month)
    next_age, next_month = _statutory(group, birth_month + 1)
    assert former <= age <= next_age <= former + longest
    assert month < next_month


def test_men_of_the_first_four_months_of_the_reform_are_all_put_off_by_one_month() -> None:
    assert [_statutory(1, 1965 * 12 + month)[0] for month in range(5)] == [721, 721, 721, 721, 722]
