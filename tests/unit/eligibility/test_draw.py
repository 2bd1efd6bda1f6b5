"""When a draw of ours may be made, what repeats one, and what takes one back."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from services.common.errors import AlreadyExists, InvalidInput, NotFound, PreconditionFailed
from services.common.months import parse_month
from services.eligibility.assessment import Grounds, assess
from services.eligibility.book.book import Book
from services.eligibility.certification import NOT_ASSESSED, Certification
from services.eligibility.claim import claim_of, events_of
from services.eligibility.domain import Account, Amount, EntitlementState, Scheme
from services.eligibility.draw import Draw, DrawKind, DrawReport, Reversal, admit_draw, is_repeated, reverse
from services.eligibility.draw_slot import already_drawn, slot_of
from services.eligibility.entitlement import Entitlement
from services.eligibility.evidence import Evidence, EvidenceKind, EvidenceSource
from services.eligibility.life_event import LifeEvent, LifeEventKind
from services.eligibility.payability import MonthAccount, account_for
from services.eligibility.rules.payability.payability import payability_law
from tests.support import certification as certified

NOW = datetime(2026, 3, 15, tzinfo=UTC)
MARCH = parse_month("2026-03")
PENSION = Entitlement(
    entitlement="e1",
    reference="A-1",
    person="p",
    benefit="employee_pension",
    scheme=Scheme.EMPLOYEE_PENSION,
    pooling_region="370202",
    start_month=MARCH - 2,
    end_month=None,
    amounts=(Amount(MARCH - 2, 312_345),),
    account=Account("ab" * 16, "****1234"),
    state=EntitlementState.ACTIVE,
    suspensions=(),
    create_time=NOW,
    update_time=NOW,
)
REPORT = DrawReport(
    reference="D-1",
    origin="",
    person="p",
    entitlement_reference="A-1",
    scheme=Scheme.EMPLOYEE_PENSION,
    pooling_region="370202",
    benefit_month=MARCH,
    pay_date=date(2026, 3, 15),
    kind=DrawKind.REGULAR,
    amount_fen=312_345,
    account_number="",
)
SEEN = Evidence(EvidenceSource.HEALTH, "1", "p", EvidenceKind.HOSPITAL_STAY, date(2026, 1, 3), date(2026, 1, 5))
DEATH = Evidence(EvidenceSource.POLICE, "2", "p", EvidenceKind.DEATH_REGISTERED, date(2026, 3, 1), date(2026, 3, 9))


def certification(*evidence: Evidence) -> Certification:
    grounds = Grounds(date(2026, 1, 1), date(1960, 1, 1), evidence)
    blank = Certification("p", "370202", grounds.birth_date, grounds.start_date, NOT_ASSESSED)
    return blank.become(assess(grounds, certified.LAW))[0]


LAW = payability_law(Book.load())
CERTIFIED = certification(SEEN)
HELD = certification(SEEN, DEATH)


def test_a_certified_person_draws_what_is_in_force() -> None:
    assert admit_draw(REPORT, PENSION, CERTIFIED, payable=True) == PENSION


@pytest.mark.parametrize(
    "report",
    [
        replace(REPORT, benefit_month=MARCH - 3),
        replace(REPORT, person="q"),
        replace(REPORT, scheme=Scheme.PUBLIC_PENSION),
        replace(REPORT, pooling_region="370203"),
    ],
)
def test_nothing_is_drawn_outside_of_the_entitlement(report: DrawReport) -> None:
    with pytest.raises(PreconditionFailed) as refused:
        admit_draw(report, PENSION, CERTIFIED, payable=True)
    assert refused.value.reason == "ENTITLEMENT_NOT_IN_FORCE"


def test_nothing_is_drawn_without_an_entitlement_a_certification_or_a_payable_account() -> None:
    with pytest.raises(PreconditionFailed) as refused:
        admit_draw(REPORT, None, CERTIFIED, payable=True)
    assert refused.value.reason == "ENTITLEMENT_NOT_IN_FORCE"
    for held, found in ((None, "NONE"), (HELD, "UNDER_VERIFICATION")):
        with pytest.raises(PreconditionFailed) as refused:
            admit_draw(REPORT, PENSION, held, payable=True)
        assert (refused.value.reason, refused.value.metadata) == ("CERTIFICATION_HOLDS_PAYMENT", {"found": found})
    with pytest.raises(PreconditionFailed) as refused:
        admit_draw(REPORT, PENSION, CERTIFIED, payable=False)
    assert refused.value.reason == "ACCOUNT_NOT_PAYABLE"


def account(entitlement: Entitlement, paid: int = 0, *events: LifeEvent) -> MonthAccount:
    """Account for March."""
    return account_for(claim_of(entitlement), [*events_of(entitlement, None), *events], MARCH, paid, LAW)


def test_back_pay_is_for_suspended_months_after_the_entitlement_was_resumed() -> None:
    back_pay = replace(REPORT, kind=DrawKind.BACK_PAY)
    suspended, _ = PENSION.suspend(MARCH, "x", NOW)
    with pytest.raises(PreconditionFailed) as refused:
        admit_draw(back_pay, suspended, CERTIFIED, payable=True, account=account(suspended))
    assert (refused.value.reason, refused.value.metadata["found"]) == ("MONTH_NOT_DUE", "HELD")
    resumed, _ = suspended.resume(MARCH + 1, NOW)
    assert admit_draw(back_pay, resumed, CERTIFIED, payable=True, account=account(resumed)) == resumed
    with pytest.raises(PreconditionFailed):
        admit_draw(REPORT, resumed, CERTIFIED, payable=True, account=account(resumed))


def test_no_draw_pays_more_of_a_month_than_is_owed() -> None:
    difference = replace(REPORT, kind=DrawKind.BACK_PAY, amount_fen=2_345)
    assert admit_draw(difference, PENSION, CERTIFIED, payable=True, account=account(PENSION, 310_000)) == PENSION
    for more in (replace(difference, amount_fen=2_346), replace(difference, offset="o", offset_fen=1)):
        with pytest.raises(InvalidInput) as refused:
            admit_draw(more, PENSION, CERTIFIED, payable=True, account=account(PENSION, 310_000))
        assert (refused.value.reason, refused.value.metadata) == ("AMOUNT_OUT_OF_RANGE", {"max": "2345"})


def test_nothing_is_drawn_for_a_month_that_an_event_has_taken() -> None:
    served = LifeEvent(LifeEventKind.PRISON, date(2026, 1, 5))
    with pytest.raises(PreconditionFailed) as refused:
        admit_draw(REPORT, PENSION, CERTIFIED, payable=True, account=account(PENSION, 0, served))
    assert refused.value.metadata == {"found": "LOST", "event": "PRISON"}


@pytest.mark.parametrize("kind", DrawKind)
def test_nothing_is_paid_for_months_beyond_the_next(kind: DrawKind) -> None:
    next_month = replace(REPORT, kind=kind, benefit_month=MARCH + 1)
    assert admit_draw(next_month, PENSION, CERTIFIED, payable=True) == PENSION
    with pytest.raises(InvalidInput) as refused:
        admit_draw(replace(next_month, benefit_month=MARCH + 2), PENSION, CERTIFIED, payable=True)
    assert (refused.value.field, refused.value.metadata) == ("benefit_month", {"max": "2026-04"})


def test_a_lump_sum_depends_on_no_certification() -> None:
    stopped, _ = PENSION.stop(MARCH - 1, "moved away", NOW)
    assert admit_draw(replace(REPORT, kind=DrawKind.LUMP_SUM), stopped, HELD, payable=True) == stopped


RECORDED = Draw("d1", REPORT, PENSION.account, NOW)


def test_a_month_and_a_lump_sum_are_drawn_once_and_each_difference_is_another() -> None:
    full, back_pay = slot_of(REPORT, PENSION, 0), replace(REPORT, kind=DrawKind.BACK_PAY)
    assert full == slot_of(back_pay, PENSION, 0) == slot_of(REPORT, PENSION, 1)
    assert slot_of(replace(REPORT, benefit_month=MARCH - 1), PENSION, 0) != full
    raised = [slot_of(replace(back_pay, reference=reference), PENSION, 300_000) for reference in ("D-2", "D-3")]
    assert len({full, *raised}) == 3
    lump = replace(REPORT, kind=DrawKind.LUMP_SUM)
    assert (
        slot_of(lump, PENSION, 0) == slot_of(replace(lump, benefit_month=MARCH - 1), PENSION, 0) not in {full, *raised}
    )
    assert already_drawn("d1").metadata == {"resource": "draws/d1"}


def test_the_same_report_is_a_repetition_and_another_one_under_its_key_is_refused() -> None:
    assert is_repeated(REPORT, "", RECORDED)
    with pytest.raises(AlreadyExists):
        is_repeated(replace(REPORT, amount_fen=1), "", RECORDED)
    outside = replace(REPORT, origin="bank/102")
    reported = replace(outside, account_number="6222000000000001")
    assert is_repeated(reported, "ab" * 16, replace(RECORDED, report=outside))
    with pytest.raises(AlreadyExists):
        is_repeated(reported, "cd" * 16, replace(RECORDED, report=outside))


BACK = Reversal("", "D-1", date(2026, 3, 20), "account closed")


def test_a_draw_is_reversed_once_and_the_same_reversal_may_be_repeated() -> None:
    reversed_draw = reverse(RECORDED, BACK)
    assert reversed_draw is not None
    assert (reversed_draw.reverse_date, reversed_draw.reverse_reason) == (date(2026, 3, 20), "account closed")
    assert reverse(reversed_draw, BACK) is None
    with pytest.raises(PreconditionFailed) as refused:
        reverse(reversed_draw, replace(BACK, reason="other"))
    assert refused.value.reason == "DRAW_REVERSED"
    assert BACK.key == REPORT.key


def test_a_draw_is_not_reversed_when_unknown_or_before_it_was_paid() -> None:
    with pytest.raises(NotFound):
        reverse(None, BACK)
    with pytest.raises(InvalidInput) as refused:
        reverse(RECORDED, replace(BACK, reverse_date=date(2026, 3, 14)))
    assert refused.value.field == "reverse_date"


def test_account_numbers_do_not_show_in_representations() -> None:
    assert "6222" not in repr(replace(REPORT, account_number="6222000000000001"))
