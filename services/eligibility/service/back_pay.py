"""What is owed to people whose payments are no longer held."""

from collections.abc import Mapping, Sequence
from datetime import date

from services.eligibility.back_pay import BackPay, held_months, is_freed, owed, slots_of
from services.eligibility.certification import Certification
from services.eligibility.service.store import Store


def back_pay_of(
    store: Store, before: Mapping[str, Certification], after: Mapping[str, Certification], today: date
) -> Mapping[str, Sequence[BackPay]]:
    """Give by person what a change of certifications makes payable: months held before or until now, and not drawn."""
    months = {
        person: held_months((was.assessment.periods, after[person].assessment.periods), today)
        for person, was in before.items()
        if person in after and is_freed(was, after[person])
    }
    entitlements = store.entitlements.of_people(months)
    slots = {slot for person, found in entitlements.items() for one in found for slot in slots_of(one, months[person])}
    drawn = store.draws.in_slots(slots)
    return {
        person: [due for one in found if (due := owed(one, months[person], drawn)) is not None]
        for person, found in entitlements.items()
    }
