"""A sweep over columns finds of everybody what it finds of one person alone."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.eligibility.assessment import Grounds, assess
from services.eligibility.certification import (
    NOT_ASSESSED,
    Certification,
    CertificationChanged,
    CertificationEvent,
    CertificationState,
    Period,
)
from services.eligibility.notice import Infirmity, Notice, NoticeDelivery
from services.eligibility.sweep import Counts, count, look_at
from services.eligibility.sweep_columns import look_at_slice
from services.eligibility.sweep_finding import finding_of
from services.eligibility.sweep_slice import Changes, NoticeRows, Slice
from tests.support import certification
from tests.unit.eligibility.test_survey import FIRST, days_after, known_on, populations

LAW = replace(certification.LAW, grace_months=1)


def text(day: date | None) -> str:
    return day.isoformat() if day is not None else ""


def slice_of(people: list[tuple[Certification, list[Notice]]], merged: tuple[str, ...] = ()) -> Slice:
    """Give records as a store reads them."""
    notices = [
        (one.person, notice)
        for one, of_one in people
        for notice in of_one
        if notice.delivery is NoticeDelivery.DELIVERED
    ]
    records = [one for one, _ in people]
    return Slice(
        person=[one.person for one in records],
        division=[one.division for one in records],
        state=[str(one.state) for one in records],
        valid_to=[text(one.assessment.valid_to) for one in records],
        birth_date=[text(one.birth_date) for one in records],
        assessed_to=[text(one.assessment.assessed_to) for one in records],
        infirm_since=[text(one.infirmity.since if one.infirmity else None) for one in records],
        infirm_until=[text(one.infirmity.until if one.infirmity else None) for one in records],
        method=[one.method or "" for one in records],
        lost_date=[text(one.assessment.lost_on) for one in records],
        event_count=[one.event_count for one in records],
        version=[one.version for one in records],
        notices=NoticeRows(
            [person for person, _ in notices],
            [str(notice.channel) for _, notice in notices],
            [text(notice.delivered_date) for _, notice in notices],
            [text(notice.counts_from) for _, notice in notices],
        ),
        merged=merged,
    )


def changed(changes: Changes) -> list[CertificationEvent]:
    columns = zip(changes.person, changes.division, changes.sequence, changes.state, changes.valid_to, strict=True)
    return [
        CertificationChanged(person, division, number, state, changes.day, date.fromisoformat(until) if until else None)
        for person, division, number, state, until in columns
    ]


@st.composite
def certified(draw: st.DrawFn) -> tuple[list[tuple[Certification, list[Notice]]], date]:
    """Draw people as they are on record before a sweep, sometimes in a month that an earlier sweep has looked at."""
    people, sweeps = draw(populations())
    found = []
    for number, person in enumerate(people):
        infirm = draw(st.none() | st.builds(Infirmity, days_after(FIRST), st.none() | days_after(FIRST)))
        known = replace(known_on(person, sweeps[-1]), sweep_dates=sweeps[:-1], infirmity=infirm)
        alone = Certification(
            f"p{number}",
            draw(st.sampled_from(["370202", "370203"])),
            person.birth_date,
            person.start_date,
            NOT_ASSESSED,
            infirm,
        )
        found.append((alone.become(assess(known, LAW))[0], list(person.notices)))
    return found, sweeps[-1]


@settings(max_examples=120, deadline=None)
@given(certified())
def test_a_slice_says_of_everybody_what_the_record_alone_says(
    population: tuple[list[tuple[Certification, list[Notice]]], date],
) -> None:
    people, day = population
    found = look_at_slice(slice_of(people), day, LAW, 100, 100)
    findings, counted, told, singly = [], list[Counts](), [], []
    for before, notices in people:
        assessment = look_at(before, notices, day, LAW)
        if assessment is None:
            singly.append(before.person)
            continue
        after, events = before.become(assessment)
        findings.append(finding_of(before, after, day, LAW))
        counted.append(count(before, after, day))
        told += events
    assert (found.last, list(found.singly)) == (people[-1][0].person, singly)
    assert list(found.findings) == findings
    assert changed(found.changes) == told
    assert found.counts == Counts().plus(counted)
    assert sum(found.tally.values()) == len(findings)
    assert all(finding.kind.is_change == any(e.person == finding.person for e in told) for finding in found.findings)


@settings(max_examples=80, deadline=None)
@given(populations())
def test_what_the_record_says_is_what_all_grounds_say(population: tuple[list[Grounds], list[date]]) -> None:
    people, sweeps = population
    day = sweeps[-1]
    for person in people:
        grounds_then = known_on(person, day)
        alone = Certification("p", "370202", person.birth_date, person.start_date, NOT_ASSESSED)
        before = alone.become(assess(replace(grounds_then, sweep_dates=sweeps[:-1]), LAW))[0]
        said = look_at(before, person.notices, day, LAW)
        if said is not None:
            assert replace(said, assessed_to=day) == replace(assess(grounds_then, LAW), assessed_to=day)


def test_a_step_is_cut_where_enough_change_or_are_to_be_looked_at_alone() -> None:
    start, expired = date(2025, 6, 1), date(2026, 1, 1)
    certified_once = (Period(CertificationState.CERTIFIED, start),)
    known = replace(NOT_ASSESSED, periods=certified_once, valid_to=expired, assessed_to=start)
    due = Certification("", "370202", date(1960, 5, 5), start, known)
    people = [(replace(due, person=f"p{number}"), list[Notice]()) for number in range(6)]
    day = expired + timedelta(days=100)
    cut = look_at_slice(slice_of(people, merged=("p0",)), day, LAW, 3, 1)
    assert (cut.last, cut.singly, cut.changes.person) == ("p3", ["p0"], ["p1", "p2", "p3"])
    alone = look_at_slice(slice_of(people, merged=("p0", "p1", "p2")), day, LAW, 3, 1)
    assert (alone.last, alone.singly, alone.changes.person) == ("p0", ["p0"], [])
