"""Who is insured where, who has reached the age of retirement by the law of that time, and what each one draws."""

from dataclasses import dataclass

import numpy as np

from services.admin.sample import city
from services.admin.sample.calendar import Period, date_of, months_of
from services.admin.sample.people import People
from services.admin.sample.table import (
    Bytes,
    Flags,
    Numbers,
    constant,
    dates,
    digits,
    months,
    number,
    rows,
    text,
    texts,
)
from services.common.months import format_month

EMPLOYEE, RESIDENT, PUBLIC = 0, 1, 2
SCHEMES = ("EMPLOYEE_PENSION", "RESIDENT_PENSION", "PUBLIC_PENSION")
BENEFITS = ("employee_pension", "resident_pension", "public_pension")
OPEN_END = -1
UNINSURED = -1

MALE_60, FEMALE_55, FEMALE_50 = 0, 1, 2
_GROUPS = texts(("MALE_60", "FEMALE_55", "FEMALE_50"))
# Group: age before 2025 in years; since then one month later for so many months of birth; at most so many (DOMAIN 4.1).
_BASE_AGES = np.array((60, 55, 50))
_STEPS = np.array((4, 4, 2))
_MOST_DELAY = np.array((36, 36, 60))
_REFORM_YEAR = 2025
_RESIDENTS_AGE_MONTHS = 60 * 12
_RESIDENTS_SCHEME_FROM = 2012 * 12
_OLDEST_START = 1990 * 12
_WORK_FROM_AGE = 22

_SCHEME_TEXTS = texts(SCHEMES)
_BENEFIT_TEXTS = texts(BENEFITS)
_REGIONS = texts([*(code for code, _, _ in city.DIVISIONS), city.CITY])
CITY_REGION = len(city.DIVISIONS)
_LEAST_FEN = 10_000


@dataclass(slots=True)
class Insured:
    """How each person of a part is insured."""

    scheme: Numbers
    """Code into SCHEMES, or UNINSURED."""
    group: Numbers
    retirement_month: Numbers
    """Month in which the statutory age is reached."""


@dataclass(slots=True)
class Entitlements:
    """The rights to a monthly pension of one part, by their place in it."""

    holder: Numbers
    """Place of the person."""
    ordinal: Numbers
    """1 for a person's first entitlement, 2 for the one after a change of scheme."""
    scheme: Numbers
    region: Numbers
    start_month: Numbers
    end_month: Numbers
    """Last benefit month, or OPEN_END."""
    amount_fen: Numbers
    payee: Numbers
    """Place of the person to whose card it is paid."""
    drawn_to: Numbers
    """Last month that this bureau pays: until it hears of a death."""
    held_from: Numbers
    held_to: Numbers
    """First and last month in which payment is held back; the last is before the first when none is."""

    def __len__(self) -> int:
        return len(self.holder)

    def region_code(self, place: int) -> str:
        """Give the division code of the region that pools an entitlement."""
        return text(_REGIONS[self.region[place]])

    def due(self, month: int) -> Numbers:
        """Give those that this bureau pays for a month."""
        ends = np.where(self.end_month == OPEN_END, month, np.minimum(self.end_month, month))
        held = (self.held_from <= month) & (month <= self.held_to)
        return np.flatnonzero((self.start_month <= month) & (np.minimum(ends, self.drawn_to) >= month) & ~held)

    def extend(self, others: "Entitlements") -> None:
        """Add more entitlements."""
        for name in Entitlements.__slots__:
            setattr(self, name, np.concatenate([getattr(self, name), getattr(others, name)]))


def insure(random: np.random.Generator, people: People, period: Period) -> Insured:
    """Insure everybody of age 16 and more, and find the month of retirement."""
    count = len(people)
    employed = np.array([share for _, _, share in city.DIVISIONS])[people.division]
    chance = random.random(count)
    public = (1 - city.UNINSURED_SHARE) * city.PUBLIC_SHARE
    scheme = np.full(count, UNINSURED, np.int64)
    scheme[chance < 1 - city.UNINSURED_SHARE] = RESIDENT
    scheme[chance < public + (1 - city.UNINSURED_SHARE - public) * employed] = EMPLOYEE
    scheme[chance < public] = PUBLIC
    scheme[people.birth_days > period.end_day - 16 * 365] = UNINSURED
    office = (scheme == PUBLIC) | (random.random(count) < city.WOMEN_IN_OFFICES)
    group = np.where(people.female, np.where(office, FEMALE_55, FEMALE_50), MALE_60)
    birth_months = months_of(people.birth_days)
    age = np.where(scheme == RESIDENT, _RESIDENTS_AGE_MONTHS, statutory_age_months(birth_months, group))
    return Insured(scheme, group, birth_months + age)


def statutory_age_months(birth_months: Numbers, group: Numbers) -> Numbers:
    """Give the statutory age before and after the reform (国发〔1978〕104号; decision of 2024-09-13)."""
    base = _BASE_AGES[group]
    late = birth_months + base * 12 - _REFORM_YEAR * 12 + 1
    delay = np.clip(-(-late // _STEPS[group]), 0, _MOST_DELAY[group])
    age: Numbers = base * 12 + delay
    return age


def entitle(random: np.random.Generator, people: People, insured: Insured, period: Period) -> Entitlements:
    """Grant a pension from the month after retirement to everybody who has reached it."""
    start = insured.retirement_month + 1
    start = np.maximum(start, np.where(insured.scheme == RESIDENT, _RESIDENTS_SCHEME_FROM, _OLDEST_START))
    holder = np.flatnonzero((insured.scheme != UNINSURED) & (start <= period.last))
    scheme = insured.scheme[holder]
    count = len(holder)
    return Entitlements(
        holder=holder,
        ordinal=np.ones(count, np.int64),
        scheme=scheme,
        region=np.where(scheme == RESIDENT, people.division[holder], CITY_REGION),
        start_month=start[holder],
        end_month=np.full(count, OPEN_END, np.int64),
        amount_fen=amounts(random, scheme),
        payee=holder.copy(),
        drawn_to=np.full(count, period.last, np.int64),
        held_from=np.zeros(count, np.int64),
        held_to=np.full(count, -1, np.int64),
    )


def amounts(random: np.random.Generator, scheme: Numbers) -> Numbers:
    """Give monthly amounts as they are spread in each scheme."""
    median, spread = np.array(city.AMOUNTS).T
    drawn = median[scheme] * np.exp(spread[scheme] * random.standard_normal(len(scheme)))
    fen: Numbers = np.maximum(drawn, _LEAST_FEN).astype(np.int64)
    return fen


def reference(people: People, entitlements: Entitlements, place: int) -> str:
    """Give the number of an entitlement's determination as text."""
    return text(references(people, entitlements, np.array([place]))[0])


def references(people: People, entitlements: Entitlements, places: Numbers) -> Bytes:
    """Give the numbers of determinations: of the person in the city, and of the person's entitlement."""
    count = len(places)
    holder = people.first + entitlements.holder[places]
    return np.hstack(
        [constant("Q", count), digits(holder, 9), constant("-", count), digits(entitlements.ordinal[places], 1)]
    )


def entitlement_rows(people: People, entitlements: Entitlements) -> bytes:
    """Write entitlements.csv."""
    return rows(
        [
            references(people, entitlements, np.arange(len(entitlements))),
            people.identity[entitlements.holder],
            _BENEFIT_TEXTS[entitlements.scheme],
            _SCHEME_TEXTS[entitlements.scheme],
            _REGIONS[entitlements.region],
            months(entitlements.start_month),
            months(entitlements.end_month),
            number(entitlements.amount_fen, 9),
            people.account[entitlements.payee],
        ]
    )


def draw_rows(people: People, entitlements: Entitlements, month: int, pay_day: int) -> bytes:
    """Write what this bureau pays for a month into draws.csv."""
    due = entitlements.due(month)
    count = len(due)
    if not count:
        return b""
    scheme, named = entitlements.scheme[due], references(people, entitlements, due)
    in_month = format_month(month)
    paid = date_of(pay_day).isoformat()
    return rows(
        [
            np.hstack([named, constant(f"-{in_month}", count)]),
            constant("", count),
            people.identity[entitlements.holder[due]],
            named,
            _SCHEME_TEXTS[scheme],
            _REGIONS[entitlements.region[due]],
            constant(in_month, count),
            constant(paid, count),
            constant("REGULAR", count),
            number(entitlements.amount_fen[due], 9),
            constant("", count),
        ]
    )


def fact_rows(random: np.random.Generator, people: People, insured: Insured, period: Period) -> bytes:
    """Write facts.csv: the contributions of the employees."""
    employees: Flags = insured.scheme == EMPLOYEE
    chosen = np.flatnonzero(employees)
    count = len(chosen)
    worked_to = np.minimum(insured.retirement_month[chosen], period.last)
    possible = np.clip(worked_to - months_of(people.birth_days[chosen]) - _WORK_FROM_AGE * 12, 0, 540)
    worked = (possible * np.minimum(1, 0.55 + 0.5 * random.random(count))).astype(np.int64)
    deemed = np.clip(1996 * 12 - (worked_to - worked), 0, worked)  # before the accounts began
    index = np.clip(np.exp(-0.15 + 0.35 * random.standard_normal(count)), 0.6, 3.0)
    balance = ((worked - deemed) * index * 45_000).astype(np.int64)
    return rows(
        [
            people.identity[chosen],
            _GROUPS[insured.group[chosen]],
            number(worked - deemed, 3),
            number(deemed, 3),
            number((index * 10_000).astype(np.int64), 5),
            number(balance, 12),
            dates(np.full(count, period.day(0, 1) - 1, np.int64)),
        ]
    )
