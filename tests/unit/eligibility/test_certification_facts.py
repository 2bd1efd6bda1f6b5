"""The sentences of the book decide a certification as its state machine does."""

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.common.months import add_months
from services.eligibility.assessment import Look, next_state
from services.eligibility.certification import CertificationState
from services.eligibility.certification_facts import age_in_years, months_begun, months_left
from services.eligibility.evidence import EvidenceKind
from services.eligibility.notice import Infirmity
from services.eligibility.rules.certification.certification import certification_parameters
from services.eligibility.warning import is_to_visit
from tests.support.certification import LAW
from tests.unit.eligibility.book.case_tables import book

DAYS = st.dates(date(2019, 1, 1), date(2040, 12, 31))
STATES = st.sampled_from((CertificationState.CERTIFIED, CertificationState.WARNING, CertificationState.SUSPENDED))
_CODES = {CertificationState.CERTIFIED: 1, CertificationState.WARNING: 2, CertificationState.SUSPENDED: 3}
_KINDS = sorted(LAW.certifying)


@given(DAYS, DAYS, st.integers(0, 40))
@example(date(2024, 1, 31), date(2024, 2, 29), 1)
def test_months_say_what_days_say(since: date, day: date, months: int) -> None:
    assert (months_begun(since, day) <= months) == (day <= add_months(since, months))
    assert (months_left(day, since) >= months) == (months == 0 or day < add_months(since, -months))
    years = months // 12
    assert (age_in_years(since, day) >= years) == (years == 0 or add_months(since, 12 * years) <= day)


@given(
    DAYS,
    st.none() | st.integers(-30, 900),
    st.sampled_from(_KINDS),
    STATES,
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
@example(date(2026, 3, 1), 365, EvidenceKind.HOSPITAL_STAY, CertificationState.WARNING, True, False, False)
def test_the_book_suspends_whom_the_machine_suspends(
    day: date,
    age_days: int | None,
    kind: EvidenceKind,
    before: CertificationState,
    noticed: bool,
    visited: bool,
    infirm: bool,
) -> None:
    numbers = certification_parameters(book(), day)
    event = day - timedelta(days=age_days) if age_days is not None else None
    until = add_months(event, numbers.validity_months) if event is not None else None
    birth = add_months(day, -12 * 75)
    to_visit = is_to_visit(birth, Infirmity(day) if infirm else None, day, numbers)
    look = Look(visited or (noticed and not to_visit))
    expected = next_state(before, day, until, look, numbers)
    facts = {
        "has_evidence": int(event is not None),
        "certification_before": _CODES[before],
        "holder_age_years": age_in_years(birth, day),
        "is_swept": 1,
        "is_infirm": int(infirm),
        "has_notice": int(noticed or visited),
        "has_visit": int(visited),
        "grave_reports_count": 0,
        "agreeing_reports_count": 0,
        "has_judgment": 0,
        "missing_reports_count": 0,
    }
    if event is not None and until is not None:
        facts |= {
            "evidence_kind": book().code("evidence_kind", kind),
            "evidence_age_months": months_begun(event, day),
            "validity_left_months": months_left(day, until),
            "overdue_months": months_begun(until, day),
        }
    told = book().evaluate("silent_certification", facts, day)
    assert told.missing_facts == ()
    assert bool(told.results["is_payment_suspended"]) == (expected is CertificationState.SUSPENDED)
    assert bool(told.results["is_silently_certified"]) == (expected is CertificationState.CERTIFIED)
    assert bool(told.results["is_covered"]) == (until is not None and day <= until)


@pytest.mark.parametrize("born", [None, date(1900, 2, 28)])
def test_who_is_of_unknown_age_or_very_old_is_visited(born: date | None) -> None:
    day = date(2026, 3, 1)
    numbers = certification_parameters(book(), day)
    assert is_to_visit(born, None, day, numbers)
    assert age_in_years(born, day) >= numbers.home_visit_age
