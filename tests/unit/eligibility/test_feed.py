"""Deliveries go from state to state, and what concerns many people takes two."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from services.common.errors import Conflict, PermissionDenied, PreconditionFailed
from services.eligibility.baseline import FeedCheck, Finding
from services.eligibility.evidence import EvidenceKind, EvidenceSource
from services.eligibility.feed import FeedBatch, FeedBatchChanged, FeedBatchState, FeedCounts, told
from services.eligibility.feed_decision import FeedDecisionKind, Proposal
from services.eligibility.feed_row import FeedRow

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
ANNA, BEN = "spiffe://socsec/operator/anna", "spiffe://socsec/reviewer/ben"
OPEN = FeedBatch("b1", EvidenceSource.HEALTH, "2026-11", NOW, NOW)
FINDING = Finding(FeedCheck.NEGATIVE_RATE, 900, 75, "本系统的设定")
CHECKING = OPEN.receive(2, 1, NOW).close(2, NOW)
QUARANTINED = CHECKING.judge({"CREMATED": 1, "PHARMACY": 1}, (FINDING,), NOW)
APPLYING = CHECKING.judge({}, (), NOW)
APPLIED = APPLYING.advance("r2", FeedCounts(rows=2, accepted=2), NOW).finish(NOW)


def proposed(batch: FeedBatch, kind: FeedDecisionKind) -> FeedBatch:
    return batch.propose(Proposal(kind, "wrong list", ANNA), NOW)


def decided(batch: FeedBatch, kind: FeedDecisionKind) -> FeedBatch:
    return proposed(batch, kind).approve(BEN, NOW, TODAY)


UNDONE = decided(APPLIED, FeedDecisionKind.UNDO).finish(NOW)
REJECTED = decided(QUARANTINED, FeedDecisionKind.REJECT)
BY_STATE = {batch.state: batch for batch in (OPEN, CHECKING, QUARANTINED, APPLYING, APPLIED, UNDONE, REJECTED)} | {
    FeedBatchState.UNDOING: decided(APPLIED, FeedDecisionKind.UNDO)
}
STEPS: dict[str, tuple[Callable[[FeedBatch], FeedBatch], set[FeedBatchState]]] = {
    "receive": (lambda batch: batch.receive(1, 0, NOW), {FeedBatchState.RECEIVING}),
    "take_piece": (lambda batch: batch.take_piece(1, 0, NOW), {FeedBatchState.RECEIVING}),
    "refuse": (lambda batch: batch.refuse("Piece 1: rows[0]", NOW), {FeedBatchState.RECEIVING}),
    "close": (lambda batch: batch.close(batch.counts.rows, NOW), {FeedBatchState.RECEIVING}),
    "judge": (lambda batch: batch.judge({}, (), NOW), {FeedBatchState.CHECKING}),
    "finish": (lambda batch: batch.finish(NOW), {FeedBatchState.APPLYING, FeedBatchState.UNDOING}),
    "release": (lambda batch: decided(batch, FeedDecisionKind.RELEASE), {FeedBatchState.QUARANTINED}),
    "reject": (
        lambda batch: decided(batch, FeedDecisionKind.REJECT),
        {FeedBatchState.QUARANTINED, FeedBatchState.RECEIVING},
    ),
    "undo": (
        lambda batch: decided(batch, FeedDecisionKind.UNDO),
        {FeedBatchState.APPLIED, FeedBatchState.APPLYING},
    ),
}


def test_every_state_is_looked_at() -> None:
    assert set(BY_STATE) == set(FeedBatchState)


@pytest.mark.parametrize("state", FeedBatchState)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_taken_from_its_states_only(step: str, state: FeedBatchState) -> None:
    take, allowed = STEPS[step]
    if state in allowed:
        taken = take(BY_STATE[state])
        assert taken.version > BY_STATE[state].version
        assert taken.update_time == NOW
    else:
        with pytest.raises(PreconditionFailed) as refused:
            take(BY_STATE[state])
        assert refused.value.reason == "FEED_BATCH_STATE"
        assert refused.value.metadata["found"] == state


def test_a_delivery_is_complete_with_the_piece_that_declares_its_rows_whenever_that_comes() -> None:
    last = OPEN.take_piece(2, 7, NOW)
    assert not last.has_all_pieces
    assert (last.last_piece, last.declared_rows) == (2, 7)
    whole = last.take_piece(1, 0, NOW)
    assert whole.has_all_pieces
    assert whole.declared_rows == 7
    assert not OPEN.has_all_pieces


def test_a_delivery_with_fewer_rows_than_were_sent_stays_open() -> None:
    with pytest.raises(PreconditionFailed) as refused:
        OPEN.receive(2, 0, NOW).close(3, NOW)
    assert (refused.value.reason, refused.value.metadata) == ("FEED_ROW_COUNT", {"found": "2", "needed": "3"})


def test_a_refused_delivery_says_why_and_drops_what_was_proposed() -> None:
    refused = proposed(OPEN, FeedDecisionKind.REJECT).refuse("Piece 3: rows[1]: event_date", NOW)
    assert (refused.state, refused.refusal, refused.proposal) == ("REJECTED", "Piece 3: rows[1]: event_date", None)


def test_a_usual_delivery_begins_to_take_effect_and_an_abnormal_one_waits() -> None:
    assert (APPLYING.apply_time, APPLYING.findings) == (NOW, ())
    assert (QUARANTINED.apply_time, QUARANTINED.findings) == (None, (FINDING,))
    assert QUARANTINED.kinds == (("CREMATED", 1), ("PHARMACY", 1))


def test_what_was_released_counts_from_its_release() -> None:
    released = decided(QUARANTINED, FeedDecisionKind.RELEASE)
    assert (released.state, released.release_date, released.apply_time) == ("APPLYING", TODAY, NOW)
    early = date(2026, 10, 1)
    dead = FeedRow("r1", 0, "p1", EvidenceKind.CREMATED, early, early)
    seen = replace(dead, kind=EvidenceKind.HOSPITAL_STAY)
    assert dead.evidence(released).received_date == TODAY
    assert seen.evidence(released).received_date == early
    assert dead.evidence(APPLYING).received_date == early


@pytest.mark.parametrize("decide", [FeedBatch.decline, lambda batch, by, now: batch.approve(by, now, TODAY)])
def test_who_proposed_does_not_decide(decide: Callable[[FeedBatch, str, datetime], FeedBatch]) -> None:
    waiting = proposed(QUARANTINED, FeedDecisionKind.RELEASE)
    with pytest.raises(PermissionDenied) as refused:
        decide(waiting, ANNA, NOW)
    assert refused.value.reason == "SAME_PERSON"
    with pytest.raises(PreconditionFailed, match="Nothing is proposed"):
        decide(QUARANTINED, BEN, NOW)


def test_a_declined_proposal_leaves_the_delivery_as_it_is_and_on_record() -> None:
    declined = proposed(QUARANTINED, FeedDecisionKind.RELEASE).decline(BEN, NOW)
    assert (declined.state, declined.proposal) == ("QUARANTINED", None)
    assert [(one.decider, one.approved, one.proposal.kind) for one in declined.decisions] == [(BEN, False, "RELEASE")]
    assert decided(declined, FeedDecisionKind.REJECT).state == "REJECTED"


def test_one_thing_is_proposed_at_a_time() -> None:
    with pytest.raises(PreconditionFailed, match="waits for a second person"):
        proposed(proposed(QUARANTINED, FeedDecisionKind.RELEASE), FeedDecisionKind.REJECT)


def test_another_version_than_was_read_is_refused() -> None:
    OPEN.check_version(None)
    OPEN.check_version(OPEN.version)
    with pytest.raises(Conflict) as refused:
        OPEN.check_version(OPEN.version + 1)
    assert refused.value.reason == "ETAG_MISMATCH"


def test_states_are_told_once() -> None:
    opened, events = told(None, OPEN)
    assert events == [FeedBatchChanged(opened)]
    assert told(opened, opened.receive(1, 0, NOW))[1] == []
    closed, more = told(opened, replace(CHECKING, event_count=opened.event_count))
    assert [event.batch.event_count for event in (*events, *more)] == [1, 2]
    assert closed.state == "CHECKING"


def test_an_undone_delivery_has_ended() -> None:
    assert UNDONE.state == "UNDONE"
    assert UNDONE.counts.accepted == 2
    assert UNDONE.counts.plus(restored_people=1).minus(FeedCounts(rows=1)) == FeedCounts(
        rows=1, accepted=2, restored_people=1
    )
