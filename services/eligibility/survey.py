"""The certification of a whole population from its evidence, set-based: what a sweep of a day makes of everybody; pure.

It is the state machine of assessment.py over columns. Every row is looked at once, in any order and in parts of any
size, so the memory needed grows with the people and not with their evidence. What makes that possible: between two
sweeps it only counts whether any record certified (or covered) on the day it came in, and later records never undo
that; at the sweep only the latest event that stands counts. Reports against people are rare and kept aside.

Days are numbers from 1970-01-01; the place of one is its number from NO_DAY, and 0 is that of none. A person is a row
of the roll.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import combinations

import numpy as np

from services.eligibility.certification_law import CertificationParameters
from services.eligibility.columns import (
    AGREEING,
    CERTIFIED,
    GRAVE,
    JUDGED,
    MISSING,
    NEVER,
    NO_DAY,
    NONE,
    SUSPENDED,
    WARNING,
    Codes,
    Days,
    Flags,
    PersonRows,
    are_old,
    are_reaching,
    day_number,
    months_table,
    next_states,
    verdicts,
)
from services.eligibility.evidence import (
    MATTERS,
    NEGATIVE,
    RELEASES,
    TERMS,
    EvidenceKind,
    EvidenceSource,
)

KINDS = tuple(EvidenceKind)
SOURCES = tuple(EvidenceSource)
"""A kind's and a source's code is its place."""
_LANES, _ANY, _STRONG, _RELEASES = 4, slice(None), slice(1, None, 2), slice(2, None)
"""Everybody's latest events: a lane of others, of strong ones, and both again of releases."""
_COVERED, _CERTIFIED = 1, 2
"""What a record can do on the day on which it comes in."""


@dataclass(frozen=True, slots=True)
class Roll:
    """Everybody who has to be certified."""

    start: Days
    """When each certification began."""
    birth: Days
    """Birth dates; NEVER for unknown ones, who are treated as old."""
    base: Codes
    """Each one's state by time and evidence after the last sweep, reports against people apart; 0 before the first."""
    swept: int = NEVER
    """The day of that sweep; evidence received up to then is part of `base`."""


@dataclass(frozen=True, slots=True)
class EvidenceColumns:
    """Records of evidence, as columns of equal length."""

    person: PersonRows
    kind: Codes
    source: Codes
    event: Days
    received: Days
    end: Days
    """From when a record no longer stood; NEVER while it stands."""

    def where(self, chosen: Flags) -> "EvidenceColumns":
        """Give some of the records."""
        # Where they are comes first: numpy is several times slower at choosing by flags from each column.
        rows = np.flatnonzero(chosen)
        return EvidenceColumns(*(getattr(self, name).take(rows) for name in EvidenceColumns.__slots__))


@dataclass(frozen=True, slots=True)
class NoticeColumns:
    """Delivered notices, as columns of equal length."""

    person: PersonRows
    delivered: Days
    counts_from: Days
    visit: Flags


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What the sweep makes of everybody."""

    state: Codes
    base: Codes
    """For the roll of the next sweep."""
    valid_to: Days
    """Last day that is covered; NEVER without any event."""


class Survey:
    """A sweep of one day on its way through the evidence: take parts of it, then ask for the result."""

    def __init__(self, roll: Roll, day: date, parameters: CertificationParameters) -> None:
        people = len(roll.start)
        self._roll = roll
        self._day = day_number(day)
        self._parameters = parameters
        self._until = months_table(parameters.validity_months)
        self._safe = months_table(parameters.validity_months, -parameters.warning_months)
        self._certifies = _of_kinds(lambda kind: kind in parameters.certifying)
        strong = _of_kinds(lambda kind: kind in parameters.finding)
        self._negative = _of_kinds(lambda kind: kind in NEGATIVE)
        # The latest events are kept by strength and release, so that each record is written in one place only.
        self._lane = (strong + 2 * _RELEASE) * np.int64(people)
        self._latest: Days = np.zeros(_LANES * people, dtype=np.int32)
        self._done: Codes = np.zeros(people, dtype=np.int8)
        self._against: list[EvidenceColumns] = []

    def take(self, evidence: EvidenceColumns) -> None:
        """Look at some records."""
        in_time = evidence.received <= self._day
        against = self._negative.take(evidence.kind)
        if against.any():
            self._against.append(evidence.where(against & in_time & (evidence.end == NEVER)))
        useful = evidence.where(self._certifies.take(evidence.kind) & in_time)
        place = useful.event - NO_DAY
        known = np.maximum(useful.received, self._roll.start.take(useful.person))
        # What a record has done on the day it came in, when that is between the sweeps: covered (1), certified (2).
        done = (known <= self._until.take(place)).view(np.int8) + (known < self._safe.take(place))
        done *= (known > self._roll.swept) & (known < self._day)
        ended = useful.end != NEVER
        if ended.any():
            # A record taken back on the day it came in has never counted.
            done *= ~ended | (useful.end > known)
            place *= ~ended | (useful.end > self._day)
        np.maximum.at(self._done, useful.person, done)
        np.maximum.at(self._latest, self._lane.take(useful.kind) + useful.person, place)

    def result(self, notices: NoticeColumns) -> Surveyed:
        """Give the state of everybody after all evidence was taken."""
        begun = self._roll.start <= self._day
        latest = np.where(begun, self._latest_in(_ANY), 0)
        valid_to, warned_from = self._until[latest], self._safe[latest]
        noticed = self._noticed(notices, warned_from)
        state = next_states(self._before(), self._day, valid_to, noticed, self._parameters, warned_from)
        state = np.where(begun, state, self._roll.base).astype(np.int8)
        return Surveyed(self._held(state), state, valid_to)

    def _latest_in(self, lanes: slice) -> Days:
        """Give the place of everybody's latest event in some lanes."""
        places: Days = self._latest.reshape(_LANES, -1)[lanes].max(axis=0)
        return places

    def _before(self) -> Codes:
        """Give the states just before the sweep's day."""
        base = self._roll.base.copy()
        begins = (base == NONE) & (self._roll.start < self._day)
        base[begins] = WARNING
        base[(base == SUSPENDED) & (self._done == _COVERED)] = WARNING
        base[self._done == _CERTIFIED] = CERTIFIED
        return base

    def _noticed(self, notices: NoticeColumns, warned_from: Days) -> Flags:
        """Tell for whom a notice of the present warning was delivered; for the old it must have been a visit."""
        old = are_old(self._roll.birth, self._day, self._parameters)
        fits = (notices.counts_from <= self._day) & (notices.delivered >= warned_from[notices.person])
        fits &= are_reaching(old[notices.person], notices.visit, self._parameters)
        noticed: Flags = np.zeros(len(self._roll.start), dtype=np.bool_)
        noticed[notices.person[fits]] = True
        return noticed

    def _held(self, state: Codes) -> Codes:
        """Give the states with what the reports against people demand."""
        if not self._against:
            return state
        held = state.copy()
        released, strong = self._latest_in(_RELEASES), self._latest_in(_STRONG)
        facts = EvidenceColumns(
            *(np.concatenate([getattr(part, name) for part in self._against]) for name in EvidenceColumns.__slots__)
        )
        facts = facts.where(~_TERM[facts.kind] | (facts.event - NO_DAY > released[facts.person]))
        missing = facts.kind == KINDS.index(EvidenceKind.MISSING_DECLARED)
        facts = facts.where(~missing | (facts.event - NO_DAY >= strong[facts.person]))
        people, missing = facts.person, facts.kind == KINDS.index(EvidenceKind.MISSING_DECLARED)
        against: Codes = np.zeros(len(state), dtype=np.int8)
        against[people[missing]] |= MISSING
        against[people[~missing]] |= GRAVE
        against[people[facts.kind == KINDS.index(EvidenceKind.COURT_JUDGMENT)]] |= JUDGED
        against[self._agreed(facts)] |= AGREEING
        verdict = verdicts(self._parameters)[against[people]]
        held[people] = np.where(verdict == NONE, held[people], verdict)
        held[self._roll.start > self._day] = NONE
        return held

    def _agreed(self, grave: EvidenceColumns) -> list[int]:
        """Give the people of whom two offices report the same."""
        order = np.argsort(grave.person, kind="stable")
        people, first, count = np.unique(grave.person[order], return_index=True, return_counts=True)
        found = []
        for person, start, facts in zip(people[count > 1], first[count > 1], count[count > 1], strict=True):
            rows = order[start : start + facts]
            if any(self._agree(grave, one, other) for one, other in combinations(rows, 2)):
                found.append(int(person))
        return found

    def _agree(self, grave: EvidenceColumns, one: int, other: int) -> bool:
        apart = abs(int(grave.event[one]) - int(grave.event[other]))
        same_office = bool(grave.source[one] == grave.source[other])
        case = (MATTERS[KINDS[grave.kind[one]]], MATTERS[KINDS[grave.kind[other]]], same_office)
        return apart <= self._parameters.agreement_days.get(case, -1)


def _of_kinds(is_one: Callable[[EvidenceKind], bool]) -> Flags:
    return np.array([is_one(kind) for kind in KINDS], dtype=np.bool_)


_TERM, _RELEASE = (
    _of_kinds(lambda kind, kinds=kinds: kind in kinds)  # type: ignore[misc]  # bound at once
    for kinds in (TERMS, RELEASES)
)
