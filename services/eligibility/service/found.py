"""What was found for people, before anything is granted or proposed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from services.eligibility.book.decision import Decision
from services.eligibility.domain import Amount
from services.eligibility.facts import Profile
from services.eligibility.offer import OFFERS, Exclusion
from services.eligibility.proposal import Terms
from services.eligibility.service.decision import Numbers

_REPLACES = {offer.benefit: offer.replaces for offer in OFFERS}


@dataclass(frozen=True, slots=True)
class Known:
    """What the card service knows of people."""

    profiles: Mapping[str, Profile]
    payable: Collection[str]
    """Whose card account may be paid."""

    def region(self, person: str) -> str:
        """Give the city that pays: that of residence, the first four digits of its divisions."""
        return f"{self.profiles[person].division[:4]}00"


@dataclass(frozen=True, slots=True)
class Finding:
    """A benefit that somebody is due, or would be but for one fact."""

    person: str
    terms: Terms
    decision: Decision
    """With all steps, unless it is excluded."""
    given: Numbers
    """Facts that the register itself knows, on which the decision rests too."""
    amounts: tuple[Amount, ...]
    """What is due from the first month on; nothing while a fact is missing."""
    excluded: Exclusion | None = None


def key_of(finding: Finding) -> tuple[str, str]:
    """Give what one person has once: a benefit."""
    return finding.person, finding.terms.benefit


def excluded_for(finding: Finding, *, reported: bool, declined: bool) -> Finding:
    """Exclude it for a reason that concerns the person, unless there is one already."""
    if finding.excluded is not None or not (reported or declined):
        return finding
    return replace(finding, excluded=Exclusion.REPORTED if reported else Exclusion.DECLINED)


def one_of_two(found: Sequence[Finding]) -> list[Finding]:
    """Offer nobody what ends with another benefit that is found too; while a fact is missing for that, a person looks.

    The residents' pension of somebody who is due the employees' one would have to be returned.
    """
    begins: dict[tuple[str, str], bool] = {}
    for finding in (one for one in found if one.excluded is None):
        for benefit in _REPLACES.get(finding.terms.benefit, ()):
            begins[finding.person, benefit] = begins.get((finding.person, benefit), False) or not finding.terms.missing
    return [_beside(finding, begins.get(key_of(finding))) for finding in found]


def _beside(finding: Finding, is_due: bool | None) -> Finding:
    if is_due is None or finding.excluded is not None:
        return finding
    if is_due:
        return replace(finding, excluded=Exclusion.OTHER_BENEFIT)
    return finding if finding.terms.missing else replace(finding, terms=finding.terms.to_be_reviewed())
