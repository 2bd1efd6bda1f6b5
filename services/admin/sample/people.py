"""A part of the city's people: births, sexes, residences, names, guardians, cards."""

from dataclasses import dataclass

import numpy as np

from services.admin.sample import city
from services.admin.sample.calendar import Period
from services.admin.sample.numbers import BANKS, Identities, accounts
from services.admin.sample.table import Bytes, Flags, Numbers, constant, dates, rows, text, texts

NOBODY = -1
ADULT = 16
GUARDIAN_AGES = (25, 45)
_YEAR_DAYS = 365.2425
_CARDS_SINCE = 17_652  # 2018-05-01

NO_KIND, GUARDIAN, AGENT = 0, 1, 2
_KINDS = texts(("", "GUARDIAN", "AGENT"))
_DIVISIONS = texts([code for code, _, _ in city.DIVISIONS])
_BANKS = texts(BANKS)
_SURNAMES = texts([surname for surname, _ in city.SURNAMES])
_GIVEN = texts([character for sex in (city.MEN, city.WOMEN) for era in sex for character in era])
_ERA_CHARACTERS = len(city.MEN[0])


@dataclass(slots=True)
class People:
    """People of one part, by their place in it; those of a guardian's age come first, as they are registered first."""

    first: int
    """How many people came before this part."""
    birth_days: Numbers
    female: Flags
    division: Numbers
    """Code into city.DIVISIONS."""
    names: Bytes
    identity: Bytes
    bank: Numbers
    account: Bytes
    representative: Numbers
    """Place of who acts for the person, or NOBODY."""
    representative_kind: Numbers

    def __len__(self) -> int:
        return len(self.birth_days)

    def number(self, person: int) -> str:
        """Give a person's identity number as text."""
        return text(self.identity[person])

    def card_account(self, person: int) -> str:
        """Give the account on a person's card as text."""
        return text(self.account[person])

    def represent(self, person: int, representative: int, kind: int) -> None:
        """Register who acts for a person."""
        self.representative[person] = representative
        self.representative_kind[person] = kind


def settle(random: np.random.Generator, first: int, count: int, period: Period, identities: Identities) -> People:
    """Make people as they are on the last day of the period."""
    band = random.choice(len(city.AGE_SHARES), count, p=city.shares(city.AGE_SHARES))
    age_days = ((band + random.random(count)) * city.AGE_BAND * _YEAR_DAYS).astype(np.int64)
    order = np.argsort(_turn(age_days), kind="stable")
    band, age_days = band[order], age_days[order]
    female = random.random(count) < np.array(city.FEMALE_SHARES)[band]
    identity, birth_days = identities.give(period.end_day - age_days, female)
    ages = (age_days / _YEAR_DAYS).astype(np.int64)
    division = random.choice(len(city.DIVISIONS), count, p=city.shares([size for _, size, _ in city.DIVISIONS]))
    surname = random.choice(len(city.SURNAMES), count, p=city.shares([share for _, share in city.SURNAMES]))
    guardian = _guardians(random, ages)
    children = np.flatnonzero(guardian != NOBODY)
    division[children] = division[guardian[children]]
    surname[children] = surname[guardian[children]]
    bank = random.choice(len(BANKS), count, p=city.shares(city.BANK_SHARES))
    return People(
        first,
        birth_days,
        female,
        division,
        np.hstack([_SURNAMES[surname], _given_names(random, birth_days, female)]),
        identity,
        bank,
        accounts(first + np.arange(count), bank),
        guardian,
        np.where(guardian == NOBODY, NO_KIND, GUARDIAN),
    )


def people_rows(people: People) -> bytes:
    """Write people.csv."""
    represented = people.representative != NOBODY
    representatives = people.identity[people.representative]
    representatives[~represented] = 0
    return rows(
        [
            people.identity,
            people.names,
            _DIVISIONS[people.division],
            representatives,
            _KINDS[people.representative_kind],
        ]
    )


def card_rows(people: People, random: np.random.Generator, period: Period) -> bytes:
    """Write cards.csv: everybody has a card, made between the first of the third generation and the period."""
    count = len(people)
    earliest = np.maximum(people.birth_days, _CARDS_SINCE)
    latest = np.maximum(earliest, period.day(0, 1) - 1)
    issued = earliest + (random.random(count) * (latest - earliest + 1)).astype(np.int64)
    return rows([people.identity, constant(city.CITY, count), _BANKS[people.bank], people.account, dates(issued)])


def _guardians(random: np.random.Generator, ages: Numbers) -> Numbers:
    """Give each child a guardian among those of a parent's age."""
    least, most = GUARDIAN_AGES
    parents = np.flatnonzero((ages >= least) & (ages <= most))
    children = np.flatnonzero(ages < ADULT)
    guardian = np.full(len(ages), NOBODY, np.int64)
    guardian[children] = parents[random.integers(0, len(parents), len(children))]
    return guardian


def _turn(age_days: Numbers) -> Numbers:
    """Give 0 to those who may be guardians, 1 to the others of age, 2 to children."""
    ages = age_days / _YEAR_DAYS
    least, most = GUARDIAN_AGES
    turn: Numbers = np.where(ages < ADULT, 2, np.where((ages >= least) & (ages <= most), 0, 1))
    return turn


def _given_names(random: np.random.Generator, birth_days: Numbers, female: Flags) -> Bytes:
    count = len(birth_days)
    years = birth_days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    table = (female * 3 + np.searchsorted(city.ERAS, years, side="right")) * _ERA_CHARACTERS
    popularity = city.shares([1 / (rank + 4) for rank in range(_ERA_CHARACTERS)])
    one, two = (_GIVEN[table + random.choice(_ERA_CHARACTERS, count, p=popularity)] for _ in range(2))
    two[random.random(count) < city.ONE_CHARACTER] = 0
    return np.hstack([one, two])
