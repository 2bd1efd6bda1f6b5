"""Proposals: what they wait for, by which way it is asked for, and who may do what with them."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import Conflict, DomainError, PermissionDenied, PreconditionFailed
from services.eligibility.asks import asks_of
from services.eligibility.domain import Scheme
from services.eligibility.proposal import (
    STANDING,
    Ask,
    Channel,
    Proposal,
    ProposalState,
    Terms,
    channel_of,
    expiry,
)
from tests.unit.eligibility.test_offer import MONTH, PARAMETERS

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
TODAY = date(2026, 11, 24)
TERMS = Terms(
    benefit="employee_pension",
    scheme=Scheme.EMPLOYEE_PENSION,
    start_month=MONTH,
    end_month=None,
    monthly_fen=312_345,
    asks=(Ask.CONSENT, Ask.REVIEW),
    channel=Channel.MESSAGE,
)
OPEN = Proposal(
    proposal="p1",
    person="anna",
    terms=TERMS,
    decision="d1",
    run="r1",
    preparer="operator/wang",
    division="370202",
    basis="facts",
    expire_date=expiry(TODAY, PARAMETERS),
    create_time=NOW,
    update_time=NOW,
)
CONFIRMED = OPEN.confirm("recording 17", "operator/zhao", NOW)
REVIEWED = replace(OPEN, terms=replace(TERMS, asks=(Ask.REVIEW,), channel=Channel.REVIEWER))


def reason(refused: pytest.ExceptionInfo[DomainError]) -> tuple[str, object]:
    return refused.value.reason, refused.value.metadata.get("found")


def asked(benefit: str = "resident_pension", missing: str = "", **changed: bool) -> tuple[Ask, ...]:
    fields = {"payable": True, "verified_facts": True, "verified_law": True, "granted_before": False} | changed
    return asks_of(benefit, missing, parameters=PARAMETERS, **fields)


def test_complete_verified_facts_by_verified_law_ask_for_nothing() -> None:
    assert asked() == ()


@pytest.mark.parametrize("lacking", ["payable", "verified_facts", "verified_law"])
def test_whatever_is_not_as_it_should_be_is_asked_for(lacking: str) -> None:
    assert asked("resident_pension", "", **{lacking: False}) == ((Ask.CARD,) if lacking == "payable" else (Ask.REVIEW,))


def test_a_benefit_that_was_granted_before_needs_a_reviewer_and_one_not_for_all_a_consent() -> None:
    assert asked(granted_before=True) == (Ask.REVIEW,)
    assert asked("employee_pension") == (Ask.CONSENT,)
    bold = replace(PARAMETERS, instant_on_unverified_law=True)
    fields = {"payable": True, "verified_facts": True, "verified_law": False, "granted_before": False}
    assert asks_of("resident_pension", "", parameters=bold, **fields) == ()


def test_the_office_is_asked_before_the_person_and_the_person_before_the_reviewer() -> None:
    asks = asked("employee_pension", "avg_index_bp", payable=False, verified_facts=False)
    assert asks == (Ask.FACT, Ask.CONSENT, Ask.CARD)
    assert channel_of("employee_pension", asks) is Channel.OFFICE
    assert channel_of("employee_pension", (Ask.CONSENT, Ask.CARD)) is Channel.COUNTER
    assert channel_of("employee_pension", (Ask.CONSENT, Ask.REVIEW)) is Channel.MESSAGE
    assert channel_of("employee_pension", (Ask.REVIEW,)) is Channel.REVIEWER


def test_the_first_month_goes_with_the_time_and_all_else_makes_another_offer() -> None:
    assert TERMS.as_before(replace(TERMS, start_month=MONTH - 3))
    assert not TERMS.as_before(replace(TERMS, monthly_fen=312_346))
    reviewed = replace(TERMS, asks=(Ask.CONSENT,)).asking(Ask.REVIEW)
    assert reviewed == TERMS.asking(Ask.REVIEW) == TERMS
    missing = replace(TERMS, asks=(Ask.FACT,), missing="avg_index_bp").asking(Ask.REVIEW, Ask.CONSENT)
    assert missing.asks == (Ask.FACT, Ask.CONSENT)  # there is nothing to review yet


def test_a_consent_comes_before_the_approval_and_only_where_one_is_asked_for() -> None:
    with pytest.raises(PreconditionFailed) as early:
        OPEN.check_approval("reviewer/li", TODAY)
    assert reason(early) == ("PROPOSAL_STATE", "OPEN")
    CONFIRMED.check_approval("reviewer/li", TODAY)
    REVIEWED.check_approval("reviewer/li", TODAY)
    with pytest.raises(PreconditionFailed):
        REVIEWED.confirm("recording 17", "operator/zhao", NOW)


@pytest.mark.parametrize("same", ["operator/wang", "reviewer/wang", "reviewer/zhao"])
def test_who_had_a_hand_in_it_cannot_approve_it_under_another_role_either(same: str) -> None:
    with pytest.raises(PermissionDenied) as denied:
        CONFIRMED.check_approval(same, TODAY)
    assert denied.value.reason == "SAME_PERSON"


@pytest.mark.parametrize("ask", [Ask.FACT, Ask.CARD])
def test_nothing_is_approved_that_waits_for_a_fact_or_a_card(ask: Ask) -> None:
    waiting = replace(REVIEWED, terms=replace(REVIEWED.terms, asks=(ask,)))
    with pytest.raises(PreconditionFailed) as refused:
        waiting.check_approval("reviewer/li", TODAY)
    assert reason(refused) == ("PROPOSAL_STATE", ask)


def test_nothing_is_approved_on_the_day_on_which_it_stands_no_more() -> None:
    with pytest.raises(PreconditionFailed) as refused:
        REVIEWED.check_approval("reviewer/li", OPEN.expire_date)
    assert reason(refused) == ("PROPOSAL_STATE", "EXPIRED")


def test_a_version_read_before_a_change_is_refused() -> None:
    CONFIRMED.check_version(2)
    CONFIRMED.check_version(None)
    with pytest.raises(Conflict):
        CONFIRMED.check_version(1)


_MOVES = {
    "confirm": lambda one: one.confirm("recording 17", "operator/zhao", NOW),
    "decline": lambda one: one.decline("note 3", "operator/zhao", NOW),
    "withdraw": lambda one: one.withdraw("facts", NOW),
    "expire": lambda one: one.expire(NOW),
}


@given(st.lists(st.sampled_from(sorted(_MOVES)), max_size=6))
def test_whatever_ends_a_proposal_nothing_moves_it_again_and_each_move_is_a_version(moves: list[str]) -> None:
    proposal = OPEN
    for move in moves:
        before = proposal
        try:
            proposal = _MOVES[move](proposal)
        except PreconditionFailed:
            assert before.state not in STANDING or (move == "confirm" and before.state is ProposalState.CONFIRMED)
        else:
            assert before.state in STANDING
            assert proposal.version == before.version + 1
