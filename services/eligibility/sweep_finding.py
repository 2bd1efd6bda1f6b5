"""What a sweep finds of a person: which of the three lists (合格, 待核实, 丧失), why, and if it is a change; pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.common.months import add_months
from services.eligibility.certification import Certification, CertificationState, state_on
from services.eligibility.certification_law import CertificationParameters
from services.eligibility.warning import is_to_visit


class SweepList(StrEnum):
    """The three lists of a sweep."""

    QUALIFIED = "QUALIFIED"
    TO_VERIFY = "TO_VERIFY"
    LOST = "LOST"


class SweepReason(StrEnum):
    """Why somebody is left in a state. The order is stored: new ones are added at the end."""

    COVERED = "COVERED"
    """Evidence covers the day, and its end is not near."""
    RUNS_OUT = "RUNS_OUT"
    """The end of validity is near."""
    EXPIRED = "EXPIRED"
    """Validity is over; this sweep warns."""
    NO_EVIDENCE = "NO_EVIDENCE"
    """There never was any that certifies; this sweep warns."""
    NOT_NOTICED = "NOT_NOTICED"
    """Warned before and overdue; no notice of the warning was delivered, so nobody is suspended."""
    NOT_VISITED = "NOT_VISITED"
    """The same of somebody old, infirm or of unknown age: only a visit may come before a suspension."""
    NOT_ANSWERED = "NOT_ANSWERED"
    """Warned, noticed and overdue: suspended."""
    REPORTED = "REPORTED"
    """An office reports a death, sentence or absence, and none agrees yet."""
    DEATH = "DEATH"
    """Two offices agree on a death."""
    SENTENCE = "SENTENCE"
    """A sentence is certain."""


STATE_OF = {
    SweepReason.COVERED: CertificationState.CERTIFIED,
    SweepReason.NOT_ANSWERED: CertificationState.SUSPENDED,
    SweepReason.REPORTED: CertificationState.UNDER_VERIFICATION,
    SweepReason.DEATH: CertificationState.LOST,
    SweepReason.SENTENCE: CertificationState.LOST,
    **dict.fromkeys(
        (
            SweepReason.RUNS_OUT,
            SweepReason.EXPIRED,
            SweepReason.NO_EVIDENCE,
            SweepReason.NOT_NOTICED,
            SweepReason.NOT_VISITED,
        ),
        CertificationState.WARNING,
    ),
}
"""The state in which each reason leaves a person."""


_BEFORE: tuple[CertificationState | None, ...] = (None, *CertificationState)
_REASONS = tuple(SweepReason)
_PLACES = 32


@dataclass(frozen=True, slots=True)
class Kind:
    """A state before the sweep, and the reason for the state after it, as one number below 256, which is stored."""

    code: int

    @property
    def before(self) -> CertificationState | None:
        """The state before the sweep; None before the first one."""
        return _BEFORE[self.code // _PLACES]

    @property
    def reason(self) -> SweepReason:
        """The reason for the state after it."""
        return _REASONS[self.code % _PLACES]

    @property
    def after(self) -> CertificationState:
        """The state after the sweep."""
        return STATE_OF[self.reason]

    @property
    def is_change(self) -> bool:
        """Whether the sweep changes the state."""
        return self.after is not self.before

    @property
    def on_list(self) -> SweepList:
        """The list on which such people are."""
        if self.after is CertificationState.CERTIFIED:
            return SweepList.QUALIFIED
        return SweepList.LOST if self.after is CertificationState.LOST else SweepList.TO_VERIFY


KINDS = tuple(Kind(code) for code in range(len(_BEFORE) * _PLACES))
"""Kinds by their code; not all are of any sense."""


def kind_code(before: CertificationState | None, reason: SweepReason) -> int:
    """Give the code of a state and a reason."""
    return _BEFORE.index(before) * _PLACES + _REASONS.index(reason)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a sweep found of one person."""

    person: str
    division: str
    """Of the residence."""
    kind: Kind


@dataclass(frozen=True, slots=True)
class Findings:
    """Findings of many people as columns, in the order of people's ids."""

    person: Sequence[str]
    division: Sequence[str]
    kinds: bytes
    """A code a person."""

    def __iter__(self) -> Iterator[Finding]:
        """Give them one by one."""
        for person, division, code in zip(self.person, self.division, self.kinds, strict=True):
            yield Finding(person, division, KINDS[code])

    def plus(self, others: Iterable[Finding]) -> "Findings":
        """Put a few others in their places."""
        also = [(one.person, one.division, one.kind.code) for one in others]
        if not also:
            return self
        rows = sorted([*zip(self.person, self.division, self.kinds, strict=True), *also])
        return Findings([row[0] for row in rows], [row[1] for row in rows], bytes([row[2] for row in rows]))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings somebody asks for; None and an empty division ask for all."""

    on_list: SweepList | None = None
    reason: SweepReason | None = None
    division: str = ""
    changed_only: bool = False

    def takes(self, kind: Kind) -> bool:
        """Tell whether findings of a kind are wanted, wherever people live."""
        return (
            (self.on_list is None or kind.on_list is self.on_list)
            and (self.reason is None or kind.reason is self.reason)
            and (kind.is_change or not self.changed_only)
        )


def finding_of(
    before: Certification, after: Certification, day: date, parameters: CertificationParameters
) -> Finding | None:
    """Tell what the sweep of a day found of somebody, from the certification before and after it.

    None when the certification begins after the day: it is on no list.
    """
    reason = _reason(before, after, day, parameters)
    if reason is None:
        return None
    return Finding(after.person, after.division, KINDS[kind_code(_state_before(before, day), reason)])


def _state_before(certification: Certification, day: date) -> CertificationState | None:
    return state_on(certification.assessment.periods, day)


def _reason(
    before: Certification, after: Certification, day: date, parameters: CertificationParameters
) -> SweepReason | None:
    known, was = after.assessment, _state_before(before, day)
    match state_on(known.periods, day):
        case None:
            return None
        case CertificationState.CERTIFIED:
            return SweepReason.COVERED
        case CertificationState.SUSPENDED:
            return SweepReason.NOT_ANSWERED
        case CertificationState.UNDER_VERIFICATION:
            return SweepReason.REPORTED
        case CertificationState.LOST:
            return SweepReason.DEATH if known.lost_on is not None else SweepReason.SENTENCE
        case CertificationState.WARNING:
            if known.valid_to is not None and day <= add_months(known.valid_to, parameters.grace_months):
                return SweepReason.RUNS_OUT
            if was is not CertificationState.WARNING:
                return SweepReason.EXPIRED if known.valid_to is not None else SweepReason.NO_EVIDENCE
            to_visit = is_to_visit(after.birth_date, after.infirmity, day, parameters)
            return SweepReason.NOT_VISITED if to_visit else SweepReason.NOT_NOTICED
