"""Relatives show the electronic cards of children and old people (亲情服务)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from services.card.ecard import ECard
from services.card.family import FamilyDelegate, check_relative
from services.card.parameters import ParameterBook
from services.card.service.ecards import find_ecard, get_ecard, lock_ecard
from services.card.service.order import Order, record_person
from services.card.service.people import get_person
from services.card.service.store import Store
from services.card.status import CardParameters
from services.common.clock import bureau_date
from services.common.errors import InvalidInput, PreconditionFailed
from services.common.filtering import Filter, renamed, values_of


def add_delegate(store: Store, wanted: FamilyDelegate, order: Order, book: ParameterBook) -> FamilyDelegate:
    """Let a relative show an electronic card; repeated, it changes nothing.

    The delegate has an electronic card as well, and may show no more than so many others.
    """
    today, helped = bureau_date(order.now), get_ecard(store, wanted.ecard)
    parameters = book.on(today)
    own = lock_ecard(store, find_ecard(store, wanted.delegate).ecard)  # one at a time, so that the count holds
    if get_person(store, helped.person).person == own.person:
        raise InvalidInput("family_delegate.delegate", "UNKNOWN_VALUE", "Nobody is their own delegate.")
    wanted = replace(wanted, delegate=own.person)
    own.check_usable()
    check_relative(get_person(store, helped.person).identity, parameters, today)
    known = store.ecards.delegate(wanted.ecard, wanted.delegate)
    if known is not None:
        return known
    if store.ecards.count_relatives(wanted.delegate) >= parameters.most_relatives:
        raise PreconditionFailed(
            "FAMILY_LIMIT",
            f"A delegate may show the electronic cards of {parameters.most_relatives} relatives.",
            {"max": str(parameters.most_relatives)},
        )
    store.ecards.add_delegate(wanted)
    record_person(store, order, helped.person, helped.version, f"people/{wanted.delegate}")
    return wanted


def remove_delegate(store: Store, ecard: str, delegate: str, order: Order) -> bool:
    """End it; false when there was no such delegate."""
    removed = store.ecards.remove_delegate(ecard, delegate)
    if removed:
        helped = get_ecard(store, ecard)
        record_person(store, order, helped.person, helped.version, f"people/{delegate}")
    return removed


def list_delegates(store: Store, wanted: Filter, size: int, after: tuple[str, str] | None) -> Sequence[FamilyDelegate]:
    """List who may show whose electronic card; a delegate by any name, as it was when the delegate was added."""
    names = store.people.names(values_of(wanted, "delegate"))
    return store.ecards.delegates(renamed(wanted, "delegate", names), size, after)


def check_delegate(store: Store, ecard: ECard, delegate: str, parameters: CardParameters, today: date) -> None:
    """Raise PreconditionFailed unless somebody may show an electronic card today: who turns 16 shows it alone."""
    if store.ecards.delegate(ecard.ecard, delegate) is None:
        raise PreconditionFailed("NOT_A_DELEGATE", "Add the relative to the family service of this electronic card.")
    check_relative(get_person(store, ecard.person).identity, parameters, today)
    find_ecard(store, delegate).check_usable()
