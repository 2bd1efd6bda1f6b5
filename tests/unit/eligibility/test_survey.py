"""A sweep over columns says of everybody what the one-person assessment says."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.eligibility.assessment import Grounds, assess
from services.eligibility.certification import state_on
from services.eligibility.certification_law import CertificationParameters
from services.eligibility.columns import NEVER, STATES, day_number
from services.eligibility.evidence import Evidence, EvidenceKind, EvidenceSource
from services.eligibility.notice import Notice, NoticeChannel
from services.eligibility.survey import KINDS, SOURCES, EvidenceColumns, NoticeColumns, Roll, Survey, Surveyed
from tests.support.certification import LAW

FIRST = date(2024, 1, 1)
DAYS = 1_000


def days_after(first: date, most: int = DAYS) -> st.SearchStrategy[date]:
    return st.integers(0, most).map(lambda days: first + timedelta(days=days))


@st.composite
def records(draw: st.DrawFn, number: int) -> Evidence:
    event = draw(days_after(FIRST - timedelta(days=400)))
    received = draw(days_after(event, 60))
    end = draw(st.none() | days_after(received, 200))
    return Evidence(
        source=draw(st.sampled_from(EvidenceSource)),
        reference=f"E-{number}",
        person="p",
        kind=draw(st.sampled_from(EvidenceKind)),
        event_date=event,
        received_date=received,
        withdrawn_date=end,
    )


@st.composite
def notices(draw: st.DrawFn) -> Notice:
    delivered = draw(days_after(FIRST))
    return Notice(draw(st.sampled_from(NoticeChannel)), delivered, draw(days_after(delivered, 40)))


@st.composite
def grounds(draw: st.DrawFn, sweeps: tuple[date, ...]) -> Grounds:
    return Grounds(
        start_date=draw(days_after(FIRST, 300)),
        birth_date=draw(st.none() | st.dates(date(1930, 1, 1), date(1965, 12, 31))),
        evidence=[draw(records(number)) for number in range(draw(st.integers(0, 6)))],
        notices=draw(st.lists(notices(), max_size=3)),
        sweep_dates=sweeps,
    )


def number_or_never(day: date | None) -> int:
    return NEVER if day is None else day_number(day)


def days(values: Sequence[date | None]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array([number_or_never(day) for day in values], dtype=np.int32)


def columns(people: Sequence[Grounds]) -> EvidenceColumns:
    rows = [(place, record) for place, person in enumerate(people) for record in person.evidence]
    return EvidenceColumns(
        person=np.array([place for place, _ in rows], dtype=np.int64),
        kind=np.array([KINDS.index(record.kind) for _, record in rows], dtype=np.int8),
        source=np.array([SOURCES.index(record.source) for _, record in rows], dtype=np.int8),
        event=days([record.event_date for _, record in rows]),
        received=days([record.received_date for _, record in rows]),
        end=days([record.end_date for _, record in rows]),
    )


def notice_columns(people: Sequence[Grounds]) -> NoticeColumns:
    rows = [(place, notice) for place, person in enumerate(people) for notice in person.notices]
    return NoticeColumns(
        person=np.array([place for place, _ in rows], dtype=np.int64),
        delivered=days([notice.delivered_date for _, notice in rows]),
        counts_from=days([notice.counts_from for _, notice in rows]),
        visit=np.array([notice.channel is NoticeChannel.VISIT for _, notice in rows], dtype=np.bool_),
    )


def surveyed(
    people: Sequence[Grounds], sweeps: Sequence[date], parts: int = 1, law: CertificationParameters = LAW
) -> list[Surveyed]:
    """Sweep the same people on several days, each sweep going on from the one before."""
    roll = Roll(
        start=days([person.start_date for person in people]),
        birth=days([person.birth_date for person in people]),
        base=np.zeros(len(people), dtype=np.int8),
    )
    evidence = columns(people)
    part_of = np.arange(len(evidence.person)) % parts
    found = []
    for day in sweeps:
        survey = Survey(roll, day, law)
        for part in range(parts):
            survey.take(evidence.where(part_of == part))
        result = survey.result(notice_columns(people))
        found.append(result)
        roll = replace(roll, base=result.base, swept=day_number(day))
    return found


@st.composite
def populations(draw: st.DrawFn) -> tuple[list[Grounds], list[date]]:
    sweeps = sorted(draw(st.sets(days_after(FIRST, 900), min_size=1, max_size=4)))
    return [draw(grounds(tuple(sweeps))) for _ in range(draw(st.integers(1, 4)))], sweeps


def known_on(person: Grounds, day: date) -> Grounds:
    """Give somebody's grounds as of a day: without what came later; only a correction for the person reaches back."""

    def then(record: Evidence) -> Evidence:
        later = record.end_date is not None and max(record.end_date, record.received_date, person.start_date) > day
        return replace(record, withdrawn_date=None) if later and not record.is_negative else record

    known = [then(record) for record in person.evidence if max(record.received_date, person.start_date) <= day]
    return replace(person, evidence=known, sweep_dates=[one for one in person.sweep_dates if one <= day])


@settings(max_examples=200, deadline=None)
@given(populations(), st.integers(1, 3))
def test_each_sweep_leaves_everybody_in_the_state_of_the_one_person_assessment(
    population: tuple[list[Grounds], list[date]], parts: int
) -> None:
    people, sweeps = population
    for day, result in zip(sweeps, surveyed(people, sweeps, parts), strict=True):
        for place, person in enumerate(people):
            if person.start_date > day:
                assert STATES[result.state[place]] is None
                continue
            alone = assess(known_on(person, day), LAW)
            assert STATES[result.state[place]] is state_on(alone.periods, day)
            assert result.valid_to[place] == number_or_never(alone.valid_to)
