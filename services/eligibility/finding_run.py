"""Runs that look for benefits through everybody of whom facts are on record, in steps that can be interrupted; pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from services.common.errors import PreconditionFailed


class FindingRunState(StrEnum):
    """Where a run stands."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Found:
    """How many of one benefit were found; for a dry run, how many would be."""

    benefit: str
    granted: int = 0
    proposed: int = 0
    standing: int = 0
    """Proposals from before that still hold."""
    withdrawn: int = 0
    """Proposals from before that do not hold any more."""
    excluded: int = 0
    """People who fulfil the conditions but are not offered it, most because they draw it."""
    monthly_fen: int = 0
    """What the granted and proposed ones come to, in a month or once."""

    def plus(self, other: "Found") -> "Found":
        """Add up."""
        names = (name for name in Found.__slots__ if name != "benefit")
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in names})


@dataclass(frozen=True, slots=True)
class FindingRun:
    """One pass; `cursor` is the last person that it has looked at, in the order of their ids."""

    run: str
    as_of_date: date
    dry_run: bool
    total: int
    creator: str
    create_time: datetime
    state: FindingRunState = FindingRunState.RUNNING
    cursor: str = ""
    examined: int = 0
    found: tuple[Found, ...] = ()
    """By benefit, in the order of their names."""
    end_time: datetime | None = None

    def advance(self, cursor: str, examined: int, found: Iterable[Found]) -> "FindingRun":
        """Go on behind more people."""
        known = {one.benefit: one for one in self.found}
        for one in found:
            known[one.benefit] = known.get(one.benefit, Found(one.benefit)).plus(one)
        in_order = tuple(known[benefit] for benefit in sorted(known))
        return replace(self, cursor=cursor, examined=self.examined + examined, found=in_order)

    def succeed(self, now: datetime) -> "FindingRun":
        """End after everybody was looked at."""
        return replace(self, state=FindingRunState.SUCCEEDED, end_time=now)

    def cancel(self, now: datetime) -> "FindingRun":
        """Stop it; what it did stays. Raises PreconditionFailed when it has ended."""
        if self.state is not FindingRunState.RUNNING:
            raise PreconditionFailed(
                "FINDING_RUN_STATE",
                f"The run is {self.state}.",
                {"found": self.state, "needed": FindingRunState.RUNNING},
            )
        return replace(self, state=FindingRunState.CANCELLED, end_time=now)
