"""What was found for people, before anything is granted or proposed."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.common.clock import bureau_date
from services.eligibility.book.decision import Decision
from services.eligibility.domain import Amount
from services.eligibility.entitlement import Entitlement
from services.eligibility.facts import Profile
from services.eligibility.offer import Exclusion
from services.eligibility.offers import OFFER_OF
from services.eligibility.proposal import Ask, Proposal, ProposalState, Terms
from services.eligibility.service.decision import Numbers

_BASIS_DIGITS = 32


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
    basis: str = ""
    """Stands for what speaks for it: equal while nothing of that changes. Empty when it is excluded."""
    once: str = ""
    """Of what is paid once: the benefit, the person and the event, by which it is never granted twice."""


def basis_of(numbers: Numbers, terms: Terms, held: Iterable[Entitlement]) -> str:
    """Condense what a finding rests on: all facts about the person, what is offered, and what they have already."""
    on_record = sorted((one.entitlement, one.version) for one in held)
    said = (sorted(numbers.items()), terms.benefit, terms.monthly_fen, terms.missing, on_record)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:_BASIS_DIGITS]


def key_of(finding: Finding) -> tuple[str, str]:
    """Give what one person has once: a benefit."""
    return finding.person, finding.terms.benefit


def after_answers(finding: Finding, answers: Collection[Proposal], since: date) -> Finding:
    """Exclude what the person has declined since a day, or a reviewer refused as it is; what was so once is asked."""
    if finding.excluded is not None or not answers:
        return finding
    declined = [one for one in answers if one.state is ProposalState.DECLINED]
    if any(bureau_date(one.update_time) >= since for one in declined):
        return replace(finding, excluded=Exclusion.DECLINED)
    if any(one.basis == finding.basis for one in answers if one.state is ProposalState.REJECTED):
        return replace(finding, excluded=Exclusion.REJECTED)
    asks = (Ask.CONSENT, Ask.REVIEW) if declined else (Ask.REVIEW,)
    return replace(finding, terms=finding.terms.asking(*asks))


def one_of_two(found: Sequence[Finding]) -> list[Finding]:
    """Offer nobody what ends with another benefit that is found too; while a fact is missing for that, a person looks.

    The residents' pension of somebody who is due the employees' one would have to be returned.
    """
    begins: dict[tuple[str, str], bool] = {}
    for finding in (one for one in found if one.excluded is None):
        for benefit in OFFER_OF[finding.terms.benefit].replaces:
            begins[finding.person, benefit] = begins.get((finding.person, benefit), False) or not finding.terms.missing
    return [_beside(finding, begins.get(key_of(finding))) for finding in found]


def _beside(finding: Finding, is_due: bool | None) -> Finding:
    if is_due is None or finding.excluded is not None:
        return finding
    if is_due:
        return replace(finding, excluded=Exclusion.OTHER_BENEFIT)
    return replace(finding, terms=finding.terms.asking(Ask.REVIEW))
