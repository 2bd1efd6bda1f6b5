"""What an office usually delivers, and how a delivery differs from it; pure.

A wrong list of deaths must be found before it touches anybody: the limits are parameters of the rule book, with their
sources, and whoever releases a quarantined delivery sees what was measured beside what is allowed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from services.eligibility.evidence import DEATHS, NEGATIVE, RELEASES, TERMS, EvidenceKind, EvidenceSource

WHOLE = 10_000
"""Ten-thousandths in a whole."""

MONTH_DAYS = 30
LEAST_DAYS = 3
"""A rate is judged over at least so many days: after a holiday two days' deaths come at once.

What an office delivered in so many days is judged together: a wrong list must not get past the rate in parts."""


class FeedCheck(StrEnum):
    """What is compared."""

    MOST_ROWS = "MOST_ROWS"
    SIZE = "SIZE"
    NEGATIVE_RATE = "NEGATIVE_RATE"
    FOREIGN_KIND = "FOREIGN_KIND"
    KIND_SHIFT = "KIND_SHIFT"
    DATES_AHEAD = "DATES_AHEAD"
    DATES_OLD = "DATES_OLD"
    SAME_DAY = "SAME_DAY"
    UNKNOWN_PEOPLE = "UNKNOWN_PEOPLE"
    CONTRADICTED = "CONTRADICTED"
    CONFLICTING = "CONFLICTING"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is abnormal: rows for MOST_ROWS and FOREIGN_KIND, else ten-thousandths."""

    check: FeedCheck
    measured: int
    limit: int
    source: str
    """Where the limit is written."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The limits of a day, as the rule book has them."""

    most_count: int
    size_ratio_bp: int
    history_count: int
    """Deliveries that must be known before a new one is compared with them."""
    negative_monthly_bp: int
    negative_floor_count: int
    desk_negative_count: int
    """Negative records of an office that may be submitted one by one in a day, however few people there are."""
    kind_shift_bp: int
    dates_ahead_bp: int
    dates_old_bp: int
    old_months: int
    same_day_bp: int
    unknown_people_bp: int
    contradicted_bp: int
    contradicted_floor_count: int
    conflicting_bp: int
    kept_days: int
    """Days for which a row waits for its person, and a delivery for its end."""
    reports_deaths: frozenset[EvidenceSource]
    reports_sentences: frozenset[EvidenceSource]
    reports_missing: frozenset[EvidenceSource]
    sources: Mapping[FeedCheck, str]
    """Where each limit is written."""

    def desk_limit(self, certified_people: int) -> int:
        """Give how many negative records of an office may be submitted one by one in a day.

        A wrong list must not get past the comparison by being sent row by row.
        """
        return max(self.desk_negative_count, certified_people * self.negative_monthly_bp // WHOLE)

    def knows(self, source: EvidenceSource, kind: EvidenceKind) -> bool:
        """Tell whether an office can know of such an event; all may have seen somebody."""
        if kind in DEATHS:
            return source in self.reports_deaths
        if kind in TERMS | RELEASES:
            return source in self.reports_sentences
        return kind is not EvidenceKind.MISSING_DECLARED or source in self.reports_missing


@dataclass(frozen=True, slots=True)
class Measures:
    """What a delivery is like; counts of rows unless said otherwise."""

    source: EvidenceSource
    kinds: Mapping[EvidenceKind, int]
    ahead: int
    old: int
    negative_certified: int
    """People with a certification whom negative ones name: who would be held.

    Those of the office's deliveries of the last days that took effect without two people's release are among them.
    """
    negative_same_day: int
    """Negative ones of the day that has most."""
    unknown_people: int
    deaths_contradicted: int
    conflicting: int
    certified_people: int
    """People who have a certification."""
    days: int
    """Since this office's last delivery that was applied before those days."""

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self.kinds.values())

    @property
    def negative(self) -> int:
        """Deaths, sentences, people missing."""
        return sum(count for kind, count in self.kinds.items() if kind in NEGATIVE)

    @property
    def deaths(self) -> int:
        """Deaths registered and cremations."""
        return sum(count for kind, count in self.kinds.items() if kind in DEATHS)


def judge(measures: Measures, history: Sequence[Mapping[str, int]], baseline: Baseline) -> tuple[Finding, ...]:
    """Give what is abnormal; `history` has the counts of kinds of the office's last applied deliveries."""
    return tuple(
        Finding(check, measured, limit, baseline.sources[check])
        for check, measured, limit in _compared(measures, history, baseline)
        if measured > limit
    )


def _compared(
    seen: Measures, history: Sequence[Mapping[str, int]], usual: Baseline
) -> Iterable[tuple[FeedCheck, int, int]]:
    """Give what is measured and what is allowed, for each check that applies."""
    yield FeedCheck.MOST_ROWS, seen.rows, usual.most_count
    foreign = sum(count for kind, count in seen.kinds.items() if not usual.knows(seen.source, kind))
    yield FeedCheck.FOREIGN_KIND, foreign, 0
    yield FeedCheck.DATES_AHEAD, _share(seen.ahead, seen.rows), usual.dates_ahead_bp
    yield FeedCheck.DATES_OLD, _share(seen.old, seen.rows), usual.dates_old_bp
    yield FeedCheck.UNKNOWN_PEOPLE, _share(seen.unknown_people, seen.rows), usual.unknown_people_bp
    yield FeedCheck.CONFLICTING, _share(seen.conflicting, seen.rows), usual.conflicting_bp
    if seen.deaths_contradicted > usual.contradicted_floor_count:
        yield FeedCheck.CONTRADICTED, _share(seen.deaths_contradicted, seen.deaths), usual.contradicted_bp
    if seen.negative_certified > usual.negative_floor_count:
        allowed = usual.negative_monthly_bp * max(seen.days, LEAST_DAYS) // MONTH_DAYS
        yield FeedCheck.NEGATIVE_RATE, _share(seen.negative_certified, seen.certified_people), allowed
    if seen.negative > usual.negative_floor_count:
        yield FeedCheck.SAME_DAY, _share(seen.negative_same_day, seen.negative), usual.same_day_bp
    if len(history) >= usual.history_count and usual.history_count > 0:
        sizes = [sum(one.values()) for one in history]
        yield FeedCheck.SIZE, _share(seen.rows, max(int(median(sizes)), 1)), usual.size_ratio_bp
        if seen.rows > usual.negative_floor_count:
            yield FeedCheck.KIND_SHIFT, _shift(seen.kinds, history), usual.kind_shift_bp


def _shift(kinds: Mapping[EvidenceKind, int], history: Sequence[Mapping[str, int]]) -> int:
    """Give the share of rows that would have to be of another kind for the shares to be as before."""
    before: dict[str, int] = {}
    for one in history:
        for kind, count in one.items():
            before[kind] = before.get(kind, 0) + count
    all_now, all_before = max(sum(kinds.values()), 1), max(sum(before.values()), 1)
    now: dict[str, int] = {str(kind): count for kind, count in kinds.items()}
    apart = sum(
        abs(now.get(kind, 0) * all_before - before.get(kind, 0) * all_now) for kind in now.keys() | before.keys()
    )
    return apart * WHOLE // (2 * all_now * all_before)


def _share(part: int, whole: int) -> int:
    return part * WHOLE // whole if whole else 0
