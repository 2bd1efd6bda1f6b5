"""What is owed to people whose payments are no longer held, and what was paid to the dead."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date

from services.common.clock import bureau_date
from services.common.months import month_of
from services.eligibility.back_pay import BackPay, held_months, is_freed, owed, slots_of
from services.eligibility.certification import HOLDS_PAYMENT, Certification
from services.eligibility.service.store import Store


@dataclass(frozen=True, slots=True)
class Overpaid:
    """Months paid after a death, and their amount."""

    months: tuple[int, ...]
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Balance:
    """What stands open between the bureau and a person."""

    back_pay: tuple[BackPay, ...] = ()
    overpaid: Overpaid | None = None


def balance_of(store: Store, certification: Certification) -> Balance:
    """Tell what is owed to a person now, and what was paid too much."""
    person, today = certification.person, bureau_date(store.now)
    if certification.assessment.lost_on is not None:
        overpaid = overpaid_of(store, {person: certification.assessment.lost_on})
        return Balance(overpaid=overpaid.get(person))
    if certification.state in HOLDS_PAYMENT:
        return Balance()
    months = {person: held_months([certification.assessment.periods], today)}
    return Balance(back_pay=tuple(_owed(store, months).get(person, ())))


def back_pay_of(
    store: Store, before: Mapping[str, Certification], after: Mapping[str, Certification], today: date
) -> Mapping[str, Sequence[BackPay]]:
    """Give by person what a change of certifications makes payable: months held before or until now, and not drawn."""
    months = {
        person: held_months((was.assessment.periods, after[person].assessment.periods), today)
        for person, was in before.items()
        if person in after and is_freed(was, after[person])
    }
    return _owed(store, months)


def overpaid_of(store: Store, lost_on: Mapping[str, date]) -> Mapping[str, Overpaid]:
    """Give by person what was paid for months after a death, where anything was."""
    found = {}
    for person, draws in store.draws.standing(lost_on).items():
        late = [draw.report for draw in draws if draw.report.benefit_month > month_of(lost_on[person])]
        if late:
            months = tuple(sorted({report.benefit_month for report in late}))
            found[person] = Overpaid(months, sum(report.amount_fen for report in late))
    return found


def _owed(store: Store, months: Mapping[str, Set[int]]) -> dict[str, list[BackPay]]:
    # What was granted under another name of the same person is told by that name's own certification.
    entitlements = {
        person: [one for one in found if one.person == person]
        for person, found in store.entitlements.of_people(months).items()
    }
    slots = {slot for person, found in entitlements.items() for one in found for slot in slots_of(one, months[person])}
    drawn = store.draws.in_slots(slots)
    return {
        person: [due for one in found if (due := owed(one, months[person], drawn)) is not None]
        for person, found in entitlements.items()
    }
