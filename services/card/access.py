"""Who read whose data: every look at a person is written down (Handling Regulation art. 38)."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from services.common.errors import Exhausted


class AccessKind(StrEnum):
    """What of a person was read."""

    REVEAL = "REVEAL"
    READ = "READ"
    RESOLVE = "RESOLVE"


@dataclass(frozen=True, slots=True)
class Looked:
    """One call that read people."""

    call: str
    """Id of the call, made for this record."""
    kind: AccessKind
    caller: str
    people: tuple[str, ...]
    access_time: datetime
    purpose: str = ""
    """Stated for a reveal; empty for what is answered masked."""
    case_reference: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """That one person was read by one call."""

    call: str
    place: int
    """Place of the person among those whom the call read."""
    kind: AccessKind
    caller: str
    person: str
    access_us: int
    """Microseconds since 1970."""
    purpose: str
    case_reference: str


@dataclass(frozen=True, slots=True)
class RevealBudget:
    """How many people one caller may see in clear on one day."""

    most: int

    def check(self, taken: int, day: date) -> None:
        """Raise Exhausted when a reveal, the `taken`th of the day, is one too many."""
        if taken > self.most:
            raise Exhausted(
                "REVEAL_BUDGET_SPENT",
                "You have revealed as many people today as you may; go on tomorrow, or have the limit raised.",
                {"max": str(self.most), "day": day.isoformat()},
            )
