"""Who was certified without being disturbed, and what kept the others from it; pure.

no_touch_rate = certified by silent evidence and not reminded / all who had to be certified, in the twelve months to the
end of a month (DOMAIN 5.4; the plan's goal is 94.8 %). The dead and other lost ones did not have to be certified.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.eligibility.certification import CertificationMethod, CertificationState


class Touch(StrEnum):
    """How somebody fared in a year."""

    NO_TOUCH = "NO_TOUCH"
    REMINDED = "REMINDED"
    SELF_CERTIFIED = "SELF_CERTIFIED"
    VISITED = "VISITED"
    WEAK_EVIDENCE_ONLY = "WEAK_EVIDENCE_ONLY"
    NO_EVIDENCE = "NO_EVIDENCE"
    SUSPENDED = "SUSPENDED"
    UNDER_VERIFICATION = "UNDER_VERIFICATION"


@dataclass(frozen=True, slots=True)
class Year:
    """What is known of a person's twelve months; days are ISO texts, empty for none."""

    division: str
    state: CertificationState | None
    """At the end of the last month; None when nothing began before."""
    last_silent: str
    last_self: str
    last_home: str
    last_weak: str
    last_notice: str


@dataclass(frozen=True, slots=True)
class District:
    """A district's people by how they fared."""

    division: str
    people: Mapping[Touch, int]

    @property
    def obliged(self) -> int:
        """All who had to be certified."""
        return sum(self.people.values())

    @property
    def rate_bp(self) -> int:
        """The no-touch rate, in ten-thousandths, rounded down; 0 when nobody had to be certified."""
        return self.people.get(Touch.NO_TOUCH, 0) * 10_000 // self.obliged if self.obliged else 0


def touch_of(year: Year) -> Touch | None:
    """Tell how somebody fared; None for whom nothing was due."""
    if year.state is None or year.state is CertificationState.LOST:
        return None
    if year.state in _HELD:
        return _HELD[year.state]
    last, method = max(
        (year.last_silent, CertificationMethod.SILENT),
        (year.last_self, CertificationMethod.SELF),
        (year.last_home, CertificationMethod.HOME),
        key=lambda seen: seen[0],
    )
    if not last:
        return Touch.WEAK_EVIDENCE_ONLY if year.last_weak else Touch.NO_EVIDENCE
    if method is CertificationMethod.SILENT:
        return Touch.REMINDED if year.last_notice else Touch.NO_TOUCH
    return Touch.SELF_CERTIFIED if method is CertificationMethod.SELF else Touch.VISITED


def districts(years: Iterable[Year]) -> list[District]:
    """Count by district, in the order of their codes."""
    counted: dict[str, Counter[Touch]] = {}
    for year in years:
        touch = touch_of(year)
        if touch is not None:
            counted.setdefault(year.division, Counter())[touch] += 1
    return [District(division, people) for division, people in sorted(counted.items())]


def together(found: Iterable[District]) -> District:
    """Count all districts as one without a code."""
    people: Counter[Touch] = Counter()
    for district in found:
        people.update(district.people)
    return District("", people)


_HELD = {
    CertificationState.SUSPENDED: Touch.SUSPENDED,
    CertificationState.UNDER_VERIFICATION: Touch.UNDER_VERIFICATION,
}
