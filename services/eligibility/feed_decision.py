"""What two people decide of a delivery: one proposes, another approves or declines."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FeedDecisionKind(StrEnum):
    """What can be decided of a delivery."""

    RELEASE = "RELEASE"
    REJECT = "REJECT"
    UNDO = "UNDO"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody wants done."""

    kind: FeedDecisionKind
    reason: str
    proposer: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A proposal that another person has decided."""

    proposal: Proposal
    decider: str
    approved: bool
    time: datetime
