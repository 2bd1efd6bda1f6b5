"""What other offices know of the pensioners: that they are alive, or that they died, and how they answer a warning."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from services.admin.sample import city
from services.admin.sample.calendar import SWEEP_DAY, Period, months_of, payment_of
from services.admin.sample.pensions import Entitlements
from services.admin.sample.people import People
from services.admin.sample.table import Bytes, Flags, Numbers, dates, digits, rows, texts

ALIVE = np.iinfo(np.int64).max
"""Day of death of who lives."""

_KINDS = (
    *((kind, source) for kind, source, _ in (*city.SILENT_EVIDENCE, *city.WEAK_EVIDENCE)),
    ("FACE_RECOGNITION", "OWN_CHANNEL"),
    ("HOME_VISIT", "OWN_CHANNEL"),
    ("DEATH_REGISTERED", "POLICE"),
    ("CREMATED", "CIVIL_AFFAIRS"),
)
_KIND_TEXTS = texts([kind for kind, _ in _KINDS])
_SOURCE_TEXTS = texts([source for _, source in _KINDS])
_SILENT = len(city.SILENT_EVIDENCE)
OUTPATIENT = 0
FACE, HOME, POLICE, CREMATED = range(len(_KINDS) - 4, len(_KINDS))

_CHANNELS = ("SMS", "PHONE", "VISIT")
_CHANNEL_TEXTS = texts(_CHANNELS)
SMS, PHONE, _VISIT = range(len(_CHANNELS))

_YEAR_DAYS = 365.2425
_COVERED_DAYS = 272
"""A little less than the nine months after which a sweep warns."""
_OLD_DAYS = int(80 * _YEAR_DAYS)
_OLD_FROM_DAYS = int(79 * _YEAR_DAYS)
"""Visited at home from here on: a year early does no harm, a day late would."""
_ANSWERS = 0.75
"""Share of the warned who answer before the next sweep."""


@dataclass(slots=True)
class Evidence:
    """Records of other offices, in columns."""

    person: Numbers
    kind: Numbers
    event_day: Numbers
    received_day: Numbers

    def __len__(self) -> int:
        return len(self.person)

    def where(self, chosen: Numbers | Flags) -> "Evidence":
        """Give some of the records."""
        return Evidence(self.person[chosen], self.kind[chosen], self.event_day[chosen], self.received_day[chosen])


@dataclass(slots=True)
class Notices:
    """Delivered notices, in columns."""

    person: Numbers
    channel: Numbers
    day: Numbers


def together(parts: Sequence[Evidence]) -> Evidence:
    """Put records together in the order in which they were received."""
    columns = (np.concatenate([getattr(part, name) for part in parts]) for name in Evidence.__slots__)
    whole = Evidence(*columns)
    return whole.where(np.argsort(whole.received_day, kind="stable"))


def notified(parts: Sequence[Notices]) -> Notices:
    """Put notices together in the order in which they were delivered."""
    person, channel, day = (np.concatenate([getattr(part, name) for part in parts]) for name in Notices.__slots__)
    order = np.argsort(day, kind="stable")
    return Notices(person[order], channel[order], day[order])


def die(
    random: np.random.Generator,
    people: People,
    pensions: Entitlements,
    spared: Flags,
    death_days: Numbers,
    period: Period,
) -> Evidence:
    """Let some pensioners die in the period; what is paid ends when the bureau hears of it, in time for the next month.

    Mortality grows by a tenth a year of age (Gompertz). `death_days` is changed.
    """
    start = period.day(0, 1)
    holders = np.unique(pensions.holder[~spared[pensions.holder]])
    age = (start - people.birth_days[holders]) / _YEAR_DAYS
    yearly = 0.006 * np.exp(0.095 * (age - 60))
    days = start + (-np.log(random.random(len(holders))) / yearly * _YEAR_DAYS).astype(np.int64)
    dying = days <= period.end_day
    dead, days = holders[dying], days[dying]
    death_days[dead] = days
    next_sweep = (months_of(days) + 1 - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    in_time = next_sweep + SWEEP_DAY - 1
    count = len(dead)
    police = not_on_a_pay_day(np.minimum(days + random.integers(1, 21, count), in_time))
    cremated = not_on_a_pay_day(np.minimum(days + random.integers(2, 7, count), in_time))
    both = random.random(count) < 0.85
    heard = np.where(both, np.minimum(police, cremated), police)
    last_paid = np.full(len(people), period.last, np.int64)
    last_paid[dead] = np.minimum(months_of(days), payment_of(heard) - 1)
    pensions.drawn_to = np.minimum(pensions.drawn_to, last_paid[pensions.holder])
    known = together(
        [
            Evidence(dead, np.full(count, POLICE), days, police),
            Evidence(dead[both], np.full(int(both.sum()), CREMATED), days[both], cremated[both]),
        ]
    )
    return known.where(known.received_day <= period.end_day)


def not_on_a_pay_day(days: Numbers) -> Numbers:
    """Move what would be received on a day of payment to the next: that payment could not heed it, and yet be wrong."""
    moved: Numbers = days + (payment_of(days) > payment_of(days - 1))
    return moved


def be_seen(
    random: np.random.Generator, pensions: Entitlements, unseen: Flags, death_days: Numbers, period: Period
) -> Evidence:
    """Give what is known of pensioners without touching them, mostly by health insurance; of a few, little."""
    holders = np.unique(pensions.holder)
    holders = holders[~unseen[holders]]
    span = period.end_day - period.evidence_from
    habit = random.choice(len(city.HABITS), len(holders), p=city.shares([share for share, _ in city.HABITS]))
    yearly = np.array([often for _, often in city.HABITS])[habit]
    parts = []
    for first, table, rates in (
        (0, city.SILENT_EVIDENCE, yearly),
        (_SILENT, city.WEAK_EVIDENCE, np.full(len(holders), city.WEAK_A_YEAR)),
    ):
        person = np.repeat(holders, random.poisson(rates * span / _YEAR_DAYS))
        count = len(person)
        kind = first + random.choice(len(table), count, p=city.shares([share for _, _, share in table]))
        event = period.evidence_from + random.integers(0, span, count)
        received = np.minimum(event + random.integers(0, 8, count), period.end_day)
        parts.append(Evidence(person, kind, event, received))
    seen = together(parts)
    return seen.where(seen.event_day < death_days[seen.person])


def answer_warnings(
    random: np.random.Generator,
    people: People,
    pensions: Entitlements,
    seen: Evidence,
    unseen: Flags,
    death_days: Numbers,
    period: Period,
) -> tuple[Evidence, Notices]:
    """Let those of whom too little is known recognise their face or be visited, before the period and after each sweep.

    Who is given a notice answers it before the next sweep: nobody is suspended here. `unseen` are left out.
    """
    last = np.full(len(people), np.iinfo(np.int64).min // 2, np.int64)
    waiting = np.zeros(len(people), bool)
    starts = np.full(len(people), ALIVE, np.int64)
    np.minimum.at(starts, pensions.holder, pensions.start_month)
    answers: list[Evidence] = []
    notices: list[Notices] = []
    for index, heard in enumerate(_by_sweep(seen, period)):
        sweep = period.day(index, SWEEP_DAY)
        np.maximum.at(last, heard.person, heard.event_day)
        waiting[:] = (starts <= period.month(index)) & ~unseen & (death_days > sweep + 28)
        warned = np.flatnonzero(waiting & (last + _COVERED_DAYS <= sweep))
        answering = warned[random.random(len(warned)) < _ANSWERS]
        count = len(answering)
        old = sweep - people.birth_days[answering] >= _OLD_FROM_DAYS
        if index == 0:  # these were warned and answered in the months before
            day = sweep - 1 - random.integers(0, _COVERED_DAYS - 8, count)
            on_file = day >= period.evidence_from
            answering, old, day = answering[on_file], old[on_file], day[on_file]
        elif index == period.count - 1:
            break
        else:
            noticed = sweep + random.integers(1, 7, count)
            notices.append(Notices(answering, np.where(old, _VISIT, random.integers(0, _VISIT, count)), noticed))
            day = noticed + random.integers(0, 14, count)
        answers.append(Evidence(answering, np.where(old, HOME, FACE), day, day))
        np.maximum.at(last, answering, day)
    return together(answers), notified(notices)


def evidence_rows(people: People, evidence: Evidence, first_number: int) -> bytes:
    """Write evidence.csv; the records are numbered on from a number."""
    if not len(evidence):
        return b""
    return rows(
        [
            _SOURCE_TEXTS[evidence.kind],
            _numbered("E", first_number + np.arange(len(evidence))),
            people.identity[evidence.person],
            _KIND_TEXTS[evidence.kind],
            dates(evidence.event_day),
            dates(evidence.received_day),
        ]
    )


def notice_rows(people: People, notices: Notices) -> bytes:
    """Write notices.csv."""
    if not len(notices.person):
        return b""
    return rows([people.identity[notices.person], _CHANNEL_TEXTS[notices.channel], dates(notices.day)])


def _numbered(letter: str, numbers: Numbers) -> Bytes:
    return np.hstack([np.broadcast_to(texts([letter]), (len(numbers), 1)), digits(numbers, 11)])


def _by_sweep(seen: Evidence, period: Period) -> Iterator[Evidence]:
    """Give for each sweep what was received since the one before, of that which certifies."""
    certifying = seen.where(seen.kind < _SILENT)
    sweeps = [period.day(index, SWEEP_DAY) for index in range(period.count)]
    edges = np.searchsorted(certifying.received_day, sweeps, side="right")
    begin = 0
    for end in edges:
        yield certifying.where(np.arange(begin, end))
        begin = int(end)
