"""What is paid once for an event is found while the event is not long ago, and only when it was not paid before."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from services.common.aliases import Identities
from services.eligibility.book.node import MISSING
from services.eligibility.entitlement import Entitlement
from services.eligibility.offer import Exclusion, Offer, once_exclusion, once_key
from services.eligibility.service.decision import Numbers
from services.eligibility.service.store import Store


def is_recent(
    offer: Offer, columns: Mapping[str, NDArray[np.int64]], rows: int, month: int, within_months: int
) -> NDArray[np.bool_]:
    """Tell of each of many people whether what is paid once happened, and not too long ago.

    Of older events nobody knows here whether a former system has paid for them.
    """
    unknown = np.full(rows, MISSING, dtype=np.int64)
    happened: NDArray[np.bool_] = columns.get(offer.event, unknown) != MISSING
    if not offer.event_month:
        return happened
    months = columns.get(offer.event_month, unknown)
    recent: NDArray[np.bool_] = (months > month - within_months) & (months <= month)
    return happened & recent


def key_for(offer: Offer, person: str, numbers: Numbers) -> str:
    """Name what somebody is paid once for."""
    return once_key(offer, person, numbers.get(offer.event_month) if offer.event_month else None)


def once_exclusions(
    store: Store,
    offer: Offer,
    numbers: Mapping[str, Numbers],
    held: Mapping[str, Sequence[Entitlement]],
    identities: Identities,
) -> Mapping[str, Exclusion | None]:
    """Tell by person what speaks against granting what is paid once."""
    if not numbers:
        return {}
    keys = {
        person: {key_for(offer, name, known) for name in (person, *identities.others(person))}
        for person, known in numbers.items()
    }
    granted = store.entitlements.granted_once({key for of_person in keys.values() for key in of_person})
    paid = store.draws.paid_at_once(numbers.keys())
    return {
        person: once_exclusion(
            offer, held.get(person, ()), granted=not granted.isdisjoint(keys[person]), paid=person in paid
        )
        for person in numbers
    }
