"""Two records that are one person: a merge is proposed by one, approved by another (四眼原则), and undone likewise."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.common.callers import are_one_individual
from services.common.errors import Conflict, InvalidInput, PermissionDenied, PreconditionFailed


class MergeState(StrEnum):
    """Where a merge stands."""

    PROPOSED = "PROPOSED"
    REJECTED = "REJECTED"
    MERGED = "MERGED"
    UNDO_PROPOSED = "UNDO_PROPOSED"
    UNDONE = "UNDONE"


OPEN = frozenset((MergeState.PROPOSED, MergeState.MERGED, MergeState.UNDO_PROPOSED))
"""States in which the merged record may be in no other merge as the merged one."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Who is taken for whom, by whom, and why."""

    survivor: str
    merged: str
    reason: str
    case_reference: str
    proposer: str
    kept_card: str = ""
    """Id of the card that stays when both records have a live one; empty when that was not said."""

    def __post_init__(self) -> None:
        if self.survivor == self.merged:
            raise InvalidInput("merged", "INVALID_RESOURCE_NAME", "Nobody is merged with themselves.")


@dataclass(frozen=True, slots=True)
class Moved:
    """What a merge changed, so that undoing it changes exactly that."""

    people: tuple[str, ...] = ()
    """Ids of the merged person and of those who had been merged into that person before."""
    cards: tuple[str, ...] = ()
    """Ids of the cards that were given to the survivor."""
    cancelled_card: str = ""
    """Id of the live card that ended, because the person had two; empty without one."""
    was_payable: bool = False
    """Whether that card's account could be paid until then."""
    applications: tuple[str, ...] = ()
    """Codes of the one-card applications that were opened on the card that stays."""
    ecards: tuple[tuple[str, str, str], ...] = ()
    """Of each electronic card of the two before: its id, that of the physical one that it had last, and its holder."""


@dataclass(frozen=True, slots=True)
class Merge:
    """One merge; each step gives the changed one, a version higher."""

    merge: str
    proposal: Proposal
    create_time: datetime
    update_time: datetime
    state: MergeState = MergeState.PROPOSED
    decider: str = ""
    undo_reason: str = ""
    undo_proposer: str = ""
    undo_decider: str = ""
    moved: Moved = Moved()
    version: int = 1

    def approve(self, by: str, moved: Moved, now: datetime) -> "Merge":
        """Approve a proposed merge, which has moved what is given."""
        self._needs(by, self.proposal.proposer, MergeState.PROPOSED)
        return self._changed(now, state=MergeState.MERGED, decider=by, moved=moved)

    def reject(self, by: str, now: datetime) -> "Merge":
        """Reject what is proposed: the merge, or its undoing."""
        if self.state is MergeState.UNDO_PROPOSED:
            self._needs(by, self.undo_proposer, MergeState.UNDO_PROPOSED)
            return self._changed(now, state=MergeState.MERGED, undo_decider=by)
        self._needs(by, self.proposal.proposer, MergeState.PROPOSED)
        return self._changed(now, state=MergeState.REJECTED, decider=by)

    def propose_undo(self, by: str, reason: str, now: datetime) -> "Merge":
        """Propose to part the records again."""
        self._needs(by, "", MergeState.MERGED)
        return self._changed(now, state=MergeState.UNDO_PROPOSED, undo_proposer=by, undo_reason=reason, undo_decider="")

    def undo(self, by: str, now: datetime) -> "Merge":
        """Part the records again."""
        self._needs(by, self.undo_proposer, MergeState.UNDO_PROPOSED)
        return self._changed(now, state=MergeState.UNDONE, undo_decider=by)

    def check_version(self, version: int | None) -> None:
        """Raise Conflict when the caller has read another version; None fits every version."""
        if version is not None and version != self.version:
            raise Conflict("ETAG_MISMATCH", "The merge was changed since it was read; read it again.")

    def _changed(self, now: datetime, **fields: object) -> "Merge":
        return replace(self, **fields, version=self.version + 1, update_time=now)  # type: ignore[arg-type]  # by name

    def _needs(self, by: str, first: str, state: MergeState) -> None:
        if self.state is not state:
            raise PreconditionFailed(
                "MERGE_STATE", f"The merge is {self.state}.", {"found": self.state, "needed": state}
            )
        if are_one_individual(by, first):
            raise PermissionDenied("SAME_PERSON", "Who proposed it cannot decide it: ask a second person.")


def check_pair(survivor: str, merged: str, representatives: Mapping[str, str]) -> None:
    """Refuse to take a person and who acts for that person for one; `representatives` gives person -> who acts."""
    if representatives[survivor] == merged or representatives[merged] == survivor:
        raise PreconditionFailed(
            "REPRESENTS_OTHER", "One of the two acts for the other: they are two people, or that is to be mended first."
        )


def duplicate_card(kept: str, live: Sequence[str]) -> str:
    """Give the one of a person's two live cards that ends because the other is kept (一人一卡); empty with one or none.

    Raises PreconditionFailed when nobody has said which one stays, or when another one than that is live now.
    """
    if kept and live and kept not in live:
        raise PreconditionFailed(
            "CARD_STATE", "The card that was to stay is no live card of the two.", {"found": "NONE", "needed": "LIVE"}
        )
    if len(live) < 2:
        return ""
    if not kept:
        raise PreconditionFailed(
            "LIVE_CARD_EXISTS",
            "Both records have a live card, and one person has one: say which is kept, the other will be cancelled.",
            {"resource": f"cards/{live[0]}", "other_resource": f"cards/{live[1]}"},
        )
    return next(card for card in live if card != kept)


def returning_cards(moved: Set[str], held: Sequence[tuple[str, str]]) -> Set[str]:
    """Find which of the survivor's cards go back on an undo: those that came, and what has replaced them since.

    `held` has for each card that the survivor holds its id and the id of the card that it replaces.
    """
    returning = {card for card, _ in held if card in moved}
    replaced = {replaces: card for card, replaces in held if replaces}
    for card in moved:
        successor = replaced.get(card)
        while successor is not None and successor not in returning:
            returning.add(successor)
            successor = replaced.get(successor)
    return returning
