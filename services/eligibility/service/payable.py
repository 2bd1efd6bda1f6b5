"""Entitlements are told with what is paid of them now, one by one and in lists."""

from collections.abc import Sequence

from services.common.clock import bureau_date
from services.common.errors import InvalidInput
from services.common.filtering import All, Filter, matches, values_of
from services.eligibility.entitlement import Entitlement
from services.eligibility.payable import UNUSUAL, Payability, Standing, standing_of
from services.eligibility.service.entitlement import get_entitlement
from services.eligibility.service.months import standing
from services.eligibility.service.store import Store

FIELD = "payability"
"""What a filter may ask for that no row has."""
ROW_FIELDS = ("person", "reference", "scheme", "state", "pooling_region", "benefit")
"""What a filter may ask for that rows have."""
_ROUNDS = 20
"""Pages of the register that one page of a list looks through at most: a shorter one is answered then, with a token."""


def payable_entitlement(store: Store, entitlement: str) -> tuple[Entitlement, Standing]:
    """Read an entitlement, and what is so of it today."""
    return standings(store, [get_entitlement(store, entitlement)])[0]


def standings(store: Store, entitlements: Sequence[Entitlement]) -> list[tuple[Entitlement, Standing]]:
    """Say of each what is so today."""
    today, people = bureau_date(store.now), {one.person for one in entitlements}
    identities, certifications = store.names.identities(people), store.certifications.known(people)
    return [
        (one, standing_of(one, standing(one.person, identities, certifications, today), today, store.payability))
        for one in entitlements
    ]


def list_entitlements(
    store: Store, wanted: Filter, size: int, before: str | None
) -> tuple[list[tuple[Entitlement, Standing]], str | None]:
    """Give a page, newest first, and the last that was looked at when there may be more.

    Raises InvalidInput for a filter that asks for what is paid now otherwise than beside all else.
    """
    rest, asked = _parted(wanted)
    among = frozenset(one for one in Payability if matches(asked, {FIELD: str(one)}))
    found: list[tuple[Entitlement, Standing]] = []
    for _ in range(_ROUNDS):
        rows = store.entitlements.page(rest, size, before, unusual=among <= UNUSUAL)
        fitting = [pair for pair in standings(store, rows) if pair[1].payability in among]
        taken = fitting[: size - len(found)]
        found += taken
        if len(taken) < len(fitting) or (len(found) == size and rows):
            return found, found[-1][0].entitlement
        if len(rows) < size:
            return found, None
        before = rows[-1].entitlement
    return found, before


def _parted(wanted: Filter) -> tuple[Filter, Filter]:
    """Part a filter into what rows tell and what is paid now."""
    parts = wanted.parts if isinstance(wanted, All) else (wanted,)
    asked = tuple(part for part in parts if values_of(part, FIELD))
    if any(values_of(part, name) for part in asked for name in ROW_FIELDS):
        raise InvalidInput("filter", "INVALID_FILTER", f"{FIELD} may be joined to other fields by AND only.")
    return All(tuple(part for part in parts if part not in asked)), All(asked)
