"""From the grounds of a certification to its history; pure.

The order in which the grounds became known to the system is no part of them. Two rules keep payments safe that were
made in between: a decision of a day rests on what the bureau had received by that day; and a correction for the person
reaches back (a withdrawn death never was), one against the person counts from its own day (a withdrawn hospital stay
counts until it was withdrawn).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import groupby

from services.common.months import add_months
from services.eligibility.certification import Assessment, CertificationState, Period
from services.eligibility.certification_law import CertificationLaw, CertificationParameters, Moment
from services.eligibility.evidence import DEATHS, Evidence
from services.eligibility.life_event import LifeEvent, LifeEventKind
from services.eligibility.notice import Infirmity, Notice
from services.eligibility.reports import agree, missing_reports, reports_of
from services.eligibility.sentence import life_events
from services.eligibility.warning import is_noticed, is_to_visit, latest_notice


@dataclass(frozen=True, slots=True)
class Grounds:
    """All that a certification rests on; collections are read as sets."""

    start_date: date
    birth_date: date | None
    evidence: Sequence[Evidence] = ()
    notices: Sequence[Notice] = ()
    sweep_dates: Sequence[date] = ()
    infirmity: Infirmity | None = None


def assess(grounds: Grounds, law: CertificationLaw) -> Assessment:
    """Work out the whole history from the grounds."""
    course = _Course(grounds, law)
    periods: list[Period] = []
    day = grounds.start_date
    for day, happened in _days(grounds, law):
        state = course.decide(day, happened)
        if not periods or periods[-1].state is not state:
            periods.append(Period(state, day))
    last = course.last_event
    until = valid_to(last, law)
    return Assessment(
        periods=tuple(periods),
        last_kind=last.kind if last is not None else None,
        last_event_date=last.event_date if last is not None else None,
        valid_to=until,
        notice_date=latest_notice(grounds.notices, until, law.on(day)),
        assessed_to=day,
        alarm=_alarm(grounds.evidence, law),
        lost_on=course.lost_on,
        events=course.events(),
    )


@dataclass(frozen=True, slots=True)
class Look:
    """What a sweep found that looked at a certification."""

    noticed: bool
    """Whether a notice fit for a suspension had been delivered."""


def next_state(
    state: CertificationState | None,
    day: date,
    until: date | None,
    look: Look | None,
    law: CertificationParameters,
) -> CertificationState:
    """Move the part of the machine that time drives: from a state (None before the start) to that of a decision's day.

    `until` is the last day covered by evidence, `look` what a sweep of that day found, None when none looked.
    """
    covered = until is not None and day <= until
    return law.next_states[
        Moment(
            before=state,
            safe=until is not None and day < add_months(until, -law.warning_months),
            covered=covered,
            overdue=until is None or (not covered and day > add_months(until, law.grace_months)),
            noticed=look is not None and look.noticed,
            swept=look is not None,
        )
    ]


def valid_to(event: Evidence | None, law: CertificationLaw) -> date | None:
    """Give the last day that an event covers, by the law of its own day."""
    return add_months(event.event_date, law.on(event.event_date).validity_months) if event is not None else None


def certifies(evidence: Evidence, law: CertificationLaw) -> bool:
    """Tell whether an event proved enough on its day."""
    return evidence.kind in law.on(evidence.event_date).certifying


class _Course:
    """The machine on its way through the days; what it knows grows with them."""

    def __init__(self, grounds: Grounds, law: CertificationLaw) -> None:
        self.last_event: Evidence | None = None
        self.lost_on: date | None = None
        self._grounds = grounds
        self._law = law
        self._base: CertificationState | None = None
        self._positive: list[Evidence] = []
        self._negative: list[Evidence] = []

    def decide(self, day: date, happened: Iterable["_Happened"]) -> CertificationState:
        """Take in what happened on a day and give the state from then on."""
        swept = False
        for what in happened:
            if what.evidence is None:
                swept = True
            elif what.withdrawn:
                self._positive.remove(what.evidence)
                self.last_event = max(self._positive, key=_recency, default=None)
            else:
                self.hear(what.evidence)
        until, numbers = valid_to(self.last_event, self._law), self._law.on(day)
        look = None
        if swept:
            grounds = self._grounds
            to_visit = is_to_visit(grounds.birth_date, grounds.infirmity, day, numbers)
            look = Look(is_noticed(grounds.notices, day, until, to_visit, numbers))
        self._base = next_state(self._base, day, until, look, numbers)
        self.lost_on = None
        return (self._hold(numbers) if self._negative else None) or self._base

    def hear(self, evidence: Evidence) -> None:
        """Take a record in."""
        if evidence.is_negative:
            self._negative.append(evidence)
            return
        self._positive.append(evidence)
        self.last_event = max(self.last_event or evidence, evidence, key=_recency)

    def events(self) -> tuple[LifeEvent, ...]:
        """Give what of the standing records bears on months."""
        missing = missing_reports(self._negative, self._positive, self._law)
        absence = (LifeEvent(LifeEventKind.MISSING, min(fact.event_date for fact in missing)),) if missing else ()
        return (*life_events(self._negative, self._positive, partial(agree, self._law)), *absence)

    def _hold(self, law: CertificationParameters) -> CertificationState | None:
        """Give what the reports demand."""
        reports = reports_of(self._negative, self._positive, self._law)
        verdict = law.verdicts[reports.against]
        if verdict is CertificationState.LOST:
            # The earliest of the days: a body is cremated after the death.
            deaths = (fact.event_date for pair in reports.agreeing for fact in pair if fact.kind in DEATHS)
            self.lost_on = min(deaths, default=None)
        return verdict


@dataclass(frozen=True, slots=True)
class _Happened:
    """Evidence came or was withdrawn; without evidence, a sweep looked."""

    day: date
    evidence: Evidence | None
    withdrawn: bool = False


def _days(grounds: Grounds, law: CertificationLaw) -> Iterator[tuple[date, list[_Happened]]]:
    """Give each day on which something is decided, with what happened on it; first the start with all before it."""
    start = grounds.start_date
    happened = [_Happened(day, None) for day in grounds.sweep_dates if day >= start]
    for evidence in grounds.evidence:
        withdrawn = evidence.end_date
        if evidence.is_negative:
            if withdrawn is None:
                happened.append(_Happened(max(evidence.received_date, start), evidence))
        elif certifies(evidence, law):
            happened.append(_Happened(max(evidence.received_date, start), evidence))
            if withdrawn is not None:
                happened.append(_Happened(max(withdrawn, evidence.received_date, start), evidence, withdrawn=True))
    happened.sort(key=lambda what: (what.day, what.withdrawn))
    if not happened or happened[0].day > start:
        yield start, []
    for day, of_day in groupby(happened, key=lambda what: what.day):
        yield day, list(of_day)


def _recency(evidence: Evidence) -> tuple[date, str]:
    return evidence.event_date, evidence.name


def _alarm(evidence: Iterable[Evidence], law: CertificationLaw) -> tuple[date, date] | None:
    """Find the first day on which somebody reported dead was seen later."""
    standing = [fact for fact in evidence if fact.end_date is None]
    deaths = [fact.event_date for fact in standing if fact.kind in DEATHS]
    if not deaths:
        return None
    death = min(deaths)
    seen = [
        fact.event_date
        for fact in standing
        if not fact.is_negative and certifies(fact, law) and fact.event_date > death
    ]
    return (death, min(seen)) if seen else None
