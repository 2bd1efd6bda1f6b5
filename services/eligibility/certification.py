"""Whether a person still qualifies: the state machine of certification (DOMAIN 5.4; 经办条例 art. 26).

Evidence certifies and moves the end of validity on; only a sweep warns or suspends, one step a sweep, and it suspends
nobody without a delivered notice; negative facts hold payment, and end the entitlement when two offices agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from services.eligibility.evidence import EvidenceKind
from services.eligibility.life_event import LifeEvent
from services.eligibility.notice import Infirmity


class CertificationState(StrEnum):
    """Where a certification stands."""

    CERTIFIED = "CERTIFIED"
    WARNING = "WARNING"
    SUSPENDED = "SUSPENDED"
    UNDER_VERIFICATION = "UNDER_VERIFICATION"
    LOST = "LOST"


HOLDS_PAYMENT = frozenset(
    {CertificationState.SUSPENDED, CertificationState.UNDER_VERIFICATION, CertificationState.LOST}
)


class CertificationMethod(StrEnum):
    """How a certification came about."""

    SILENT = "SILENT"
    SELF = "SELF"
    HOME = "HOME"


METHODS = {
    EvidenceKind.FACE_RECOGNITION: CertificationMethod.SELF,
    EvidenceKind.CONSULAR_CONFIRMATION: CertificationMethod.SELF,
    EvidenceKind.VIDEO_CALL: CertificationMethod.SELF,
    EvidenceKind.SELF_DECLARATION: CertificationMethod.SELF,
    EvidenceKind.HOME_VISIT: CertificationMethod.HOME,
}  # every other kind is known without touching the person


@dataclass(frozen=True, slots=True)
class Period:
    """A state from a day on, until the next period begins."""

    state: CertificationState
    since: date


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the grounds amount to."""

    periods: tuple[Period, ...]
    """Each differs from the one before; the last one is the present state."""
    last_kind: EvidenceKind | None
    """Kind of the latest qualifying event; None when there is none."""
    last_event_date: date | None
    """Its day."""
    valid_to: date | None
    """Last day that it covers."""
    notice_date: date | None
    """The latest notice delivered in the present warning; None when there is none."""
    assessed_to: date
    """The latest day on which anything was decided."""
    alarm: tuple[date, date] | None
    """A reported death, and the first later day on which the person was seen: one of the two is somebody else."""
    lost_on: date | None = None
    """The day of a death on which two offices agree; None while there is none."""
    events: tuple[LifeEvent, ...] = ()
    """What else happened that decides what months of a pension are worth, in the order of its beginnings."""

    @property
    def taken_since(self) -> tuple[date, ...]:
        """The days from which months are lost: of a death, of sentences and of custody that ended in one."""
        death = (self.lost_on,) if self.lost_on is not None else ()
        return (*death, *(event.from_date for event in self.events if event.takes))


NOT_ASSESSED = Assessment((), None, None, None, None, date.min, None)
"""What a certification begins with."""


def state_on(periods: Sequence[Period], day: date) -> CertificationState | None:
    """Give the state on a day; None before the first period."""
    return next((period.state for period in reversed(periods) if period.since <= day), None)


def changes(before: Sequence[Period], after: Sequence[Period]) -> tuple[Period, ...]:
    """Give what has to be told so that a listener who knows `before` knows `after`.

    Each told period replaces everything from its day on.
    """
    same = 0
    while same < len(before) and same < len(after) and before[same] == after[same]:
        same += 1
    if same < len(before) and same > 0 and (same == len(after) or after[same].since > before[same].since):
        # What began here has vanished: the period before it goes on.
        return (Period(after[same - 1].state, before[same].since), *after[same:])
    return tuple(after[same:])


@dataclass(frozen=True, slots=True)
class CertificationChanged:
    """The certification is in a state from a day on; it replaces what was told before of that day and later ones."""

    person: str
    division: str
    sequence: int
    state: CertificationState
    effective_date: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class IdentityAlarmRaised:
    """Somebody reported dead was seen afterwards."""

    person: str
    division: str
    sequence: int
    death_date: date
    seen_date: date


@dataclass(frozen=True, slots=True)
class BackPayOwed:
    """Payments of an entitlement were held that are no longer: these months are owed (补发)."""

    person: str
    division: str
    sequence: int
    entitlement: str
    months: tuple[int, ...]
    amount_fen: int


@dataclass(frozen=True, slots=True)
class OverpaymentFound:
    """Months after a confirmed death were paid: they are to be returned."""

    person: str
    division: str
    sequence: int
    lost_on: date
    months: tuple[int, ...]
    amount_fen: int


CertificationEvent = CertificationChanged | IdentityAlarmRaised | BackPayOwed | OverpaymentFound


@dataclass(frozen=True, slots=True)
class Certification:
    """One person's certification as it is on record."""

    person: str
    division: str
    birth_date: date | None
    start_date: date
    assessment: Assessment
    infirmity: Infirmity | None = None
    """None: not known ever to have been infirm."""
    event_count: int = 0
    """Events told so far; the last one's sequence."""
    version: int = 0
    update_time: datetime | None = None
    """When it was kept last; None before."""

    @property
    def state(self) -> CertificationState:
        """The present state."""
        return self.assessment.periods[-1].state

    @property
    def state_since(self) -> date:
        """The first day of the present state."""
        return self.assessment.periods[-1].since

    @property
    def method(self) -> CertificationMethod | None:
        """How the last qualifying evidence came about; None without any."""
        kind = self.assessment.last_kind
        return METHODS.get(kind, CertificationMethod.SILENT) if kind is not None else None

    def held_on(self, day: date) -> CertificationState | None:
        """Give the state that holds back a payment made on a day, that of the day or the present one; None if none."""
        for state in (state_on(self.assessment.periods, day), self.state):
            if state in HOLDS_PAYMENT:
                return state
        return None

    def become(self, assessment: Assessment) -> "tuple[Certification, list[CertificationEvent]]":
        """Take over a new assessment; the events tell the difference."""
        events: list[CertificationEvent] = []
        number = self.event_count
        for period in changes(self.assessment.periods, assessment.periods):
            number += 1
            told = CertificationChanged(
                self.person, self.division, number, period.state, period.since, assessment.valid_to
            )
            events.append(told)
        if assessment.alarm is not None and assessment.alarm != self.assessment.alarm:
            number += 1
            events.append(IdentityAlarmRaised(self.person, self.division, number, *assessment.alarm))
        return replace(self, assessment=assessment, event_count=number), events
