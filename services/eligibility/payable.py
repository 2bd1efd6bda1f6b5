"""Whether an entitlement is paid now, and if not, why: what its months and its person's certification say; pure."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.common.months import month_of
from services.eligibility.certification import Certification, CertificationState
from services.eligibility.claim import claim_of, events_of, is_told_by_months
from services.eligibility.entitlement import Entitlement
from services.eligibility.payability import MonthState, account_for
from services.eligibility.payability_law import PayabilityLaw


class Payability(StrEnum):
    """What becomes of a month of an entitlement; the state of the register is another matter."""

    NOT_BEGUN = "NOT_BEGUN"
    DUE = "DUE"
    HELD = "HELD"
    """Not paid now, and owed when what holds it is settled for the person."""
    NOT_DUE = "NOT_DUE"
    """Nothing is owed for the month, now or later: a sentence is served, or the person died."""
    UNKNOWN = "UNKNOWN"
    """The book has no rule: somebody has to look."""
    ENDED = "ENDED"


UNUSUAL = frozenset({Payability.HELD, Payability.NOT_DUE, Payability.UNKNOWN})
"""What the entitlement itself does not tell."""

_OF_MONTHS = {
    MonthState.DUE: Payability.DUE,
    MonthState.HELD: Payability.HELD,
    MonthState.LOST: Payability.NOT_DUE,
    MonthState.UNKNOWN: Payability.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is so on a day."""

    payability: Payability
    reason: str = ""
    """The event that decides it, the state of the certification, or SUSPENSION; empty for what is due."""


def standing_of(
    entitlement: Entitlement, certification: Certification | None, day: date, law: PayabilityLaw
) -> Standing:
    """Say what the month of a day is of an entitlement, as a draw of that day would be admitted."""
    month = month_of(day)
    if entitlement.end_month is not None and (entitlement.never_was or entitlement.end_month < month):
        return Standing(Payability.ENDED)
    if month < entitlement.start_month:
        return Standing(Payability.NOT_BEGUN)
    if entitlement.is_paused(month):
        return Standing(Payability.HELD, "SUSPENSION")
    account = account_for(claim_of(entitlement), events_of(entitlement, certification), month, 0, law)
    if account.state is not MonthState.DUE:
        return Standing(_OF_MONTHS[account.state], account.event.kind if account.event is not None else "")
    if entitlement.is_once or certification is None:
        return Standing(Payability.DUE)
    held = certification.held_on(day)
    if held is None or (held is CertificationState.LOST and is_told_by_months(certification)):
        return Standing(Payability.DUE)
    return Standing(Payability.HELD, held)
