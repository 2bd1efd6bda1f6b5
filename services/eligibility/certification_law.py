"""What the rule book says of certification, as the state machine takes it: numbers, and answers for every case; pure.

Nothing of it is decided here or in the machine: `rules/certification/certification.py` reads all of it off the rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, Protocol

from services.eligibility.certification import CertificationState
from services.eligibility.evidence import MATTERS, Evidence, EvidenceKind, Matter, Strength


class Moment(NamedTuple):
    """All that bears on what a day makes of a certification, reports against the person apart."""

    before: CertificationState | None
    """None on its first day."""
    safe: bool
    """Whether the end of validity is further away than the warning."""
    covered: bool
    overdue: bool
    """Whether the validity has ended, and the grace after it, or there never was any."""
    noticed: bool
    """Whether a notice fit for a suspension was delivered."""
    swept: bool


class Against(NamedTuple):
    """What kinds of reports stand against a person."""

    agreeing: bool
    judged: bool
    grave: bool
    missing: bool


@dataclass(frozen=True, slots=True)
class CertificationParameters:
    """The law of a day."""

    validity_months: int
    """Months that one qualifying event covers."""
    warning_months: int
    """Months before the end of validity in which the person is reminded."""
    grace_months: int
    """Months after the end of validity before a suspension."""
    home_visit_age: int
    """Years of age from which nobody is suspended without a visit at home."""
    phone_after_months: int
    """Months after the warning from which somebody who did not answer the text message is telephoned."""
    visit_after_months: int
    """Months after the warning from which somebody who did not answer is visited."""
    backdating_days: int
    """Days for which the bureau may have had a report against a person before it was submitted."""
    strengths: Mapping[EvidenceKind, Strength]
    """How much each positive kind proves."""
    certifying: frozenset[EvidenceKind]
    """Kinds that certify; all other positive ones never decide."""
    finding: frozenset[EvidenceKind]
    """Kinds after which somebody reported missing before counts as found."""
    reaching: frozenset[tuple[bool, bool]]
    """Which delivered notices may come before a suspension: whether a visit is needed, whether it was one."""
    agreement_days: Mapping[tuple[Matter, Matter, bool], int]
    """Days by which reports may be dated apart and still agree, by what they are about and whether of one office."""
    next_states: Mapping[Moment, CertificationState] = field(repr=False)
    verdicts: Mapping[Against, CertificationState | None] = field(repr=False)
    """What reports demand; None: nothing."""

    def on(self, day: date) -> "CertificationParameters":  # noqa: ARG002  the day of no consequence is the point
        """Give these on every day: the law of a time in which it did not change."""
        return self

    def weak_kinds(self) -> frozenset[EvidenceKind]:
        """Give the kinds that never decide."""
        return frozenset(self.strengths) - self.certifying

    def agree(self, one: Evidence, other: Evidence) -> bool:
        """Tell whether two reports are the same of two offices."""
        case = (MATTERS[one.kind], MATTERS[other.kind], one.source is other.source)
        return abs((one.event_date - other.event_date).days) <= self.agreement_days.get(case, -1)


class CertificationLaw(Protocol):
    """What the book says over time: each decision takes what was in force on its own day."""

    def on(self, day: date) -> CertificationParameters:
        """Give the law of a day."""
        ...

    def weak_kinds(self) -> frozenset[EvidenceKind]:
        """Give the kinds that never decide, whatever the day."""
        ...


@dataclass(frozen=True, slots=True)
class DatedParameters:
    """Laws that change on given days."""

    entries: tuple[tuple[date, CertificationParameters], ...]
    """In the order of the days from which they hold; the first ones hold before, too."""

    def on(self, day: date) -> CertificationParameters:
        """Give the law of a day."""
        return next((numbers for since, numbers in reversed(self.entries) if since <= day), self.entries[0][1])

    def weak_kinds(self) -> frozenset[EvidenceKind]:
        """Give the kinds that never decide, whatever the day."""
        return frozenset.intersection(*(numbers.weak_kinds() for _, numbers in self.entries))
