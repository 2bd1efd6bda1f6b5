"""One contract for the store on both databases: evidence, certifications, facts, sweeps."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import sqlalchemy as sa

from services.common.filtering import EVERYTHING, Comparison
from services.common.ids import new_id
from services.eligibility.certification import CertificationState
from services.eligibility.evidence import EvidenceKind, EvidenceSource
from services.eligibility.facts import PersonFacts, RetirementGroup
from services.eligibility.notice import Notice, NoticeChannel
from services.eligibility.service.certification import NoticeReport, record_notices
from services.eligibility.service.evidence import submit_evidence, withdraw_evidence
from services.eligibility.store import EligibilityStore
from services.eligibility.store.tables.certification import CERTIFICATION
from services.eligibility.store.tables.evidence import EVIDENCE
from services.eligibility.sweep import Applied, Counts, Sweep, SweepState
from tests.integration.eligibility.opened import (
    NOW,
    PARAMETERS,
    Opened,
    draw_of,
    evidence_of,
    grant_of,
    reasons,
)

TODAY = date(2026, 11, 24)


async def test_evidence_is_read_back_and_withdrawn_evidence_stays(store: Opened) -> None:
    person = new_id()
    death = evidence_of(person, EvidenceKind.DEATH_REGISTERED, source=EvidenceSource.POLICE)
    outcome = await store.submit(death, death, replace(death, kind=EvidenceKind.CREMATED))
    assert (outcome.accepted, outcome.repeated, reasons(outcome)) == (1, 1, [(2, "RESOURCE_EXISTS")])
    key = (death.source, death.reference)
    known = replace(death, event_count=1)
    chains = await store.read(lambda opened: opened.evidence.chains({key, (EvidenceSource.BANK, "E-0")}))
    assert chains == {key: {0: known}}
    withdrawn = await store.write(lambda opened: withdraw_evidence(opened, *key, "mistaken", TODAY, PARAMETERS))
    assert withdrawn == replace(death, withdrawn_date=TODAY, withdrawal_reason="mistaken", event_count=2)
    assert await store.read(lambda opened: opened.evidence.chains({key})) == {key: {0: withdrawn}}
    assert (await store.submit(death)).repeated == 1
    name = f"evidence/POLICE/{death.reference}"
    assert await store.told("NegativeEvidenceReceived") == [(name, 1)]
    assert await store.told("EvidenceWithdrawn") == [(name, 2)]


async def test_weak_evidence_is_kept_and_never_read_for_a_decision(store: Opened) -> None:
    person, other = new_id(), new_id()
    strong, weak = evidence_of(person), evidence_of(person, EvidenceKind.APP_LOGIN)
    await store.submit(strong, weak, evidence_of(other, EvidenceKind.PHARMACY))
    assert await store.read(lambda opened: opened.evidence.deciding({person, other})) == {person: [strong]}
    assert len(await store.rows(EVIDENCE)) == 3


async def test_pages_of_evidence_follow_each_other_across_equal_days(store: Opened) -> None:
    person = new_id()
    sources = (EvidenceSource.BANK, EvidenceSource.HEALTH, EvidenceSource.TRANSPORT)
    records = [evidence_of(person, source=source) for source in sources for _ in range(3)]
    await store.submit(*records, evidence_of(person, day="2026-06-09"), evidence_of(new_id()))
    seen: list[tuple[str, str, str, int]] = []
    while True:
        after = seen[-1] if seen else None
        page = await store.read(lambda opened, after=after: opened.evidence.page(person, EVERYTHING, 4, after))  # type: ignore[misc]  # bound at once
        seen += [(record.event_date.isoformat(), *record.key) for record in page]
        if len(page) < 4:
            break
    assert len(set(seen)) == 10
    assert seen == sorted(seen, reverse=True)
    bank = Comparison("source", "=", "BANK")
    assert len(await store.read(lambda opened: opened.evidence.page(person, bank, 9, None))) == 3


async def test_evidence_of_somebody_unknown_is_applied_when_the_first_entitlement_is_granted(store: Opened) -> None:
    grant = grant_of(new_id())
    await store.submit(
        evidence_of(grant.person),
        evidence_of(grant.person, EvidenceKind.DEATH_REGISTERED, "2026-07-01", EvidenceSource.POLICE),
        evidence_of(grant.person, EvidenceKind.CREMATED, "2026-07-03", EvidenceSource.CIVIL_AFFAIRS),
    )
    assert await store.read(lambda opened: opened.certifications.get(grant.person)) is None
    await store.grant(grant)
    certification = await store.read(lambda opened: opened.certifications.get(grant.person))
    assert certification is not None
    assert certification.state is CertificationState.LOST
    assert reasons(await store.draw(draw_of(grant))) == [(0, "ENTITLEMENT_NOT_IN_FORCE")]


async def test_a_certification_is_read_back_with_its_history_and_its_alarm(store: Opened) -> None:
    grant = await store.pensioner()
    await store.submit(
        evidence_of(grant.person, EvidenceKind.DEATH_REGISTERED, "2026-07-01", EvidenceSource.POLICE),
        evidence_of(grant.person, EvidenceKind.BANK_IN_PERSON, "2026-08-20", EvidenceSource.BANK),
    )
    found = await store.write(lambda opened: opened.certifications.of({grant.person}))
    certification = found[grant.person]
    assert [(period.state.value, period.since.isoformat()) for period in certification.assessment.periods] == [
        ("WARNING", "2025-06-01"),
        ("CERTIFIED", "2026-06-10"),
        ("UNDER_VERIFICATION", "2026-07-01"),
    ]
    assert certification.assessment.alarm == (date(2026, 7, 1), date(2026, 8, 20))
    assert (certification.birth_date, certification.start_date) == (date(1960, 5, 5), date(2025, 6, 1))
    assert (certification.version, certification.update_time) == (3, NOW)
    assert certification.assessment.valid_to == date(2027, 8, 20)
    told = [number for _, number in await store.told("CertificationChanged") + await store.told("IdentityAlarmRaised")]
    assert sorted(told, key=str) == list(range(1, certification.event_count + 1))
    await store.write(lambda opened: opened.certifications.save([replace(certification, birth_date=None)]))
    read = await store.read(lambda opened: opened.certifications.get(grant.person))
    assert read == replace(certification, birth_date=None, version=4)


async def test_certifications_are_listed_by_person_and_filtered(store: Opened) -> None:
    grants = [grant_of(new_id()) for _ in range(5)]
    await store.grant(*grants[:3])
    await store.grant(*grants[3:], division="370283")
    await store.submit(*(evidence_of(grant.person) for grant in grants[:2]))
    people = sorted(grant.person for grant in grants)
    first = await store.read(lambda opened: opened.certifications.page(EVERYTHING, 3, ""))
    rest = await store.read(lambda opened: opened.certifications.page(EVERYTHING, 3, first[-1].person))
    assert [one.person for one in [*first, *rest]] == people
    locked = await store.write(lambda opened: opened.certifications.these(people[2:4]))
    assert [one.person for one in locked] == people[2:4]
    assert await store.read(lambda opened: opened.certifications.count()) == 5
    for wanted, number in ((Comparison("state", "=", "CERTIFIED"), 2), (Comparison("division", "=", "370283"), 2)):
        found = await store.read(lambda opened, wanted=wanted: opened.certifications.page(wanted, 9, ""))  # type: ignore[misc]  # bound at once
        assert len(found) == number


async def test_notices_are_kept_once_and_count_from_after_the_sweep_that_passed_them(store: Opened) -> None:
    grant = grant_of(new_id())
    await store.grant(grant)
    early = NoticeReport(grant.person, NoticeChannel.SMS, date(2026, 8, 1))
    late = NoticeReport(grant.person, NoticeChannel.PHONE, date(2026, 8, 2))
    await store.write(lambda opened: record_notices(opened, [(0, early)], PARAMETERS))
    await store.sweep(date(2026, 9, 1))
    outcome = await store.write(lambda opened: record_notices(opened, [(0, early), (1, late)], PARAMETERS))
    assert (outcome.accepted, outcome.repeated) == (1, 1)
    kept = await store.read(lambda opened: opened.certifications.notices({grant.person, new_id()}))
    assert {person: set(notices) for person, notices in kept.items()} == {
        grant.person: {
            Notice(NoticeChannel.SMS, date(2026, 8, 1), date(2026, 8, 1)),
            Notice(NoticeChannel.PHONE, date(2026, 8, 2), date(2026, 9, 2)),
        }
    }
    await store.write(lambda opened: opened.certifications.add_notices([(grant.person, kept[grant.person][0])]))
    assert len((await store.read(lambda opened: opened.certifications.notices({grant.person})))[grant.person]) == 2


async def test_facts_are_read_back_and_older_ones_never_take_their_place(store: Opened, second: Opened) -> None:
    person, bare = new_id(), new_id()
    newest = PersonFacts(
        person, date(2026, 6, 30), date(1965, 1, 15), RetirementGroup.FEMALE_50, 960, 0, 50_000, 10**12
    )
    nothing = PersonFacts(bare, date(2026, 6, 30), None, None, None, None, None, None)
    await store.write(lambda opened: opened.facts.save([newest, nothing]))
    assert await store.read(lambda opened: opened.facts.of({person, bare, new_id()})) == {person: newest, bare: nothing}
    older = replace(newest, as_of_date=date(2026, 6, 29), contribution_months=1)
    await second.write(lambda opened: opened.facts.save([older]))
    assert (await store.read(lambda opened: opened.facts.of({person})))[person] == newest
    same_day = replace(newest, contribution_months=None)
    await second.write(lambda opened: opened.facts.save([same_day]))
    assert (await store.read(lambda opened: opened.facts.of({person})))[person] == same_day


async def test_sweeps_are_read_back_in_every_state_and_the_oldest_one_runs(store: Opened) -> None:
    days = [date(2026, 9, number) for number in range(1, 5)]
    made = [Sweep(new_id(), day, number == 3, 10, NOW + timedelta(seconds=number)) for number, day in enumerate(days)]
    done = made[0].advance("p1", [Counts(3, 1, 1, 1, 1, 1, 1, 1)]).succeed(NOW)
    cancelled = made[1].advance("p2", [Counts(examined=2)]).cancel(NOW)
    sweeps = [done, cancelled, *made[2:]]
    for sweep in sweeps:
        await store.write(lambda opened, sweep=sweep: opened.sweeps.save(sweep))  # type: ignore[misc]  # bound at once
    for sweep in sweeps:
        assert await store.write(lambda opened, sweep=sweep: opened.sweeps.get(sweep.sweep)) == sweep  # type: ignore[misc]  # bound at once
    assert await store.write(lambda opened: opened.sweeps.get(new_id())) is None
    assert await store.write(lambda opened: opened.sweeps.running()) == min(made[2:], key=lambda sweep: sweep.sweep)
    applied = await store.read(lambda opened: opened.sweeps.applied())
    assert set(applied) == {Applied(days[0], "~"), Applied(days[1], "p2"), Applied(days[2], "")}
    newest_first = sorted(sweeps, key=lambda sweep: sweep.sweep, reverse=True)
    assert await store.read(lambda opened: opened.sweeps.page(EVERYTHING, 2, None)) == newest_first[:2]
    before = newest_first[1].sweep
    assert await store.read(lambda opened: opened.sweeps.page(EVERYTHING, 9, before)) == newest_first[2:]
    running = Comparison("state", "=", SweepState.RUNNING)
    assert len(await store.read(lambda opened: opened.sweeps.page(running, 9, None))) == 2


async def test_a_use_case_that_fails_leaves_neither_rows_nor_events(store: Opened) -> None:
    grant = await store.pensioner()
    before = (await store.rows(EVIDENCE), await store.rows(CERTIFICATION), await store.told("CertificationChanged"))
    death = evidence_of(grant.person, EvidenceKind.DEATH_REGISTERED)

    def fails(opened: EligibilityStore) -> None:
        submit_evidence(opened, [(0, death)], PARAMETERS)
        raise ArithmeticError

    failed = await _attempt(store, fails)
    assert isinstance(failed, ArithmeticError)
    after = (await store.rows(EVIDENCE), await store.rows(CERTIFICATION), await store.told("CertificationChanged"))
    assert after == before
    assert await store.told("NegativeEvidenceReceived") == []


async def test_the_number_of_statements_does_not_grow_with_the_batch(store: Opened) -> None:
    async def statements(work: Callable[[EligibilityStore], object]) -> int:
        seen: list[str] = []

        def run(connection: sa.Connection) -> None:
            def note(*arguments: object) -> None:
                seen.append(str(arguments[2]))

            sa.event.listen(connection, "before_cursor_execute", note)
            work(store.open(connection))
            sa.event.remove(connection, "before_cursor_execute", note)

        await store.database.write(run)
        return len(seen)

    grants = [grant_of(new_id()) for _ in range(202)]
    await store.grant(*grants)
    few, many = ([evidence_of(grant.person) for grant in some] for some in (grants[:2], grants[2:]))
    assert await statements(
        lambda opened: submit_evidence(opened, list(enumerate(few)), PARAMETERS)
    ) == await statements(lambda opened: submit_evidence(opened, list(enumerate(many)), PARAMETERS))


async def _attempt(store: Opened, work: Callable[[EligibilityStore], None]) -> BaseException | None:
    try:
        await store.write(work)
    except ArithmeticError as error:
        return error
    return None
