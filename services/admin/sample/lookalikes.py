"""What looks like a fault and is none: each story says which rule must not flag it."""

import numpy as np

from services.admin.sample.calendar import OUTSIDE_PAY_DAY, PAY_DAY, SWEEP_DAY, date_of
from services.admin.sample.faults import ANY, LATE_MONTHS, suspend
from services.admin.sample.lives import CREMATED, FACE, POLICE
from services.admin.sample.pensions import CITY_REGION, EMPLOYEE, OPEN_END, PUBLIC, RESIDENT, Entitlements, amounts
from services.admin.sample.people import AGENT, GUARDIAN
from services.admin.sample.planting import Planting


def back_paid_after_suspension(city: Planting) -> None:
    """Certify a suspended pensioner, and pay back what was held with the next month's pension."""
    place = city.pensioner(ANY)
    person = city.holder(place)
    held = suspend(city, place, int(city.random.integers(1, city.period.count - 1)))
    certified = city.day(held, SWEEP_DAY) + int(city.random.integers(4, 14))
    city.hear(person, FACE, certified, certified)
    city.pensions.held_to[place] = city.period.month(held)
    _own(city, place, city.period.month(held), held + 1, city.amount(place), "BACK_PAY")
    for rule in ("R-29", "R-34"):
        city.say(rule, [person], city.months(held, held + 1), 0, "back pay after a suspension", is_fault=False)


def raised_later(city: Planting) -> None:
    """Pay the difference of a raise for months that were paid before; the register has the raised amount."""
    place = city.pensioner((EMPLOYEE, PUBLIC))
    paid = int(city.random.integers(1, city.period.count))
    months = city.months(0, paid)
    difference = max(city.amount(place) * 3 // 100, 1)
    city.pensions.held_from[place], city.pensions.held_to[place] = months[0], months[-1]
    for index, month in enumerate(months):
        _own(city, place, month, index, city.amount(place) - difference, "REGULAR")
        _own(city, place, month, paid, difference, "BACK_PAY")
    city.say("R-34", [city.holder(place)], months, 0, "difference of a raise", is_fault=False)


def funeral_granted(city: Planting) -> None:
    """Stop payment at a death, and pay the funeral grant the month after."""
    place = city.pensioner((EMPLOYEE,))
    person, died_in = city.holder(place), int(city.random.integers(0, city.period.count - 1))
    death = city.day(died_in, int(city.random.integers(16, 24)))  # after that month's payment
    city.death_days[person] = death
    city.pensions.drawn_to[place] = city.period.month(died_in)
    city.hear(person, CREMATED, death, death + 2)
    city.hear(person, POLICE, death, death + 4)
    _own(city, place, city.period.month(died_in + 1), died_in + 1, 563_700, "LUMP_SUM")
    city.say("R-01", [person], city.months(died_in + 1, died_in + 2), 0, "funeral grant", is_fault=False)


def residents_account_refunded(city: Planting) -> None:
    """Pay out at once the residents' account of somebody who draws an employees' pension."""
    place = city.pensioner((EMPLOYEE,))
    person, index, region = city.holder(place), int(city.random.integers(0, city.period.count)), city.elsewhere()
    month, day = city.period.month(index), city.day(index, OUTSIDE_PAY_DAY)
    amount = int(city.random.integers(300_000, 3_000_000))
    city.draw(
        person, f"X{city.people.first + person:09d}", RESIDENT, region, month, day, amount,
        origin=f"agency/{region}", kind="LUMP_SUM", account=city.people.card_account(person),
    )  # fmt: skip
    city.say("R-05", [person], [month], 0, "account refunded in one sum", is_fault=False)


def changed_scheme(city: Planting) -> None:
    """End a residents' pension with the month in which the employees' one begins."""
    place = city.pensioner((RESIDENT,))
    person, month = city.holder(place), city.period.month(int(city.random.integers(1, city.period.count - 1)))
    city.pensions.end_month[place] = month
    one = np.ones(1, np.int64)
    city.pensions.extend(
        Entitlements(
            holder=one * person,
            ordinal=one * 2,
            scheme=one * EMPLOYEE,
            region=one * CITY_REGION,
            start_month=one * month,
            end_month=one * OPEN_END,
            amount_fen=amounts(city.random, one * EMPLOYEE),
            payee=one * person,
            drawn_to=one * city.period.last,
            held_from=one * 0,
            held_to=one * -1,
        )
    )
    city.say("R-05", [person], [month], 0, "month of change of scheme", is_fault=False)


def guardians_account(city: Planting) -> None:
    """Let a guardian who draws nothing receive for two people."""
    guardian = city.guardian()
    places = [city.pensioner(ANY) for _ in range(2)]
    for place in places:
        city.people.represent(city.holder(place), guardian, GUARDIAN)
        city.pensions.payee[place] = guardian
    _shared(city, places, "guardian's account")


def household_account(city: Planting) -> None:
    """Register one pensioner of a household as the other's agent, and let both draw to one account."""
    places = [city.pensioner(ANY) for _ in range(2)]
    agent, other = sorted(places, key=city.holder)
    city.people.represent(city.holder(other), city.holder(agent), AGENT)
    city.pensions.payee[other] = city.holder(agent)
    _shared(city, places, "household with a registered agent")


def reversed_duplicate(city: Planting) -> None:
    """Have a month come back that a bank paid again."""
    place = city.pensioner(ANY)
    person, index = city.holder(place), int(city.random.integers(0, city.period.count))
    month, day = city.period.month(index), city.day(index, OUTSIDE_PAY_DAY)
    origin, known = city.draw(
        person, city.reference(place), int(city.pensions.scheme[place]), city.pensions.region_code(place), month, day,
        city.amount(place), origin="bank/104", account=city.people.card_account(person),
    )  # fmt: skip
    reversed_on = date_of(city.period.end_day)
    city.lines.reversals.append(f"{origin},{known},{reversed_on},returned by the bank\n")
    city.say("R-34", [person], [month], 0, "duplicate that came back", is_fault=False)


def death_withdrawn(city: Planting) -> None:
    """Report a death by mistake after months of draws, and take it back."""
    place = city.pensioner(ANY)
    person, reported_in = city.holder(place), city.period.count - 1 - LATE_MONTHS
    known = city.hear_late(person, "POLICE", "DEATH_REGISTERED", city.day(reported_in, 9))
    city.lines.withdrawals.append(f"POLICE,{known},mistaken for somebody of the same name\n")
    months = city.months(reported_in + 1, city.period.count)
    city.say("R-01", [person], months, 0, "death withdrawn", is_fault=False)


def pensioner_elsewhere(city: Planting) -> None:
    """Let somebody live here and draw elsewhere: another agency certifies."""
    person, region = city.pensioner_elsewhere(), city.elsewhere()
    amount = int(amounts(city.random, np.array([EMPLOYEE]))[0])
    months = city.months(0, city.period.count)
    for index, month in enumerate(months):
        city.draw(
            person, f"X{city.people.first + person:09d}", EMPLOYEE, region, month, city.day(index, OUTSIDE_PAY_DAY),
            amount, origin=f"agency/{region}", account=city.people.card_account(person),
        )  # fmt: skip
    city.say("R-29", [person], months, 0, "pension of another region only", is_fault=False)


def suspended(city: Planting) -> None:
    """Know nothing of somebody who was warned: payment is held, and nobody else pays."""
    place = city.pensioner(ANY)
    since = suspend(city, place, int(city.random.integers(1, city.period.count)))
    city.say(
        "R-29", [city.holder(place)], city.months(since, city.period.count), 0, "held while suspended", is_fault=False
    )


def _own(city: Planting, place: int, month: int, paid_in: int, amount: int, kind: str) -> None:
    city.draw(
        city.holder(place), city.reference(place), int(city.pensions.scheme[place]), city.pensions.region_code(place),
        month, city.day(paid_in, PAY_DAY), amount, kind=kind,
    )  # fmt: skip


def _shared(city: Planting, places: list[int], story: str) -> None:
    payees = [city.holder(place) for place in places]
    city.say("R-18", payees, city.months(0, city.period.count), 0, story, is_fault=False)
