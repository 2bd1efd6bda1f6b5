"""The months of an entitlement are accounted for, as they are and as they would be if more had happened."""

from collections.abc import Collection, Sequence

from services.common.clock import bureau_date
from services.common.errors import PreconditionFailed
from services.eligibility.claim import claim_of, events_of
from services.eligibility.life_event import LifeEvent
from services.eligibility.payability import Settlement, settle
from services.eligibility.service.entitlement import get_entitlement
from services.eligibility.service.months import standing
from services.eligibility.service.store import Store


def check_settlement(
    store: Store,
    entitlement: str,
    events: Sequence[LifeEvent],
    adjustment_months: Collection[int],
    through_month: int,
) -> Settlement:
    """Account for each month up to one, by what the register knows to have happened and by `events` more.

    Months before the region's first draw list were paid by whoever paid before: of them what was paid too much is told.
    Raises NotFound, and PreconditionFailed for a benefit that is no pension.
    """
    found = get_entitlement(store, entitlement)
    if not found.is_pension:
        raise PreconditionFailed(
            "ENTITLEMENT_STATE",
            "The book has rules of what events do to pensions only.",
            {"found": found.benefit, "needed": "a pension"},
        )
    certifications, identities = store.certifications.of({found.person}), store.names.identities({found.person})
    certification = standing(found.person, identities, certifications, bureau_date(store.now))
    paid = store.draws.paid({found.reference}, 0).get(found.reference, {})
    happened = [*events_of(found, certification), *events]
    settled = settle(claim_of(found, adjustment_months), happened, paid, through_month, store.payability)
    opening = store.draw_lists.first_month(found.scheme, found.pooling_region) or 0
    return Settlement(tuple(month for month in settled.months if month.month >= opening or month.overpaid_fen))
