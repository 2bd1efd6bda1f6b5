"""Sweeps: passes over all certifications as of a day, in steps that can be interrupted; pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from services.common.errors import PreconditionFailed
from services.eligibility.assessment import Look, next_state
from services.eligibility.certification import (
    Assessment,
    Certification,
    CertificationMethod,
    CertificationState,
    Period,
    state_on,
)
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.notice import Notice
from services.eligibility.warning import is_noticed, is_to_visit

EVERYBODY = "~"
"""Cursor behind every person."""


class SweepState(StrEnum):
    """Where a sweep stands."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Counts:
    """What a sweep has found so far."""

    examined: int = 0
    qualified: int = 0
    to_verify: int = 0
    lost: int = 0
    silent: int = 0
    warned: int = 0
    suspended: int = 0
    unnoticed: int = 0

    def plus(self, others: "Iterable[Counts]") -> "Counts":
        """Add up."""
        rows = [self, *others]
        return Counts(*(sum(getattr(row, name) for row in rows) for name in Counts.__slots__))


@dataclass(frozen=True, slots=True)
class Sweep:
    """One pass; `cursor` is the last person that it has looked at, in the order of their ids."""

    sweep: str
    as_of_date: date
    dry_run: bool
    total: int
    create_time: datetime
    state: SweepState = SweepState.RUNNING
    cursor: str = ""
    counts: Counts = Counts()
    end_time: datetime | None = None
    lists_deleted: bool = False
    """Whether it ended so long ago that nobody can be told any more whom it found."""

    def check_lists(self) -> None:
        """Raise PreconditionFailed when its lists are not kept any more."""
        if self.lists_deleted:
            raise PreconditionFailed(
                "SWEEP_STATE", "Its lists are so old that they were deleted.", {"found": "LISTS_DELETED", "needed": ""}
            )

    def advance(self, cursor: str, found: Iterable[Counts]) -> "Sweep":
        """Go on behind more people."""
        return replace(self, cursor=cursor, counts=self.counts.plus(found))

    def succeed(self, now: datetime) -> "Sweep":
        """End after everybody was looked at."""
        return replace(self, state=SweepState.SUCCEEDED, cursor=EVERYBODY, end_time=now)

    def cancel(self, now: datetime) -> "Sweep":
        """Stop it; what it did stays. Raises PreconditionFailed when it has ended."""
        if self.state is not SweepState.RUNNING:
            raise PreconditionFailed(
                "SWEEP_STATE", f"The sweep is {self.state}.", {"found": self.state, "needed": SweepState.RUNNING}
            )
        return replace(self, state=SweepState.CANCELLED, end_time=now)


@dataclass(frozen=True, slots=True)
class Applied:
    """A sweep that counts for everybody up to its cursor."""

    as_of_date: date
    cursor: str


def dates_for(person: str, applied: Iterable[Applied]) -> tuple[date, ...]:
    """Give the days on which sweeps looked at a person."""
    return tuple(sweep.as_of_date for sweep in applied if person <= sweep.cursor)


def look_at(
    certification: Certification, notices: Iterable[Notice], day: date, law: CertificationLaw
) -> Assessment | None:
    """Give what a sweep of a day makes of a certification, from its record alone.

    None when the record does not tell, as something was decided that day or later. A loss, reported or confirmed, stays
    what it is: only the state hidden below it moves, and that is worked out again when the report is withdrawn.
    """
    known, parameters = certification.assessment, law.on(day)
    if known.assessed_to >= day:
        return None
    if certification.state in _HIDING:
        return known
    to_visit = is_to_visit(certification.birth_date, certification.infirmity, day, parameters)
    noticed = is_noticed(notices, day, known.valid_to, to_visit, parameters)
    state = next_state(certification.state, day, known.valid_to, Look(noticed), parameters)
    if state is certification.state:
        return known
    return replace(known, periods=(*known.periods, Period(state, day)), assessed_to=day)


_HIDING = frozenset({CertificationState.UNDER_VERIFICATION, CertificationState.LOST})


def count(before: Certification, after: Certification, day: date) -> Counts:
    """Count one certification as a sweep of a day leaves it."""
    state = state_on(after.assessment.periods, day)
    was = state_on(before.assessment.periods, day)
    valid_to = after.assessment.valid_to
    overdue = valid_to is None or valid_to < day
    certified = state is CertificationState.CERTIFIED
    return Counts(
        examined=1,
        qualified=certified,
        to_verify=state is not None and state is not CertificationState.LOST and not certified,
        lost=state is CertificationState.LOST,
        silent=certified and after.method is CertificationMethod.SILENT,
        warned=state is CertificationState.WARNING and was is not CertificationState.WARNING,
        suspended=state is CertificationState.SUSPENDED and was is not CertificationState.SUSPENDED,
        unnoticed=state is CertificationState.WARNING and overdue,
    )
