"""What is owed to people whose payments are no longer held, and what was paid that was not due."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date

from services.common.clock import bureau_date
from services.common.months import month_of
from services.eligibility.back_pay import BackPay, held_months, is_freed, owed
from services.eligibility.certification import HOLDS_PAYMENT, Certification
from services.eligibility.entitlement import Entitlement
from services.eligibility.service.months import Months
from services.eligibility.service.store import Store


@dataclass(frozen=True, slots=True)
class Overpaid:
    """Months paid after what ended or took them, and their amount."""

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
    of_person = {person: certification}
    since = min((day for day in certification.assessment.taken_since), default=None)
    overpaid = overpaid_of(store, of_person, {person: since}).get(person) if since is not None else None
    if certification.state in HOLDS_PAYMENT:
        return Balance(overpaid=overpaid)
    months = {person: held_months([certification.assessment.periods], today)}
    return Balance(tuple(_owed(store, months, of_person).get(person, ())), overpaid)


def back_pay_of(
    store: Store, before: Mapping[str, Certification], after: Mapping[str, Certification], today: date
) -> Mapping[str, Sequence[BackPay]]:
    """Give by person what a change of certifications makes payable: months held before or until now, and not paid."""
    months = {
        person: held_months((was.assessment.periods, after[person].assessment.periods), today)
        for person, was in before.items()
        if person in after and is_freed(was, after[person])
    }
    return _owed(store, months, after)


def overpaid_of(
    store: Store, certifications: Mapping[str, Certification], since: Mapping[str, date]
) -> Mapping[str, Overpaid]:
    """Give by person what was paid for months that an event of some day, or a later one, has taken."""
    entitlements = _own(store, since)
    first = min((month_of(day) for day in since.values()), default=0)
    months = Months(store, {one.reference: first for found in entitlements.values() for one in found})
    found = {}
    for person, of_person in entitlements.items():
        accounts = [
            account
            for one in of_person
            for account in months.lost(one, certifications[person])
            if account.month >= month_of(since[person])
        ]
        if accounts:
            late = tuple(sorted({account.month for account in accounts}))
            found[person] = Overpaid(late, sum(account.overpaid_fen for account in accounts))
    return found


def _owed(
    store: Store, months: Mapping[str, Set[int]], certifications: Mapping[str, Certification]
) -> dict[str, list[BackPay]]:
    entitlements = {
        person: [one for one in found if not one.is_once]  # no certification has held those
        for person, found in _own(store, months).items()
    }
    first = min((month for held in months.values() for month in held), default=0)
    paid = Months(store, {one.reference: first for found in entitlements.values() for one in found})
    due: dict[str, list[BackPay]] = {}
    for person, of_person in entitlements.items():
        held = sorted(months[person])
        found = [owed(one, [paid.account(one, certifications[person], month) for month in held]) for one in of_person]
        due[person] = [one for one in found if one is not None]
    return due


def _own(store: Store, people: Mapping[str, object]) -> dict[str, list[Entitlement]]:
    """Give what people were granted; what was under another name, that name's own certification tells."""
    found = store.entitlements.of_people(people.keys()) if people else {}
    return {person: [one for one in of_person if one.person == person] for person, of_person in found.items()}
