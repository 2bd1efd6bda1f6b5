"""What a sweep makes of many certifications at once, from their records: `sweep.look_at` over columns; pure.

Whom a record alone does not tell of (something was decided that day or later, several names are one person, a day lies
outside of the tables) is left to the one-person assessment.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import numpy as np

from services.eligibility.certification import CertificationMethod
from services.eligibility.certification_law import CertificationLaw, CertificationParameters
from services.eligibility.columns import (
    CERTIFIED,
    FIRST_DAY,
    LAST_DAY,
    LOST,
    NEVER,
    STATES,
    SUSPENDED,
    VERIFYING,
    WARNING,
    Codes,
    Days,
    Flags,
    PersonRows,
    are_old,
    are_overdue,
    are_reaching,
    day_number,
    moved,
    next_states,
)
from services.eligibility.notice import NoticeChannel
from services.eligibility.sweep import Counts
from services.eligibility.sweep_finding import KINDS, Findings, Kind, SweepReason, kind_code
from services.eligibility.sweep_slice import Changes, Slice

T = TypeVar("T")
KindCodes = np.ndarray[tuple[int], np.dtype[np.uint8]]

_CHANGED = {code: state for code, state in enumerate(STATES) if state is not None}
_STATE_CODE = {str(state): code for code, state in enumerate(STATES) if state is not None}


@dataclass(frozen=True, slots=True)
class Looked:
    """What a sweep makes of a slice's first people, apart from those who have to be looked at one by one."""

    last: str
    """The last of these people."""
    singly: Sequence[str]
    """Who has to be looked at one by one."""
    findings: Findings
    tally: Mapping[tuple[str, Kind], int]
    """Findings by division and kind."""
    counts: Counts
    changes: Changes


def look_at_slice(found: Slice, day: date, law: CertificationLaw, most_changed: int, most_singly: int) -> Looked:
    """Look at the first people of a slice: at most so many who change, and so many who have to be looked at singly."""
    columns = _Columns(found, day, law.on(day))
    size = columns.size_for(most_changed, most_singly)
    clear = np.flatnonzero(~columns.singly[:size])
    return Looked(
        last=found.person[size - 1],
        singly=_of(found.person, np.flatnonzero(columns.singly[:size])),
        findings=columns.findings(clear),
        tally=columns.tally(clear),
        counts=columns.counts(clear),
        changes=columns.changes(np.flatnonzero(columns.changed[:size]), day),
    )


class _Columns:
    """A slice as arrays, and what the sweep makes of it."""

    def __init__(self, found: Slice, day: date, parameters: CertificationParameters) -> None:
        self._found = found
        self._number = number = day_number(day)
        days = _DayNumbers()
        valid_to, birth = days.of(found.valid_to), days.of(found.birth_date)
        self._before = before = np.fromiter(map(_STATE_CODE.__getitem__, found.state), np.int8, len(found.state))
        self._valid_to = valid_to
        # Days of notices and infirmities are only compared; those that are moved by months must lie in the tables.
        self.singly = (days.of(found.assessed_to) >= number) | _outside(valid_to) | _outside(birth)
        if found.merged:
            self.singly |= np.fromiter(map(set(found.merged).__contains__, found.person), np.bool_, len(found.person))
        valid_to, birth = np.where(self.singly, NEVER, valid_to), np.where(self.singly, NEVER, birth)
        since, until = days.of(found.infirm_since), days.of(found.infirm_until)
        infirm = (since != NEVER) & (since <= number) & ((until == NEVER) | (number < until))
        to_visit = are_old(birth, number, parameters) | infirm
        warned_from = moved(valid_to, -parameters.warning_months)
        noticed = _noticed(found, days, to_visit, warned_from, number, parameters)
        overdue = are_overdue(valid_to, number, parameters)
        after = next_states(before, number, valid_to, noticed, parameters, warned_from)
        # A loss, reported or confirmed, stays what it is: only the state hidden below it moves.
        self.after = np.where((before == VERIFYING) | (before == LOST), before, after).astype(np.int8)
        self.changed = (self.after != before) & ~self.singly
        dead = days.of(found.lost_date) != NEVER
        self._kind = _kinds(before, self.after, valid_to, overdue, to_visit, dead)

    def size_for(self, most_changed: int, most_singly: int) -> int:
        """Tell how many of the first people are within bounds, one at least."""
        within = np.minimum(
            np.searchsorted(np.cumsum(self.changed), most_changed, side="right"),
            np.searchsorted(np.cumsum(self.singly), most_singly, side="right"),
        )
        return max(1, int(within))

    def findings(self, clear: PersonRows) -> Findings:
        """Tell what was found of some people."""
        kinds = self._kind[clear].tobytes()
        return Findings(_of(self._found.person, clear), _of(self._found.division, clear), kinds)

    def changes(self, changed: PersonRows, day: date) -> Changes:
        """Give those who change."""
        found = self._found
        return Changes(
            day,
            person=_of(found.person, changed),
            division=_of(found.division, changed),
            sequence=[count + 1 for count in _of(found.event_count, changed)],
            state=[_CHANGED[code] for code in self.after[changed].tolist()],
            valid_to=_of(found.valid_to, changed),
        )

    def tally(self, clear: PersonRows) -> dict[tuple[str, Kind], int]:
        """Count some people by division and what was found of them."""
        counted = Counter(zip(_of(self._found.division, clear), self._kind[clear].tolist(), strict=True))
        return {(division, KINDS[code]): count for (division, code), count in counted.items()}

    def counts(self, clear: PersonRows) -> Counts:
        """Count some people."""
        before, after, valid_to = self._before[clear], self.after[clear], self._valid_to[clear]
        silent = np.fromiter(
            (method == CertificationMethod.SILENT for method in self._found.method), np.bool_, len(self._found.method)
        )[clear]
        certified, warned, lost = after == CERTIFIED, after == WARNING, after == LOST
        return Counts(
            examined=len(clear),
            qualified=int(certified.sum()),
            to_verify=int((~certified & ~lost).sum()),
            lost=int(lost.sum()),
            silent=int((certified & silent).sum()),
            warned=int((warned & (before != WARNING)).sum()),
            suspended=int(((after == SUSPENDED) & (before != SUSPENDED)).sum()),
            unnoticed=int((warned & (valid_to < self._number)).sum()),
        )


def _of(column: Sequence[T], places: PersonRows) -> Sequence[T]:
    """Give some of a column's values."""
    if len(places) == len(column):
        return column
    return [column[place] for place in places.tolist()]


def _kinds(before: Codes, after: Codes, valid_to: Days, overdue: Flags, to_visit: Flags, dead: Flags) -> KindCodes:
    """Give the codes of what was found; `sweep_finding.finding_of` says it of one person."""
    warned_before = before == WARNING
    reason = np.select(
        [
            after == CERTIFIED,
            after == SUSPENDED,
            after == VERIFYING,
            (after == LOST) & dead,
            after == LOST,
            ~overdue,
            ~warned_before & (valid_to != NEVER),
            ~warned_before,
            to_visit,
        ],
        [
            kind_code(None, reason)
            for reason in (
                SweepReason.COVERED,
                SweepReason.NOT_ANSWERED,
                SweepReason.REPORTED,
                SweepReason.DEATH,
                SweepReason.SENTENCE,
                SweepReason.RUNS_OUT,
                SweepReason.EXPIRED,
                SweepReason.NO_EVIDENCE,
                SweepReason.NOT_VISITED,
            )
        ],
        kind_code(None, SweepReason.NOT_NOTICED),
    )
    states = np.array([kind_code(state, SweepReason.COVERED) for state in STATES])
    codes: KindCodes = (states[before] + reason - kind_code(None, SweepReason.COVERED)).astype(np.uint8)
    return codes


def _noticed(
    found: Slice,
    days: "_DayNumbers",
    to_visit: Flags,
    warned_from: Days,
    number: int,
    parameters: CertificationParameters,
) -> Flags:
    """Tell for whom a notice of the present warning was delivered, by visit where needed."""
    noticed: Flags = np.zeros(len(found.person), dtype=np.bool_)
    notices = found.notices
    if not notices.person:
        return noticed
    places = dict(zip(found.person, range(len(found.person)), strict=True))
    place = np.fromiter((places.get(person, -1) for person in notices.person), np.int64, len(notices.person))
    visit = np.fromiter((one == NoticeChannel.VISIT for one in notices.channel), np.bool_, len(place))
    fits = (place >= 0) & (days.of(notices.counts_from) <= number)
    fits &= (days.of(notices.delivered) >= warned_from[place]) & are_reaching(to_visit[place], visit, parameters)
    noticed[place[fits]] = True
    return noticed


def _outside(days: Days) -> Flags:
    flags: Flags = (days != NEVER) & ((days < FIRST_DAY) | (days >= LAST_DAY))
    return flags


class _DayNumbers(dict[str, int]):
    """Numbers of days by their ISO texts, each worked out once: a population shares few days."""

    def __missing__(self, text: str) -> int:
        number = day_number(date.fromisoformat(text)) if text else NEVER
        self[text] = number
        return number

    def of(self, texts: Sequence[str]) -> Days:
        """Give the numbers of many days."""
        return np.fromiter(map(self.__getitem__, texts), np.int32, len(texts))
