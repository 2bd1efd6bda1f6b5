"""What is paid once for an event is found while the event is not long ago, and only when it was not paid before."""

from collections.abc import Collection, Mapping, Sequence, Set

import numpy as np
from numpy.typing import NDArray

from services.common.aliases import Identities
from services.common.months import month_of
from services.eligibility.book.node import MISSING
from services.eligibility.certification import Certification
from services.eligibility.domain import Scheme
from services.eligibility.entitlement import Entitlement
from services.eligibility.life_event import LifeEvent, LifeEventKind
from services.eligibility.offer import Exclusion, Offer, PaidElsewhere, once_exclusion, once_key
from services.eligibility.offers import OFFER_OF
from services.eligibility.payability import is_survivors_benefit_barred
from services.eligibility.service.decision import Numbers
from services.eligibility.service.store import Store

_FUNERALS = ("survivors_benefit", "work_injury_death")
"""What has a funeral grant in it."""


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


def of_deaths(
    store: Store,
    identities: Identities,
    on_record: Mapping[str, Numbers],
    lost: Mapping[str, Certification],
    held: Mapping[str, Sequence[Entitlement]],
) -> Mapping[str, Numbers]:
    """Tell by person what the register itself knows of deaths; what it cannot know wholly, facts tell.

    Once one insurance has granted its funeral grant, no other one pays it too (社会保险法 第四十九条).
    """
    dead = [person for person, numbers in on_record.items() if person in lost or "death_month" in numbers]
    funerals = {
        person: {once_key(OFFER_OF[benefit], name, None) for benefit in _FUNERALS for name in identities.others(person)}
        for person in dead
    }
    granted = {one.once for one in store.entitlements.of_keys({key for keys in funerals.values() for key in keys})}
    return {
        person: _of_death(lost.get(person), held.get(person, ()), on_record[person])
        | ({"funeral_grant_drawn_elsewhere": 1} if not granted.isdisjoint(funerals[person]) else {})
        for person in dead
    }


def _of_death(certification: Certification | None, held: Sequence[Entitlement], on_record: Numbers) -> dict[str, int]:
    if certification is None or certification.assessment.lost_on is None:
        return {}
    known = certification.assessment
    month = month_of(certification.assessment.lost_on)
    drew = any(one.is_pension and one.scheme is Scheme.EMPLOYEE_PENSION and one.covers(month) for one in held)
    death = LifeEvent(LifeEventKind.DEATH, certification.assessment.lost_on)
    served = is_survivors_benefit_barred([*known.events, death])
    told = {"death_month": month}
    if drew or "drew_employee_pension_at_death" not in on_record:
        told["drew_employee_pension_at_death"] = int(drew)
    if served or "died_serving_sentence" not in on_record:
        told["died_serving_sentence"] = int(served)
    return told


def key_for(offer: Offer, person: str, numbers: Numbers) -> str:
    """Name what somebody is paid once for."""
    return once_key(offer, person, numbers.get(offer.event_month) if offer.event_month else None)


def once_exclusions(
    store: Store,
    offer: Offer,
    numbers: Mapping[str, Numbers],
    held: Mapping[str, Sequence[Entitlement]],
    outside: Mapping[str, Collection[PaidElsewhere]],
    identities: Identities,
) -> Mapping[str, Exclusion | None]:
    """Tell by person what speaks against granting what is paid once.

    Whoever paid somebody of a scheme until death pays the survivors of it too.
    """
    if not numbers:
        return {}
    keys = {
        person: {key_for(offer, name, known) for name in (person, *identities.others(person))}
        for person, known in numbers.items()
    }
    wanted = {key for of_person in keys.values() for key in of_person}
    granted = {one.once for one in store.entitlements.of_keys(wanted)}
    paid = store.draws.paid_at_once(numbers.keys()) | _paid_by_no_death(store, offer, numbers.keys())
    elsewhere = (
        {person for person in numbers if any(one.scheme is offer.scheme for one in outside.get(person, ()))}
        if offer.to_survivors
        else frozenset()
    )
    return {
        person: once_exclusion(
            offer,
            held.get(person, ()),
            granted=not granted.isdisjoint(keys[person]),
            paid=person in paid,
            elsewhere=person in elsewhere,
        )
        for person in numbers
    }


def _paid_by_no_death(store: Store, offer: Offer, people: Collection[str]) -> Set[str]:
    """Name the dead of whom survivors were paid by a death that then was none, and have not given it back."""
    if not offer.to_survivors:
        return frozenset()
    granted = store.proposals.granted(people)
    of = {one.grant_reference: one.person for one in granted if one.terms.benefit == offer.benefit}
    revoked = [reference for reference, one in store.entitlements.by_reference(of.keys()).items() if one.never_was]
    return {of[reference] for reference in store.draws.paid(revoked, 0)}
