"""A case's life: what it may become, who may say so, and how it follows its finding."""

import itertools
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import PermissionDenied, PreconditionFailed
from services.fund_audit.domain import (
    LIVE,
    Case,
    CaseState,
    Change,
    ChangeKind,
    Finding,
    Line,
    Subject,
    SubjectKind,
    open_case,
    reconcile,
)
from services.fund_audit.ledger.leaf import read_leaf, write_leaf

T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
T1 = T0 + timedelta(hours=1)
WANG, LI = "spiffe://socsec/auditor/wang", "spiffe://socsec/auditor/li"


def finding(*lines: Line, rule: str = "R-04", version: int = 1) -> Finding:
    return Finding(rule, version, Subject(SubjectKind.PERSON, "anna"), ("anna",), "370202", tuple(sorted(lines)))


JANUARY = Line(24312, ("e1", "e2"), 100)
FEBRUARY = Line(24313, ("e3", "e4"), 50)


def opened() -> Case:
    return open_case("case1", finding(JANUARY), T0).case


def decided(decision: CaseState) -> Case:
    confirmed = decision is CaseState.CONFIRMED
    return opened().take(WANG, T0).case.decide(LI, "checked on the spot", T1, confirmed=confirmed).case


def in_state(state: CaseState) -> Case:
    if state is CaseState.OPEN:
        return opened()
    if state is CaseState.TAKEN:
        return opened().take(WANG, T0).case
    return opened().withdraw(T0).case if state is CaseState.WITHDRAWN else decided(state)


def test_a_finding_sums_up_its_lines() -> None:
    both = finding(FEBRUARY, JANUARY)
    assert (both.months, both.evidence, both.amount_at_risk_fen) == ((24312, 24313), ("e1", "e2", "e3", "e4"), 150)


def test_a_taken_case_is_decided_by_a_second_person() -> None:
    change = opened().take(WANG, T0).case.decide(LI, "both regions paid", T1, confirmed=True)
    assert (change.kind, change.actor, change.case.decision_reason) == (ChangeKind.CONFIRMED, LI, "both regions paid")
    case = change.case
    assert (case.state, case.taken_by, case.decided_by, case.version) == (CaseState.CONFIRMED, WANG, LI, 3)
    assert (case.opened_time, case.changed_time) == (T0, T1)


def test_who_took_a_case_cannot_decide_it() -> None:
    case = opened().take(WANG, T0).case
    with pytest.raises(PermissionDenied) as refused:
        case.decide(WANG, "nothing in it", T1, confirmed=False)
    assert refused.value.reason == "SAME_PERSON"


def test_a_second_certificate_makes_no_second_pair_of_eyes() -> None:
    case = opened().take("auditor/wang", T0).case
    with pytest.raises(PermissionDenied):
        case.decide("reviewer/wang", "nothing in it", T1, confirmed=False)
    assert case.decide("reviewer/li", "nothing in it", T1, confirmed=False).case.state is CaseState.DISMISSED


def attempt(case: Case, action: str) -> Change:
    match action:
        case "amend":
            return case.amend(finding(FEBRUARY), T1)
        case "withdraw":
            return case.withdraw(T1)
        case "take":
            return case.take(WANG, T1)
        case _:
            return case.decide(LI, "reason", T1, confirmed=True)


ALLOWED = {"amend": LIVE, "withdraw": LIVE, "take": {CaseState.OPEN}, "decide": {CaseState.TAKEN}}


@pytest.mark.parametrize(("state", "action"), list(itertools.product(CaseState, ALLOWED)))
def test_each_action_is_allowed_in_its_states_and_refused_with_the_state_elsewhere(
    state: CaseState, action: str
) -> None:
    case = in_state(state)
    if state in ALLOWED[action]:
        assert attempt(case, action).case.version == case.version + 1
    else:
        with pytest.raises(PreconditionFailed) as refused:
            attempt(case, action)
        assert refused.value.metadata["found"] == state


def test_an_amended_case_keeps_its_state_and_who_took_it() -> None:
    case = in_state(CaseState.TAKEN).amend(finding(JANUARY, FEBRUARY), T1).case
    assert (case.state, case.taken_by, case.finding.amount_at_risk_fen) == (CaseState.TAKEN, WANG, 150)


def settle(live: Case | None, settled: set[str], found: Finding | None) -> Change | None:
    return reconcile(live, settled, found, T1, lambda: "case2")


def test_a_finding_opens_a_case_follows_it_and_withdraws_it() -> None:
    change = settle(None, set(), finding(JANUARY))
    assert change is not None
    assert (change.kind, change.case.id, change.case.state) == (ChangeKind.OPENED, "case2", CaseState.OPEN)
    assert settle(change.case, set(), finding(JANUARY)) is None
    more = settle(change.case, set(), finding(JANUARY, FEBRUARY))
    assert more is not None
    assert (more.kind, more.case.finding.amount_at_risk_fen) == (ChangeKind.AMENDED, 150)
    gone = settle(more.case, set(), None)
    assert gone is not None
    assert (gone.kind, gone.case.state) == (ChangeKind.WITHDRAWN, CaseState.WITHDRAWN)


def test_a_new_version_of_a_rule_amends_its_case() -> None:
    change = settle(opened(), set(), finding(JANUARY, version=2))
    assert change is not None
    assert change.case.finding.rule_version == 2


def test_what_was_decided_is_not_opened_again_and_new_evidence_is_a_new_case_about_the_rest() -> None:
    settled = set(decided(CaseState.DISMISSED).finding.evidence)
    assert settle(None, settled, finding(JANUARY)) is None
    change = settle(None, settled, finding(JANUARY, FEBRUARY))
    assert change is not None
    assert change.case.finding.lines == (FEBRUARY,)
    one_new_event = Line(JANUARY.month, ("e1", "e2", "e9"), 130)
    again = settle(None, settled, finding(one_new_event))
    assert again is not None
    assert again.case.finding.lines == (one_new_event,)


def test_new_evidence_with_nothing_at_risk_opens_no_case() -> None:
    assert settle(None, set(), finding(Line(24312, ("e7",), 0))) is None


lines = st.builds(
    Line,
    st.integers(24312, 24315),
    st.lists(st.sampled_from(["e1", "e2", "e3", "e4"]), min_size=1, max_size=2, unique=True).map(
        lambda events: tuple(sorted(events))
    ),
    st.integers(0, 9),
)
findings = st.none() | st.lists(lines, min_size=1, max_size=4, unique=True).map(lambda some: finding(*some))


@given(st.lists(findings, max_size=6), st.sets(st.sampled_from(["e1", "e2", "e3"])))
def test_a_case_always_says_what_the_rule_says_now(found: list[Finding | None], settled: set[str]) -> None:
    live: Case | None = None
    for latest in found:
        change = settle(live, settled, latest)
        live = change.case if change else live
        live = live if live and live.state in LIVE else None
        due = latest.beyond(settled) if latest else None
        assert (live.finding if live else None) == due
        assert settle(live, settled, latest) is None  # saying it again changes nothing


def test_a_leaf_is_canonical_and_says_everything_an_auditor_relies_on() -> None:
    change = in_state(CaseState.TAKEN).decide(LI, "两地重复领取", T1, confirmed=True)
    leaf = write_leaf(change)
    assert json.loads(leaf) == {
        "actor": LI,
        "case": "case1",
        "change": "CONFIRMED",
        "decided_by": LI,
        "decision_reason": "两地重复领取",
        "division": "370202",
        "lines": [["2026-01", ["e1", "e2"], 100]],
        "opened_time": "2026-03-01T08:00:00+00:00",
        "people": ["anna"],
        "rule": "R-04",
        "rule_version": 1,
        "state": "CONFIRMED",
        "subject": ["PERSON", "anna"],
        "taken_by": WANG,
        "time": "2026-03-01T09:00:00+00:00",
        "version": 3,
    }
    assert leaf == json.dumps(json.loads(leaf), ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    assert read_leaf(leaf) == change
