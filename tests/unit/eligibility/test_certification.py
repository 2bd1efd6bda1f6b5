"""The state machine of certification, case by case and against a plain model that walks every day."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.errors import PreconditionFailed
from services.common.months import add_months
from services.eligibility.assessment import Grounds, assess
from services.eligibility.certification import (
    NOT_ASSESSED,
    Certification,
    CertificationChanged,
    CertificationMethod,
    CertificationState,
    IdentityAlarmRaised,
    Period,
    changes,
    state_on,
)
from services.eligibility.certification_law import DatedParameters
from services.eligibility.evidence import (
    DEATHS,
    RELEASES,
    TERMS,
    Evidence,
    EvidenceKind,
    EvidenceSource,
    Strength,
)
from services.eligibility.notice import Notice, NoticeChannel
from tests.support.certification import LAW

CERTIFIED, WARNING, SUSPENDED, UNDER_VERIFICATION, LOST = CertificationState
STRENGTHS = LAW.strengths
START = date(2025, 1, 1)
BIRTH = date(1960, 5, 5)
SEEN = date(2025, 3, 10)


def fact(kind: EvidenceKind, day: date, *, source: EvidenceSource = EvidenceSource.HEALTH, late: int = 0) -> Evidence:
    return Evidence(source, f"{kind}-{day}-{late}", "p", kind, day, day + timedelta(days=late))


def notice(day: date, channel: NoticeChannel = NoticeChannel.SMS) -> Notice:
    return Notice(channel, day, day)


SEEN_IN_HOSPITAL = fact(EvidenceKind.HOSPITAL_STAY, SEEN)
GROUNDS = Grounds(START, BIRTH, (SEEN_IN_HOSPITAL,))
DEATH = fact(EvidenceKind.DEATH_REGISTERED, date(2025, 6, 1), source=EvidenceSource.POLICE, late=9)
CREMATION = fact(EvidenceKind.CREMATED, date(2025, 6, 4), source=EvidenceSource.CIVIL_AFFAIRS, late=20)


def state(grounds: Grounds) -> CertificationState:
    return assess(grounds, LAW).periods[-1].state


def test_one_qualifying_event_covers_twelve_months() -> None:
    found = assess(GROUNDS, LAW)
    assert found.valid_to == date(2026, 3, 10)
    assert found.periods == (Period(WARNING, START), Period(CERTIFIED, SEEN))


def test_evidence_inside_the_period_moves_it_on_without_a_new_state() -> None:
    later = replace(GROUNDS, evidence=(SEEN_IN_HOSPITAL, fact(EvidenceKind.OUTPATIENT_SETTLEMENT, date(2025, 8, 1))))
    assert assess(later, LAW).valid_to == date(2026, 8, 1)
    assert assess(later, LAW).periods == assess(GROUNDS, LAW).periods


@pytest.mark.parametrize("kind", [kind for kind, strength in STRENGTHS.items() if strength is Strength.WEAK])
def test_weak_evidence_never_certifies_however_much_of_it_there_is(kind: EvidenceKind) -> None:
    weak = tuple(fact(kind, START + timedelta(days=n)) for n in range(50))
    assert assess(Grounds(START, BIRTH, weak), LAW).valid_to is None
    assert state(Grounds(START, BIRTH, weak)) is WARNING


@pytest.mark.parametrize(
    ("day", "expected"), [(date(2025, 12, 9), CERTIFIED), (date(2025, 12, 10), WARNING), (date(2026, 3, 10), WARNING)]
)
def test_a_sweep_warns_from_three_months_before_the_end(day: date, expected: CertificationState) -> None:
    assert state(replace(GROUNDS, sweep_dates=(day,))) is expected


def test_without_a_sweep_time_alone_changes_nothing() -> None:
    much_later = replace(GROUNDS, notices=(notice(date(2026, 1, 10)),))
    assert state(much_later) is CERTIFIED


def test_a_sweep_suspends_the_day_after_validity_when_a_notice_was_delivered() -> None:
    warned = replace(GROUNDS, notices=(notice(date(2026, 1, 10)),))
    on_time = replace(warned, sweep_dates=(date(2026, 1, 1), date(2026, 3, 10)))
    assert state(on_time) is WARNING
    assert state(replace(on_time, sweep_dates=(date(2026, 1, 1), date(2026, 3, 11)))) is SUSPENDED


def test_grace_months_put_a_suspension_off() -> None:
    law = replace(LAW, grace_months=1)
    grounds = replace(GROUNDS, notices=(notice(date(2026, 1, 10)),), sweep_dates=(date(2026, 1, 1), date(2026, 4, 10)))
    assert assess(grounds, law).periods[-1].state is WARNING
    grounds = replace(grounds, sweep_dates=(date(2026, 1, 1), date(2026, 4, 11)))
    assert assess(grounds, law).periods[-1].state is SUSPENDED


@pytest.mark.parametrize("notices", [(), (notice(date(2025, 5, 1)),), (notice(date(2026, 4, 2)),)])
def test_nobody_is_suspended_without_a_notice_of_this_warning(notices: tuple[Notice, ...]) -> None:
    grounds = replace(GROUNDS, notices=notices, sweep_dates=(date(2026, 1, 1), date(2026, 4, 1)))
    assert state(grounds) is WARNING


def test_a_notice_recorded_after_a_sweep_does_not_suspend_as_of_that_sweep() -> None:
    late = Notice(NoticeChannel.SMS, date(2026, 3, 20), counts_from=date(2026, 4, 2))
    swept = replace(GROUNDS, notices=(late,), sweep_dates=(date(2026, 1, 1), date(2026, 4, 1)))
    assert state(swept) is WARNING
    assert state(replace(swept, sweep_dates=(*swept.sweep_dates, date(2026, 5, 1)))) is SUSPENDED


@pytest.mark.parametrize("birth", [date(1945, 1, 1), None])
def test_somebody_over_eighty_or_of_unknown_age_is_suspended_only_after_a_home_visit(birth: date | None) -> None:
    swept = Grounds(
        START, birth, (SEEN_IN_HOSPITAL,), (notice(date(2026, 1, 10)),), (date(2026, 1, 1), date(2026, 4, 1))
    )
    assert state(swept) is WARNING
    visited = replace(swept, notices=(*swept.notices, notice(date(2026, 2, 1), NoticeChannel.VISIT)))
    assert state(visited) is SUSPENDED


def test_a_suspended_person_who_is_seen_is_certified_from_the_day_it_became_known() -> None:
    seen = fact(EvidenceKind.FACE_RECOGNITION, date(2026, 5, 2), late=3)
    grounds = replace(
        GROUNDS,
        evidence=(SEEN_IN_HOSPITAL, seen),
        notices=(notice(date(2026, 1, 10)),),
        sweep_dates=(date(2026, 1, 1), date(2026, 4, 1), date(2026, 5, 1)),
    )
    assert assess(grounds, LAW).periods[-2:] == (
        Period(SUSPENDED, date(2026, 4, 1)),
        Period(CERTIFIED, date(2026, 5, 5)),
    )


def test_old_evidence_that_still_covers_the_day_lifts_a_suspension_to_a_warning() -> None:
    old = fact(EvidenceKind.HOSPITAL_STAY, date(2025, 5, 20), late=340)
    grounds = replace(
        GROUNDS,
        evidence=(SEEN_IN_HOSPITAL, old),
        notices=(notice(date(2026, 3, 5)),),
        sweep_dates=(date(2026, 1, 1), date(2026, 4, 1)),
    )
    assert assess(grounds, LAW).periods[-1] == Period(WARNING, old.received_date)


def test_one_office_that_reports_a_death_only_holds_the_payment() -> None:
    grounds = replace(GROUNDS, evidence=(SEEN_IN_HOSPITAL, DEATH))
    assert assess(grounds, LAW).periods[-1] == Period(UNDER_VERIFICATION, DEATH.received_date)


@pytest.mark.parametrize("kind", [EvidenceKind.DEATH_REGISTERED, EvidenceKind.SENTENCED, EvidenceKind.MISSING_DECLARED])
def test_one_office_never_ends_an_entitlement_however_often_it_reports(kind: EvidenceKind) -> None:
    reports = tuple(fact(kind, date(2025, 6, n), source=EvidenceSource.POLICE) for n in range(1, 20))
    assert state(replace(GROUNDS, evidence=reports)) is UNDER_VERIFICATION


def test_two_offices_that_agree_on_a_death_end_the_entitlement_when_the_second_is_known() -> None:
    grounds = replace(GROUNDS, evidence=(SEEN_IN_HOSPITAL, CREMATION, DEATH))
    assert assess(grounds, LAW).periods[-2:] == (
        Period(UNDER_VERIFICATION, DEATH.received_date),
        Period(LOST, CREMATION.received_date),
    )


@pytest.mark.parametrize(
    "other",
    [
        replace(CREMATION, source=EvidenceSource.POLICE),
        replace(CREMATION, event_date=date(2025, 9, 4), received_date=date(2025, 9, 5)),
        replace(CREMATION, kind=EvidenceKind.SENTENCED),
    ],
)
def test_reports_that_do_not_agree_do_not_end_it(other: Evidence) -> None:
    assert state(replace(GROUNDS, evidence=(DEATH, other))) is UNDER_VERIFICATION


def test_two_offices_never_end_an_entitlement_because_somebody_is_missing() -> None:
    missing = fact(EvidenceKind.MISSING_DECLARED, date(2025, 6, 1), source=EvidenceSource.POLICE)
    again = replace(missing, source=EvidenceSource.JUSTICE)
    assert state(replace(GROUNDS, evidence=(missing, again))) is UNDER_VERIFICATION


def test_a_missing_person_who_is_seen_afterwards_is_missing_no_longer() -> None:
    missing = fact(EvidenceKind.MISSING_DECLARED, date(2025, 6, 1))
    before = fact(EvidenceKind.FACE_RECOGNITION, date(2025, 5, 30), late=30)
    settled = fact(EvidenceKind.OUTPATIENT_SETTLEMENT, date(2025, 7, 1))
    assert state(replace(GROUNDS, evidence=(missing, before, settled))) is UNDER_VERIFICATION
    seen = fact(EvidenceKind.FACE_RECOGNITION, date(2025, 7, 1))
    assert assess(replace(GROUNDS, evidence=(missing, before, seen)), LAW).periods[-1] == Period(
        CERTIFIED, seen.event_date
    )


def test_a_withdrawn_death_never_was() -> None:
    taken_back = replace(DEATH, withdrawn_date=date(2025, 9, 1))
    assert assess(replace(GROUNDS, evidence=(SEEN_IN_HOSPITAL, taken_back)), LAW) == assess(GROUNDS, LAW)


def test_a_withdrawn_hospital_stay_counts_until_it_was_withdrawn() -> None:
    stay = replace(fact(EvidenceKind.HOSPITAL_STAY, date(2025, 9, 1)), withdrawn_date=date(2026, 4, 20))
    grounds = replace(
        GROUNDS,
        evidence=(SEEN_IN_HOSPITAL, stay),
        notices=(notice(date(2026, 4, 21)),),
        sweep_dates=tuple(date(2026, month, 1) for month in range(1, 7)),
    )
    found = assess(grounds, LAW)
    assert found.valid_to == date(2026, 3, 10)
    assert state_on(found.periods, date(2026, 4, 19)) is CERTIFIED
    assert found.periods[-2:] == (Period(WARNING, date(2026, 5, 1)), Period(SUSPENDED, date(2026, 6, 1)))


def test_somebody_seen_after_the_reported_death_raises_an_alarm_and_stays_held() -> None:
    seen = fact(EvidenceKind.BANK_IN_PERSON, date(2025, 7, 7))
    found = assess(replace(GROUNDS, evidence=(SEEN_IN_HOSPITAL, seen, DEATH)), LAW)
    assert found.alarm == (DEATH.event_date, seen.event_date)
    assert found.periods[-1].state is UNDER_VERIFICATION


def test_a_pharmacy_purchase_after_the_death_is_no_alarm() -> None:
    bought = fact(EvidenceKind.PHARMACY, date(2025, 7, 7))
    assert assess(replace(GROUNDS, evidence=(bought, DEATH)), LAW).alarm is None


def new_certification(grounds: Grounds) -> Certification:
    blank = Certification("p", "370202", grounds.birth_date, grounds.start_date, NOT_ASSESSED)
    return blank.become(assess(grounds, LAW))[0]


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        (EvidenceKind.FACE_RECOGNITION, CertificationMethod.SELF),
        (EvidenceKind.HOME_VISIT, CertificationMethod.HOME),
        (EvidenceKind.BANK_IN_PERSON, CertificationMethod.SILENT),
    ],
)
def test_the_method_says_who_had_to_move(kind: EvidenceKind, method: CertificationMethod) -> None:
    certification = new_certification(Grounds(START, BIRTH, (fact(kind, SEEN),)))
    assert certification.method is method
    assert (certification.state, certification.state_since) == (CERTIFIED, SEEN)
    assert new_certification(Grounds(START, BIRTH)).method is None


def test_an_alarm_is_told_once() -> None:
    seen = fact(EvidenceKind.BANK_IN_PERSON, date(2025, 7, 7))
    certification = new_certification(replace(GROUNDS, evidence=(SEEN_IN_HOSPITAL, DEATH)))
    found = assess(replace(GROUNDS, evidence=(SEEN_IN_HOSPITAL, DEATH, seen)), LAW)
    certification, events = certification.become(found)
    assert [type(event) for event in events] == [IdentityAlarmRaised]
    assert certification.become(found)[1] == []


def test_payment_is_held_by_the_present_state_and_by_that_of_the_pay_date() -> None:
    suspended = replace(GROUNDS, notices=(notice(date(2026, 1, 10)),), sweep_dates=(date(2026, 1, 1), date(2026, 4, 1)))
    certification = new_certification(suspended)
    assert certification.held_on(date(2026, 3, 31)) is SUSPENDED  # paid before, recorded now
    seen = fact(EvidenceKind.FACE_RECOGNITION, date(2026, 5, 2))
    certification, _ = certification.become(assess(replace(suspended, evidence=(SEEN_IN_HOSPITAL, seen)), LAW))
    assert certification.held_on(date(2026, 4, 15)) is SUSPENDED
    assert certification.held_on(date(2026, 5, 2)) is None


def test_a_record_is_withdrawn_once() -> None:
    withdrawn = DEATH.withdraw("another person", date(2025, 9, 1))
    assert withdrawn.withdrawn_date == date(2025, 9, 1)
    with pytest.raises(PreconditionFailed):
        withdrawn.withdraw("again", date(2025, 9, 2))


def test_a_record_is_known_by_source_and_reference() -> None:
    assert replace(DEATH, reference="7").name == "POLICE/7"


days = st.integers(0, 900).map(lambda n: date(2025, 1, 1) + timedelta(days=n))


@st.composite
def records(draw: st.DrawFn) -> Evidence:
    happened = draw(days)
    received = happened + timedelta(days=draw(st.integers(0, 200)))
    withdrawn = received + timedelta(days=draw(st.integers(0, 200))) if draw(st.booleans()) else None
    kind = draw(st.sampled_from(EvidenceKind))
    return Evidence(
        draw(st.sampled_from(EvidenceSource)),
        str(draw(st.integers(0, 10**9))),
        "p",
        kind,
        happened,
        received,
        withdrawn,
    )


@st.composite
def grounds_of_anybody(draw: st.DrawFn) -> Grounds:
    evidence = draw(st.lists(records(), max_size=8, unique_by=lambda record: record.name))
    channels = st.sampled_from(NoticeChannel)
    notices = draw(
        st.lists(
            st.builds(lambda c, d, n: Notice(c, d, d + timedelta(days=n)), channels, days, st.integers(0, 9)),
            max_size=4,
        )
    )
    start = draw(days)
    birth = draw(st.sampled_from([date(1960, 1, 1), date(1946, 2, 28), None]))
    return Grounds(start, birth, evidence, notices, draw(st.lists(days, max_size=24, unique=True)))


def walk(grounds: Grounds) -> list[tuple[date, CertificationState]]:
    """The same law, told day by day from what was known on each day, without any of the product's code for it."""
    told: list[tuple[date, CertificationState]] = []
    base: CertificationState | None = None
    day, last = grounds.start_date, date(2030, 1, 1)
    while day < last:
        positive, negative = [], []
        for record in grounds.evidence:
            if record.kind in STRENGTHS:
                known = record.received_date <= day and (record.withdrawn_date is None or record.withdrawn_date > day)
                if known and STRENGTHS[record.kind] is not Strength.WEAK:
                    positive.append(record)
            elif record.withdrawn_date is None and record.received_date <= day:
                negative.append(record)
        swept = day in grounds.sweep_dates
        changed = any(day in (record.received_date, record.withdrawn_date) for record in grounds.evidence)
        if base is None or swept or changed:
            until = max((add_months(record.event_date, 12) for record in positive), default=None)
            base = step(base, day, until, swept, grounds)
        seen = [record.event_date for record in positive if STRENGTHS[record.kind] is Strength.STRONG]
        free = [record.event_date for record in positive if record.kind in RELEASES]
        now = verdict(negative, seen, free) or base
        if not told or told[-1][1] is not now:
            told.append((day, now))
        day += timedelta(days=1)
    return told


def step(
    base: CertificationState | None, day: date, until: date | None, swept: bool, grounds: Grounds
) -> CertificationState:
    if until is not None and day < add_months(until, -3):
        return CERTIFIED
    if base is None:
        return WARNING
    if base is SUSPENDED:
        return WARNING if until is not None and day <= until else SUSPENDED
    if not swept:
        return base
    if base is CERTIFIED:
        return WARNING
    old = grounds.birth_date is None or add_months(grounds.birth_date, 960) <= day
    opened = add_months(until, -3) if until is not None else date.min
    fit = [n for n in grounds.notices if n.delivered_date >= opened and n.counts_from <= day]
    fit = [n for n in fit if n.channel is NoticeChannel.VISIT or not old]
    return SUSPENDED if fit and (until is None or day > until) else WARNING


def verdict(negative: list[Evidence], seen: list[date], free: list[date]) -> CertificationState | None:
    def lasts(record: Evidence) -> bool:
        return record.kind not in TERMS or all(day < record.event_date for day in free)

    negative = [record for record in negative if lasts(record)]
    if any(record.kind is EvidenceKind.COURT_JUDGMENT for record in negative):
        return LOST
    for one in negative:
        for other in negative:
            pair = {one.kind, other.kind}
            same = pair <= DEATHS or pair == {EvidenceKind.SENTENCED}
            if same and one.source is not other.source and abs((one.event_date - other.event_date).days) <= 31:
                return LOST
    held = [r for r in negative if r.kind is not EvidenceKind.MISSING_DECLARED or all(s <= r.event_date for s in seen)]
    return UNDER_VERIFICATION if held else None


@settings(max_examples=60, deadline=None)
@given(grounds_of_anybody())
def test_the_history_is_that_of_a_clerk_who_looks_every_day(grounds: Grounds) -> None:
    assert [(period.since, period.state) for period in assess(grounds, LAW).periods] == walk(grounds)


@settings(max_examples=150, deadline=None)
@given(grounds_of_anybody(), st.randoms())
def test_the_order_in_which_grounds_become_known_changes_nothing(grounds: Grounds, random: "st.random.Random") -> None:  # type: ignore[name-defined]
    evidence, notices, sweeps = list(grounds.evidence), list(grounds.notices), list(grounds.sweep_dates)
    for shuffled in (evidence, notices, sweeps):
        random.shuffle(shuffled)
    assert assess(Grounds(grounds.start_date, grounds.birth_date, evidence, notices, sweeps), LAW) == assess(
        grounds, LAW
    )


@settings(max_examples=150, deadline=None)
@given(grounds_of_anybody(), st.permutations(range(8)))
def test_a_listener_who_replaces_from_each_day_on_knows_the_history(grounds: Grounds, order: list[int]) -> None:
    certification = Certification("p", "", grounds.birth_date, grounds.start_date, NOT_ASSESSED)
    heard: list[tuple[date, CertificationState]] = []
    known: list[Evidence] = []
    for place in order:
        known += grounds.evidence[place : place + 1]
        certification, events = certification.become(assess(replace(grounds, evidence=tuple(known)), LAW))
        for event in events:
            if isinstance(event, CertificationChanged):
                heard = [pair for pair in heard if pair[0] < event.effective_date]
                heard.append((event.effective_date, event.state))
    final = assess(grounds, LAW).periods
    for day in {since for since, _ in heard} | {period.since for period in final}:
        told = [pair for pair in heard if pair[0] <= day]
        assert (told[-1][1] if told else None) is state_on(final, day)
    assert certification.assessment == assess(grounds, LAW)


def test_what_vanished_is_told_as_the_going_on_of_what_was_before() -> None:
    before = (Period(CERTIFIED, date(2025, 1, 1)), Period(SUSPENDED, date(2025, 6, 1)))
    assert changes(before, before[:1]) == (Period(CERTIFIED, date(2025, 6, 1)),)
    assert changes(before, before) == ()
    assert changes((), before) == before


def test_each_decision_takes_the_numbers_of_its_own_day() -> None:
    change = date(2026, 1, 1)
    strict = replace(LAW, validity_months=6, warning_months=1)
    law = DatedParameters(((date(2019, 1, 1), LAW), (change, strict)))
    assert assess(GROUNDS, law).valid_to == date(2026, 3, 10)  # seen before the change
    later = replace(GROUNDS, evidence=(SEEN_IN_HOSPITAL, fact(EvidenceKind.HOSPITAL_STAY, date(2026, 2, 1))))
    assert assess(later, law).valid_to == date(2026, 8, 1)
    warned = replace(GROUNDS, sweep_dates=(date(2025, 12, 15), date(2026, 1, 2)))
    assert state(warned) is WARNING
    assert assess(warned, law).periods[-1] == Period(CERTIFIED, date(2026, 1, 2))  # one month before the end, not three


def test_a_kind_that_becomes_weak_still_proves_what_it_proved() -> None:
    medium = EvidenceKind.OUTPATIENT_SETTLEMENT
    weakened = replace(LAW, certifying=LAW.certifying - {medium})
    law = DatedParameters(((date(2019, 1, 1), LAW), (date(2025, 6, 1), weakened)))
    seen = tuple(fact(medium, day) for day in (date(2025, 5, 1), date(2025, 7, 1)))
    assert assess(Grounds(START, BIRTH, seen), law).last_event_date == date(2025, 5, 1)
    assert medium not in law.weak_kinds()
    assert EvidenceKind.PHARMACY in law.weak_kinds()
