"""What is planted in one part of the city, written down as it is done, so that the truth rests on no detector."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from services.admin.sample.calendar import Period, date_of, number_of
from services.admin.sample.lives import ALIVE, Evidence, Notices
from services.admin.sample.pensions import SCHEMES, Entitlements, reference
from services.admin.sample.people import GUARDIAN_AGES, People
from services.admin.sample.table import Flags, Numbers
from services.common.months import add_months, format_month

_MOST_DAYS = int(75 * 365.2425)
"""Nobody older has a part in a story: over 80 the rules are others, and few would live to its end."""

OWN = ""
ELSEWHERE = ("370100", "370600", "370700", "371000", "370685", "370783")
"""Other pooling regions of the province whose agencies report draws."""


@dataclass(frozen=True, slots=True)
class Truth:
    """A story, and whether the rule must flag it."""

    rule: str
    is_fault: bool
    people: tuple[str, ...]
    months: tuple[int, ...]
    amount_fen: int
    story: str

    def line(self) -> str:
        """Write it into truth.csv."""
        expectation = "FAULT" if self.is_fault else "NO_FAULT"
        months = ";".join(map(format_month, self.months))
        return f"{expectation},{self.rule},{';'.join(self.people)},{months},{self.amount_fen},{self.story}\n"


@dataclass(slots=True)
class Lines:
    """Lines of CSV that the stories add."""

    draws: list[list[str]]
    """By the index of the month in which they are paid."""
    late_evidence: list[str] = field(default_factory=list)
    withdrawals: list[str] = field(default_factory=list)
    reversals: list[str] = field(default_factory=list)
    truth: list[Truth] = field(default_factory=list)


class Planting:
    """One part of the city while stories are planted in it."""

    def __init__(self, random: np.random.Generator, people: People, pensions: Entitlements, period: Period) -> None:
        self.random = random
        self.people = people
        self.pensions = pensions
        self.period = period
        self.unseen: Flags = np.zeros(len(people), bool)
        """People of whom nothing more is known than the stories say."""
        self.taken: Flags = np.zeros(len(people), bool)
        self.death_days: Numbers = np.full(len(people), ALIVE, np.int64)
        self.lines = Lines([[] for _ in range(period.count)])
        self._evidence: list[tuple[int, int, int, int]] = []
        self._notices: list[tuple[int, int, int]] = []
        end = period.end_day
        age_days = end - people.birth_days
        settled = (pensions.start_month < period.first) & (age_days[pensions.holder] < _MOST_DAYS)
        self._settled = [
            random.permutation(np.flatnonzero(settled & (pensions.scheme == scheme))).tolist()
            for scheme in range(len(SCHEMES))
        ]
        strangers = np.ones(len(people), bool)
        strangers[pensions.holder] = False
        least, most = (age * 365.2425 for age in GUARDIAN_AGES)
        self._guardians = random.permutation(
            np.flatnonzero(strangers & (age_days >= least) & (age_days <= most))
        ).tolist()
        self._elsewhere = np.flatnonzero(strangers)[np.argsort(people.birth_days[strangers], kind="stable")].tolist()

    def pensioner(self, schemes: Sequence[int]) -> int:
        """Choose an entitlement of one of some schemes, of somebody in no other story; give its place."""
        left = np.array([len(self._settled[scheme]) for scheme in schemes], np.float64)
        if not left.sum():
            raise ValueError("There are too few pensioners for all stories: make a larger city.")
        scheme = schemes[int(self.random.choice(len(schemes), p=left / left.sum()))]
        place = self._settled[scheme].pop()
        self.taken[self.pensions.holder[place]] = True
        return int(place)

    def guardian(self) -> int:
        """Choose somebody of a guardian's age who draws nothing."""
        return int(self._guardians.pop())

    def pensioner_elsewhere(self) -> int:
        """Choose the oldest one left to whom this bureau pays nothing."""
        person = int(self._elsewhere.pop(0))
        self.taken[person] = True
        return person

    def holder(self, place: int) -> int:
        """Give the person who holds an entitlement."""
        return int(self.pensions.holder[place])

    def amount(self, place: int) -> int:
        """Give an entitlement's monthly amount in fen."""
        return int(self.pensions.amount_fen[place])

    def months(self, first: int, end: int) -> range:
        """Give months by their indexes."""
        return range(self.period.month(first), self.period.month(end))

    def day(self, index: int, day: int) -> int:
        """Give a day of the index-th month."""
        return self.period.day(index, day)

    def year_before(self, day: int) -> int:
        """Give the same day a year earlier."""
        return number_of(add_months(date_of(day), -12))

    def hear(self, person: int, kind: int, event_day: int, received_day: int) -> None:
        """Add a record to evidence.csv."""
        self._evidence.append((person, kind, event_day, received_day))

    def hear_late(self, person: int, source: str, kind: str, event_day: int) -> str:
        """Add a record that arrives after all payments; give its reference."""
        known = f"L{self.people.first + person:09d}"
        received = self.period.end_day - int(self.random.integers(0, 4))
        self.lines.late_evidence.append(
            f"{source},{known},{self.people.number(person)},{kind},{date_of(event_day)},{date_of(received)}\n"
        )
        return known

    def notify(self, person: int, channel: int, day: int) -> None:
        """Add a delivered notice."""
        self._notices.append((person, channel, day))

    def draw(
        self, person: int, entitlement: str, scheme: int, region: str, month: int, day: int, amount_fen: int, *,
        origin: str = OWN, kind: str = "REGULAR", account: str = "",
    ) -> tuple[str, str]:  # fmt: skip
        """Add a payment made on a day; give origin and reference."""
        letter = {"REGULAR": "", "BACK_PAY": "B", "LUMP_SUM": "L"}[kind]
        known = f"{entitlement}-{format_month(month)}{letter}"
        paid = date_of(day)
        self.lines.draws[paid.year * 12 + paid.month - 1 - self.period.first].append(
            f"{known},{origin},{self.people.number(person)},{entitlement},{SCHEMES[scheme]},{region},"
            f"{format_month(month)},{paid},{kind},{amount_fen},{account}\n"
        )
        return origin, known

    def reference(self, place: int) -> str:
        """Give the number of an entitlement."""
        return reference(self.people, self.pensions, place)

    def say(
        self, rule: str, people: Iterable[int], months: Iterable[int], amount_fen: int, story: str, *, is_fault: bool
    ) -> None:
        """Write the truth down."""
        numbers = tuple(self.people.number(person) for person in people)
        self.lines.truth.append(Truth(rule, is_fault, numbers, tuple(months), amount_fen, story))

    def evidence(self) -> Evidence:
        """Give the records that the stories add to evidence.csv."""
        return Evidence(*_columns(self._evidence, 4))

    def notices(self) -> Notices:
        """Give the notices that the stories add to notices.csv."""
        return Notices(*_columns(self._notices, 3))

    def elsewhere(self) -> str:
        """Choose another pooling region."""
        return ELSEWHERE[int(self.random.integers(len(ELSEWHERE)))]


def _columns(records: Sequence[tuple[int, ...]], width: int) -> Numbers:
    columns: Numbers = np.array(records, np.int64).reshape(-1, width).T
    return columns
