"""The months of an entitlement are accounted for by what happened, from the register and the draws on record."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from services.common.errors import PreconditionFailed
from services.common.months import first_day
from services.eligibility.domain import Entitlement
from services.eligibility.payability import (
    AmountStep,
    Claim,
    LifeEvent,
    LifeEventKind,
    PayabilityLaw,
    Settlement,
    settle,
)
from services.eligibility.service.entitlement import get_entitlement
from services.eligibility.service.store import Store


def check_settlement(
    store: Store,
    entitlement: str,
    events: Sequence[LifeEvent],
    adjustment_months: Collection[int],
    through_month: int,
    law: PayabilityLaw,
) -> Settlement:
    """Account for each month up to one. Raises NotFound, and PreconditionFailed for a benefit that is no pension."""
    found = get_entitlement(store, entitlement)
    if not found.is_pension:
        raise PreconditionFailed(
            "ENTITLEMENT_STATE",
            "The book has rules of what events do to pensions only.",
            {"found": found.benefit, "needed": "a pension"},
        )
    paid = store.draws.paid({found.reference}, 0).get(found.reference, {})
    happened = [*events, *_suspension(found)]
    return settle(_claim(found, adjustment_months), happened, paid, through_month, law)


def _claim(entitlement: Entitlement, adjustment_months: Collection[int]) -> Claim:
    first, *later = entitlement.amounts
    steps = (AmountStep(one.from_month, one.monthly_fen, one.from_month in adjustment_months) for one in later)
    granted = AmountStep(min(first.from_month, entitlement.start_month), first.monthly_fen)
    return Claim(entitlement.scheme, entitlement.start_month, entitlement.end_month, (granted, *steps))


def _suspension(entitlement: Entitlement) -> list[LifeEvent]:
    """Tell the suspension that lasts, from the day before its first month; what one held that is over is due again."""
    return [
        LifeEvent(LifeEventKind.LOSS_SUSPECTED, first_day(pause.from_month) - timedelta(days=1))
        for pause in entitlement.suspensions
        if pause.to_month is None
    ]
