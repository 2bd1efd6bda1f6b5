"""Two records that are one person: whose decision it is, and what an undo gives back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from services.card.merge import Merge, MergeState, Moved, Proposal, check_pair, returning_cards
from services.common.errors import Conflict, InvalidInput, PermissionDenied, PreconditionFailed

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
PROPOSAL = Proposal("b", "a", "15 and 18 digits of one person", "D-7", "operator/wang")
PROPOSED = Merge("m", PROPOSAL, NOW, NOW)
MERGED = PROPOSED.approve("reviewer/li", Moved(("a",), ("card",)), NOW)
UNDOING = MERGED.propose_undo("operator/li", "they are twins", LATER)


def test_a_merge_is_approved_by_another_person() -> None:
    assert (MERGED.state, MERGED.decider, MERGED.version) == (MergeState.MERGED, "reviewer/li", 2)
    for same in ("operator/wang", "reviewer/wang"):
        with pytest.raises(PermissionDenied) as refused:
            PROPOSED.approve(same, Moved(), NOW)
        assert refused.value.reason == "SAME_PERSON"


def test_an_undo_is_decided_by_another_person_than_proposed_it() -> None:
    assert (UNDOING.state, UNDOING.undo_proposer, UNDOING.moved) == (
        MergeState.UNDO_PROPOSED,
        "operator/li",
        MERGED.moved,
    )
    assert UNDOING.undo("reviewer/wang", LATER).state is MergeState.UNDONE
    for decide in (UNDOING.undo, UNDOING.reject):
        with pytest.raises(PermissionDenied):
            decide("reviewer/li", LATER)


def test_a_rejected_undo_leaves_the_records_merged_and_may_be_proposed_again() -> None:
    kept = UNDOING.reject("reviewer/wang", LATER)
    assert (kept.state, kept.moved) == (MergeState.MERGED, MERGED.moved)
    assert kept.propose_undo("operator/wang", "they are twins", LATER).state is MergeState.UNDO_PROPOSED


def test_a_step_that_the_state_forbids_names_what_was_found_and_what_is_needed() -> None:
    rejected = PROPOSED.reject("reviewer/li", NOW)
    undone = UNDOING.undo("reviewer/wang", LATER)
    steps: list[tuple[Merge, str, Callable[[Merge], Merge]]] = [
        (rejected, "PROPOSED", lambda merge: merge.approve("reviewer/li", Moved(), NOW)),
        (rejected, "MERGED", lambda merge: merge.propose_undo("operator/li", "reason", NOW)),
        (MERGED, "UNDO_PROPOSED", lambda merge: merge.undo("reviewer/wang", NOW)),
        (undone, "PROPOSED", lambda merge: merge.reject("reviewer/li", NOW)),
    ]
    for merge, needed, step in steps:
        with pytest.raises(PreconditionFailed) as refused:
            step(merge)
        assert (refused.value.reason, refused.value.metadata) == (
            "MERGE_STATE",
            {"found": merge.state, "needed": needed},
        )


def test_nobody_is_merged_with_themselves_nor_with_who_acts_for_them() -> None:
    with pytest.raises(InvalidInput):
        Proposal("a", "a", "reason", "D-7", "operator/wang")
    check_pair("b", "a", {"a": "c", "b": ""})
    for acting in ({"a": "b", "b": ""}, {"a": "", "b": "a"}):
        with pytest.raises(PreconditionFailed) as refused:
            check_pair("b", "a", acting)
        assert refused.value.reason == "REPRESENTS_OTHER"


def test_a_stale_version_is_told() -> None:
    MERGED.check_version(2)
    with pytest.raises(Conflict):
        MERGED.check_version(1)


def test_cards_that_came_go_back_with_those_that_replaced_them() -> None:
    held = [("own", ""), ("came", ""), ("second", "came"), ("third", "second"), ("new", "own"), ("other", "")]
    assert returning_cards({"came"}, held) == {"came", "second", "third"}
    assert returning_cards(set(), held) == set()
