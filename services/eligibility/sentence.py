"""Custody, sentences and absences of a person, from the records of other offices (劳社厅函〔2001〕44号); pure.

A sentence is confirmed by a judgement, by two offices that agree, or by another office that knows of its end. What one
office alone reports holds the months until somebody has asked; it is never taken for served.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum
from itertools import combinations

from services.eligibility.evidence import RELEASES, TERMS, Evidence, EvidenceKind
from services.eligibility.life_event import LifeEvent, LifeEventKind

Agree = Callable[[Evidence, Evidence], bool]


class _Step(IntEnum):
    """What begins on a day; of one day in this order, so that a release counts last."""

    CUSTODY = 1
    REPORTED = 2
    SERVED = 3
    OUTSIDE = 4
    PAROLED = 5
    RELEASED = 6


_BY_RELEASE = {
    EvidenceKind.RELEASED: _Step.RELEASED,
    EvidenceKind.PAROLED: _Step.PAROLED,
    EvidenceKind.COMMUNITY_CORRECTION: _Step.OUTSIDE,
}
_SERVED = (LifeEventKind.PRISON, LifeEventKind.PAROLE_REVOKED)


def released_on(positive: Iterable[Evidence]) -> date:
    """Give the last day on which an office saw the person leave custody or prison, or serve outside."""
    return max((record.event_date for record in positive if record.kind in RELEASES), default=date.min)


def is_over(record: Evidence, released: date) -> bool:
    """Tell whether a record speaks of custody or a sentence that ended with a release."""
    return record.kind in TERMS and record.event_date <= released


def life_events(against: Sequence[Evidence], positive: Sequence[Evidence], agree: Agree) -> tuple[LifeEvent, ...]:
    """Give what the standing records amount to, in the order of the beginnings; deaths and absences apart.

    `agree` tells whether two reports of different offices are of the same sentence.
    """
    releases = [record for record in positive if record.kind in RELEASES]
    reports = [record for record in against if record.kind is EvidenceKind.SENTENCED]
    judgements = [record for record in against if record.kind is EvidenceKind.COURT_JUDGMENT]
    agreeing = [pair for pair in combinations([*reports, *judgements], 2) if agree(*pair)]
    confirmed = {record.key for pair in agreeing for record in pair}
    steps = {(min(one.event_date, other.event_date), _Step.SERVED) for one, other in agreeing}
    steps |= {(record.event_date, _Step.SERVED) for record in judgements if record.key not in confirmed}
    for record in reports:
        if record.key not in confirmed:
            known = any(end.source is not record.source and end.event_date >= record.event_date for end in releases)
            steps.add((record.event_date, _Step.SERVED if known else _Step.REPORTED))
    steps |= {(record.event_date, _Step.CUSTODY) for record in against if record.kind is EvidenceKind.IN_CUSTODY}
    steps |= {(record.event_date, _BY_RELEASE[record.kind]) for record in releases}
    course = _Course()
    for day, step in sorted(steps):
        course.take(day, step)
    return course.events


@dataclass(slots=True)
class _Course:
    """What a person goes through; of what has begun one thing lasts at a time."""

    past: tuple[LifeEvent, ...] = ()
    present: LifeEvent | None = None

    @property
    def events(self) -> tuple[LifeEvent, ...]:
        """All of it; what began and ended on one day took nothing."""
        last = (self.present,) if self.present is not None else ()
        return tuple(event for event in (*self.past, *last) if event.to_date != event.from_date)

    def take(self, day: date, step: _Step) -> None:
        """Let the next step follow."""
        kind = self.present.kind if self.present is not None else None
        if step is _Step.RELEASED:
            self._end(day)
        elif step is _Step.PAROLED:
            self._begin(day, LifeEventKind.PAROLE, convicted=True)
        elif step is _Step.OUTSIDE:
            if kind is not LifeEventKind.PAROLE:
                self._begin(day, LifeEventKind.SENTENCE_OUTSIDE, convicted=True)
        elif step is _Step.SERVED:
            if kind not in _SERVED:
                revoked = kind is LifeEventKind.PAROLE
                self._begin(day, LifeEventKind.PAROLE_REVOKED if revoked else LifeEventKind.PRISON, convicted=True)
        elif step is _Step.REPORTED:
            if kind not in _SERVED:
                # The custody before it is not settled either, until somebody has confirmed or withdrawn the report.
                since = self.present.from_date if self.present and kind is LifeEventKind.CUSTODY else day
                self.present = self.present if kind is not LifeEventKind.CUSTODY else None
                self._begin(day, LifeEventKind.SENTENCE_REPORTED, since=since)
        elif kind not in (*_SERVED, LifeEventKind.SENTENCE_REPORTED, LifeEventKind.CUSTODY):
            self._begin(day, LifeEventKind.CUSTODY)

    def _begin(self, day: date, kind: LifeEventKind, *, convicted: bool = False, since: date | None = None) -> None:
        if self.present is not None and self.present.kind is kind:
            return
        self._end(day, convicted=convicted)
        self.present = LifeEvent(kind, since or day)

    def _end(self, day: date, *, convicted: bool = False) -> None:
        if self.present is not None:
            was_custody = self.present.kind is LifeEventKind.CUSTODY
            self.past += (replace(self.present, to_date=day, convicted=convicted and was_custody),)
        self.present = None
