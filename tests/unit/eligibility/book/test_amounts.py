"""What must hold of the amounts of survivors, the unemployed, the injured and dependants, whoever they are."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.eligibility.book.case_tables import book
from tests.unit.eligibility.book.people import MAN

DAY = date(2026, 3, 1)
MONTHS = st.integers(0, 960)
WAGES = st.integers(0, 100_000_000)


def _results(benefit: str, **facts: int) -> dict[str, int]:
    return dict(book().evaluate(benefit, MAN | facts, DAY).results)


@given(paid=MONTHS, drawn=MONTHS)
def test_the_survivors_lump_grows_with_contributions_shrinks_with_pension_drawn_and_has_its_limits(
    paid: int, drawn: int
) -> None:
    def twelfths(paid: int, drawn: int, retired: int) -> int:
        facts = {"contribution_months": paid, "deemed_months": 0, "pension_drawn_months": drawn}
        return _results("survivors_benefit", drew_employee_pension_at_death=retired, **facts)[
            "survivor_lump_twelfths_count"
        ]

    at_work, retired = twelfths(paid, 0, 0), twelfths(paid, drawn, 1)
    assert 3 * 12 <= at_work <= twelfths(min(paid + 1, 960), 0, 0) <= 24 * 12
    assert 9 * 12 <= retired <= max(at_work, 9 * 12)
    assert twelfths(paid, min(drawn + 1, 960), 1) <= retired


@given(paid=st.integers(0, 59), own=st.integers(0, 5_000_000))
def test_survivors_of_less_than_five_years_never_get_more_than_was_paid_in(paid: int, own: int) -> None:
    results = _results("survivors_benefit", contribution_months=paid, deemed_months=0, own_contributions_fen=own)
    assert results["survivors_total_fen"] <= own


@given(paid=MONTHS, carried=st.integers(0, 24), birth_month=st.integers(1950 * 12, 2005 * 12))
def test_unemployment_lasts_two_years_at_most_unless_retirement_is_less_than_a_year_away_then(
    paid: int, carried: int, birth_month: int
) -> None:
    facts = {"unemployment_paid_months": paid, "carried_over_months": carried, "birth_month": birth_month}
    results = _results("unemployment_benefit", **facts)
    term, last = results["unemployment_term_months"], results["unemployment_last_month"]
    assert carried <= term <= 24
    end = MAN["registration_month"] + term - 1
    assert 0 <= last - end <= (12 if results["goes_on_until_retirement"] else 0)


@given(grade=st.integers(1, 4), wage=WAGES, pension=WAGES)
def test_the_injured_have_the_higher_of_pension_and_allowance(grade: int, wage: int, pension: int) -> None:
    facts = {"injury_grade": grade, "own_wage_fen": wage, "draws_employee_pension": 1, "drawn_pension_fen": pension}
    results = _results("work_injury", **facts)
    assert results["fund_allowance_fen"] + pension == max(results["disability_allowance_fen"], pension)
    assert results["disability_allowance_fen"] >= 220_000  # the minimum wage


@given(wage=WAGES, relations=st.lists(st.integers(1, 6), min_size=1, max_size=8))
def test_all_dependants_together_never_get_more_than_the_wage(wage: int, relations: list[int]) -> None:
    together = sum(4_000 if relation == 1 else 3_000 for relation in relations)
    each = [
        _results("dependants_allowance", own_wage_fen=wage, dependant_relation=one, all_dependants_bp=together)
        for one in relations
    ]
    counted = _results("work_injury", own_wage_fen=wage)["injury_wage_fen"]
    rounding_fen = len(relations)
    assert sum(one["dependants_allowance_fen"] for one in each) <= counted + rounding_fen
