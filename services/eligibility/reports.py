"""What standing records say against a person; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from services.eligibility.certification_law import Against, CertificationLaw
from services.eligibility.evidence import DEATHS, TERMS, Evidence, EvidenceKind
from services.eligibility.sentence import is_over, released_on


@dataclass(frozen=True, slots=True)
class Reports:
    """What standing records say against a person."""

    grave: tuple[Evidence, ...]
    """Deaths, and custody and sentences that are not over."""
    agreeing: tuple[tuple[Evidence, Evidence], ...]
    """Pairs of them in which two offices say the same."""
    missing: tuple[Evidence, ...]

    @property
    def against(self) -> Against:
        """What kinds there are of them."""
        return Against(bool(self.agreeing), self.is_judged, bool(self.grave), bool(self.missing))

    @property
    def is_judged(self) -> bool:
        """Whether a court has judged: that needs no second office."""
        return any(fact.kind is EvidenceKind.COURT_JUDGMENT for fact in self.grave)


def reports_of(negative: Iterable[Evidence], positive: Sequence[Evidence], law: CertificationLaw) -> Reports:
    """Sort what records that stand say against a person, in the light of those that speak for the person."""
    against, released = list(negative), released_on(positive)
    grave = [fact for fact in against if fact.kind in DEATHS]
    grave += [fact for fact in against if fact.kind in TERMS and not is_over(fact, released)]
    agreeing = tuple(pair for pair in combinations(grave, 2) if agree(law, *pair))
    return Reports(tuple(grave), agreeing, tuple(missing_reports(against, positive, law)))


def missing_reports(
    negative: Iterable[Evidence], positive: Iterable[Evidence], law: CertificationLaw
) -> list[Evidence]:
    """Give the reports of somebody missing who was not seen afterwards."""
    found = (e.event_date for e in positive if e.kind in law.on(e.event_date).finding)
    seen = max(found, default=date.min)
    return [fact for fact in negative if fact.kind is EvidenceKind.MISSING_DECLARED and fact.event_date >= seen]


def agree(law: CertificationLaw, one: Evidence, other: Evidence) -> bool:
    """Tell whether two reports are the same of two offices, by the law of the day on which the later one came in."""
    return law.on(max(one.received_date, other.received_date)).agree(one, other)
