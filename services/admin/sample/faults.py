"""The planted faults: each one breaks one rule (docs/detectors.md), and says what must be found.

What is at risk is worked out here from the plan, month by month, and never from what a detector says.
"""

from services.admin.sample.calendar import OUTSIDE_PAY_DAY, SWEEP_DAY
from services.admin.sample.lives import CREMATED, OUTPATIENT, PHONE, POLICE, SMS
from services.admin.sample.pensions import EMPLOYEE, PUBLIC, RESIDENT, amounts
from services.admin.sample.planting import Planting

LATE_MONTHS = 3
"""Months drawn after a death before it becomes known."""
ANY = (EMPLOYEE, RESIDENT, PUBLIC)
_BANKS = ("bank/102", "bank/103", "bank/105")


def drawn_after_unknown_death(city: Planting) -> None:
    """R-01: a death that is registered after months of draws, by one office or two."""
    place = city.pensioner(ANY)
    person, died_in = city.holder(place), city.period.count - 1 - LATE_MONTHS
    death = city.day(died_in, int(city.random.integers(1, 28)))
    city.death_days[person] = death
    city.hear_late(person, "POLICE", "DEATH_REGISTERED", death)
    if city.random.random() < 0.5:
        city.hear_late(person, "CIVIL_AFFAIRS", "CREMATED", death)
    months = city.months(died_in + 1, city.period.count)
    city.say("R-01", [person], months, city.amount(place) * len(months), "death registered late", is_fault=True)


def paid_on_after_death(city: Planting) -> None:
    """R-01: this bureau stops at a death that one office registered; a bank goes on paying."""
    person, months, at_risk = _paid_on(city, both_offices=False)
    city.say("R-01", [person], months, at_risk, "another payer went on after the death", is_fault=True)


def paid_on_after_loss(city: Planting) -> None:
    """R-01 and R-29: as before, and as two offices agree on the death the certification is lost as well."""
    person, months, at_risk = _paid_on(city, both_offices=True)
    for rule in ("R-01", "R-29"):
        city.say(rule, [person], months, at_risk, "another payer went on after a confirmed death", is_fault=True)


def _paid_on(city: Planting, *, both_offices: bool) -> tuple[int, range, int]:
    place = city.pensioner(ANY)
    person, died_in = city.holder(place), int(city.random.integers(0, city.period.count - 2))
    death = city.day(died_in, int(city.random.integers(1, 9)))  # known before the month's payment, which is held
    city.death_days[person] = death
    city.pensions.drawn_to[place] = city.period.month(died_in) - 1
    city.hear(person, POLICE, death, death + 3)
    if both_offices:
        city.hear(person, CREMATED, death, death + 5)
    months = city.months(died_in + 1, city.period.count)
    amount = city.amount(place)
    _pay_outside(city, place, months, amount)
    return person, months, amount * len(months)


def drawn_in_two_regions(city: Planting) -> None:
    """R-04: the same scheme pays in another region too; all but the larger draw is at risk."""
    place = city.pensioner((EMPLOYEE, RESIDENT))
    months, other = _beside(city, place, int(city.pensions.scheme[place]))
    at_risk = min(other, city.amount(place)) * len(months)
    city.say("R-04", [city.holder(place)], months, at_risk, "one scheme in two regions", is_fault=True)


def residents_beside_another(city: Planting) -> None:
    """R-05: the residents' scheme of another county pays beside ours; its draws are at risk."""
    place = city.pensioner((EMPLOYEE, PUBLIC))
    months, other = _beside(city, place, RESIDENT)
    city.say("R-05", [city.holder(place)], months, other * len(months), "residents' pension besides", is_fault=True)


def another_beside_residents(city: Planting) -> None:
    """R-05: ours is the residents' pension, and another region pays an employees' one."""
    place = city.pensioner((RESIDENT,))
    months, _ = _beside(city, place, EMPLOYEE)
    at_risk = city.amount(place) * len(months)
    city.say("R-05", [city.holder(place)], months, at_risk, "employees' pension besides", is_fault=True)


def enterprise_and_public(city: Planting) -> None:
    """R-06: the employees' and the public institutions' scheme both pay; all but the larger draw is at risk."""
    place = city.pensioner((EMPLOYEE, PUBLIC))
    other_scheme = PUBLIC if city.pensions.scheme[place] == EMPLOYEE else EMPLOYEE
    months, other = _beside(city, place, other_scheme)
    at_risk = min(other, city.amount(place)) * len(months)
    city.say("R-06", [city.holder(place)], months, at_risk, "employees' and public pension", is_fault=True)


def shared_by_strangers(city: Planting) -> None:
    """R-18: two or three people draw to one account, and nobody acts for another; the largest sum keeps it."""
    places = [city.pensioner(ANY) for _ in range(int(city.random.integers(2, 4)))]
    first = places[0]
    for rank, place in enumerate(places[1:], 1):
        city.pensions.payee[place] = city.holder(first)
        # Never equal: who keeps the account would otherwise depend on ids that nobody knows yet.
        city.pensions.amount_fen[place] = max(city.amount(first) - 1_000 * rank, 1_000 + rank)
    at_risk = sum(city.amount(place) for place in places[1:]) * city.period.count
    payees = [city.holder(place) for place in places]
    city.say("R-18", payees, city.months(0, city.period.count), at_risk, "strangers share an account", is_fault=True)


def suspended_yet_paid(city: Planting) -> None:
    """R-29: nothing is known of somebody who was warned; this bureau holds payment, a bank goes on paying."""
    place = city.pensioner(ANY)
    since = suspend(city, place, int(city.random.integers(1, city.period.count - 1)))
    months = city.months(since, city.period.count)
    amount = city.amount(place)
    _pay_outside(city, place, months, amount)
    city.say("R-29", [city.holder(place)], months, amount * len(months), "paid while suspended", is_fault=True)


def paid_twice(city: Planting) -> None:
    """R-34: a bank pays an entitlement's month again."""
    place = city.pensioner(ANY)
    first = int(city.random.integers(0, city.period.count))
    months = city.months(first, min(first + 2, city.period.count))
    amount = city.amount(place)
    _pay_outside(city, place, months, amount)
    city.say("R-34", [city.holder(place)], months, amount * len(months), "paid twice", is_fault=True)


def suspend(city: Planting, place: int, index: int) -> int:
    """Have a pensioner suspended by the sweep of a month: seen last a year before, warned, noticed, silent; give it."""
    person = city.holder(place)
    city.unseen[person] = True
    seen = city.year_before(city.day(index, SWEEP_DAY)) - 10
    city.hear(person, OUTPATIENT, seen, seen + 3)
    city.notify(person, int(city.random.choice((SMS, PHONE))), city.day(index - 1, SWEEP_DAY) + 3)
    city.pensions.held_from[place] = city.period.month(index)
    city.pensions.held_to[place] = city.period.last
    return index


def _pay_outside(city: Planting, place: int, months: range, amount: int) -> None:
    """Have a bank report payments of one of our entitlements."""
    person, scheme = city.holder(place), int(city.pensions.scheme[place])
    origin = _BANKS[int(city.random.integers(len(_BANKS)))]
    account, region = city.people.card_account(person), city.pensions.region_code(place)
    for month in months:
        day = city.day(month - city.period.first, OUTSIDE_PAY_DAY)
        city.draw(
            person, city.reference(place), scheme, region, month, day, amount, origin=origin, account=account
        )  # fmt: skip


def _beside(city: Planting, place: int, scheme: int) -> tuple[range, int]:
    """Have an agency of another region report draws of two months or more; give them and the monthly amount.

    They begin before the last month, so that none of them looks like the month of a change of scheme.
    """
    person, region = city.holder(place), city.elsewhere()
    first = int(city.random.integers(0, city.period.count - 1))
    months = city.months(first, city.period.count)
    amount = int(amounts(city.random, city.pensions.scheme[[place]] * 0 + scheme)[0])
    account = city.people.card_account(person)
    for month in months:
        day = city.day(month - city.period.first, OUTSIDE_PAY_DAY)
        entitlement = f"X{city.people.first + person:09d}"
        city.draw(person, entitlement, scheme, region, month, day, amount, origin=f"agency/{region}", account=account)
    return months, amount
