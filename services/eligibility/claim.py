"""What an entitlement is worth and what has happened to its person, as the account of its months wants them; pure."""

from collections.abc import Collection
from datetime import timedelta

from services.common.months import first_day
from services.eligibility.certification import Certification, CertificationState
from services.eligibility.entitlement import Entitlement
from services.eligibility.life_event import OF_TERMS, LifeEvent, LifeEventKind
from services.eligibility.payability import AmountStep, Claim

_HOLDS = {
    CertificationState.SUSPENDED: LifeEventKind.UNCERTIFIED,
    CertificationState.UNDER_VERIFICATION: LifeEventKind.LOSS_SUSPECTED,
}


def claim_of(entitlement: Entitlement, adjustment_months: Collection[int] = ()) -> Claim:
    """Give the months of an entitlement and their worth.

    Amounts from `adjustment_months` on are yearly adjustments, beside those that are on record as such.
    """
    first, *later = entitlement.amounts
    granted = AmountStep(min(first.from_month, entitlement.start_month), first.monthly_fen)
    steps = (
        AmountStep(one.from_month, one.monthly_fen, one.is_adjustment or one.from_month in adjustment_months)
        for one in later
    )
    months = entitlement.start_month, entitlement.end_month
    return Claim(entitlement.scheme, *months, (granted, *steps), entitlement.is_pension, entitlement.benefit)


def events_of(entitlement: Entitlement, certification: Certification | None) -> list[LifeEvent]:
    """Give what the register knows to have happened, as far as it bears on the months of an entitlement.

    Whoever serves a sentence outside draws every benefit; the adjustments that this excludes are of pensions.
    What is paid once is paid for what happened before, and nothing that follows bears on it.
    A suspension holds from the day before its first month; what one held that is over is due again, unless an event
    takes it.
    """
    events = [
        LifeEvent(LifeEventKind.LOSS_SUSPECTED, first_day(pause.from_month) - timedelta(days=1))
        for pause in entitlement.suspensions
        if pause.to_month is None
    ]
    if certification is None or entitlement.is_once:
        return events
    known = certification.assessment
    events += [event for event in known.events if entitlement.is_pension or event.kind in OF_TERMS]
    if known.lost_on is not None:
        events.append(LifeEvent(LifeEventKind.DEATH, known.lost_on))
    held = _HOLDS.get(certification.state)
    if held is not None:
        events.append(LifeEvent(held, certification.state_since))
    return events


def is_told_by_months(certification: Certification) -> bool:
    """Tell whether a confirmed loss is told by its months, so that those before it may still be paid."""
    known = certification.assessment
    return known.lost_on is not None or any(event.takes for event in known.events)
