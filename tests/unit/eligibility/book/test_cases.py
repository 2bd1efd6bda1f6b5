"""The law's own tables: every row as one person and as a row of a batch."""

import numpy as np
import pytest

from services.eligibility.book.fact import AS_OF_MONTH
from services.eligibility.book.node import MISSING
from tests.unit.eligibility.book.case_tables import Case, agrees, all_cases, as_of_month, book

ALL = all_cases()


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.place)
def test_a_row_of_the_law_s_tables_is_decided_so_for_one_person(case: Case) -> None:
    decision = book().evaluate(case.benefit, case.facts, case.as_of)
    agrees(case, decision)
    if case.results and not decision.missing_facts:
        assert {step.name for step in decision.steps} >= set(case.results)


@pytest.mark.parametrize("benefit", sorted({case.benefit for case in ALL}))
def test_all_rows_of_the_law_s_tables_are_decided_so_in_one_batch(benefit: str) -> None:
    cases = [case for case in ALL if case.benefit == benefit]
    names = sorted({name for case in cases for name in case.facts})
    columns = {name: np.array([case.facts.get(name, MISSING) for case in cases], dtype=np.int64) for name in names}
    columns[AS_OF_MONTH] = np.array([as_of_month(case) for case in cases], dtype=np.int64)
    batch = book().evaluate_batch(benefit, columns, cases[0].as_of)
    assert len(batch) == len(cases)
    for number, case in enumerate(cases):
        agrees(case, batch.row(number))


def test_every_benefit_has_tables_and_every_row_a_source() -> None:
    assert {case.benefit for case in ALL} == {benefit.name for benefit in book().benefits()}
    assert all(case.source for case in ALL)
