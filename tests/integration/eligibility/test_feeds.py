"""Deliveries of offices: dedupe, correction, quarantine, and undoing that leaves nothing behind."""

from dataclasses import replace
from datetime import date

import pytest

from services.common.errors import DomainError
from services.common.ids import new_id
from services.eligibility.baseline import FeedCheck
from services.eligibility.book.book import Book
from services.eligibility.certification import Assessment, CertificationState
from services.eligibility.evidence import Evidence, EvidenceKind, EvidenceSource
from services.eligibility.feed import FeedBatchState
from services.eligibility.feed_decision import FeedDecisionKind, Proposal
from services.eligibility.feed_row import FeedRowOutcome
from services.eligibility.rules.certification.feeds import feed_baseline
from services.eligibility.service.evidence import submit_evidence
from services.eligibility.service.feed import approve_decision, propose_decision
from services.eligibility.service.outcome import Outcome
from tests.integration.eligibility.feeding import LENIENT, Feeding, row_of
from tests.integration.eligibility.opened import NOW, PARAMETERS, Opened, draw_of, evidence_of, grant_of

POLICE, HEALTH, CIVIL = EvidenceSource.POLICE, EvidenceSource.HEALTH, EvidenceSource.CIVIL_AFFAIRS
UNDO = FeedDecisionKind.UNDO


@pytest.fixture
def feeding(store: Opened) -> Feeding:
    return Feeding(store)


async def assessment(store: Opened, person: str) -> Assessment:
    found = await store.read(lambda opened: opened.certifications.get(person))
    assert found is not None
    return found.assessment


async def state(store: Opened, person: str) -> CertificationState:
    return (await assessment(store, person)).periods[-1].state


async def outcomes(store: Opened, batch: str) -> list[FeedRowOutcome]:
    return [row.outcome for row in await store.read(lambda opened: opened.feeds.rows_after(batch, "", 1_000))]


async def test_nobody_is_touched_before_a_delivery_is_complete_and_then_each_row_takes_effect(
    store: Opened, feeding: Feeding
) -> None:
    people = [grant.person for grant in await store.pensioners(20)]
    rows = [row_of(person) for person in people]
    batch = await feeding.open(POLICE)
    await feeding.fill(batch, rows)
    assert await state(store, people[0]) is CertificationState.CERTIFIED
    with pytest.raises(DomainError, match="20 rows came in"):
        await feeding.close(batch, 21)
    await feeding.close(batch, 20)
    done = await feeding.settle(batch)
    assert (done.state, done.counts.accepted, done.counts.negative) == (FeedBatchState.APPLIED, 20, 20)
    assert {await state(store, person) for person in people} == {CertificationState.UNDER_VERIFICATION}
    assert await store.told("FeedBatchChanged") == [(f"feedBatches/{batch}", number) for number in (1, 2, 3, 4)]


async def test_what_was_delivered_before_changes_nothing_and_what_says_otherwise_is_left_out(
    store: Opened, feeding: Feeding
) -> None:
    person = (await store.pensioner()).person
    row, ahead = row_of(person), row_of(person, day="2026-12-02")
    await feeding.send(POLICE, row)
    again = await feeding.send(
        POLICE,
        replace(row, received_date=date(2026, 11, 9)),
        row_of(person, reference="G-1"),
        ahead,
    )
    assert await outcomes(store, again.batch) == [
        FeedRowOutcome.REPEATED,
        FeedRowOutcome.DATE_AHEAD,
        FeedRowOutcome.ACCEPTED,
    ]
    other = await feeding.send(POLICE, replace(row, kind=EvidenceKind.CREMATED))
    assert await outcomes(store, other.batch) == [FeedRowOutcome.CONFLICTING]
    assert (other.counts.refused, other.counts.accepted) == (1, 0)


async def test_a_correction_moves_a_wrong_match_to_whom_it_concerns_and_its_undoing_moves_it_back(
    store: Opened, feeding: Feeding
) -> None:
    wrong, right = [grant.person for grant in await store.pensioners(2)]
    before = await assessment(store, wrong)
    row = row_of(wrong)
    await feeding.send(POLICE, row)
    late = date(2026, 11, 10)
    fixed = await feeding.send(POLICE, replace(row, person=right, revision=1, received_date=late))
    assert (fixed.counts.accepted, fixed.counts.corrected) == (1, 1)
    assert (await assessment(store, wrong)).periods == before.periods
    assert (await assessment(store, right)).periods[-1].since == late
    assert await store.told("EvidenceWithdrawn") == [(f"evidence/POLICE/{row.reference}", 2)]
    await feeding.decide(fixed.batch, UNDO)
    assert await state(store, wrong) is CertificationState.UNDER_VERIFICATION
    assert await state(store, right) is CertificationState.CERTIFIED
    assert (f"evidence/POLICE/{row.reference}", 3) in await store.told("NegativeEvidenceReceived")


async def test_a_corrected_day_of_death_holds_from_the_first_report_on(store: Opened, feeding: Feeding) -> None:
    person = (await store.pensioner()).person
    row = row_of(person, day="2026-10-02")
    await feeding.send(POLICE, row)
    since = (await assessment(store, person)).periods[-1]
    day = date(2026, 9, 30)
    await feeding.send(POLICE, replace(row, revision=1, event_date=day, received_date=date(2026, 11, 20)))
    assert (await assessment(store, person)).periods[-1] == since


async def test_an_older_revision_that_comes_late_stays_behind_the_newer_one(store: Opened, feeding: Feeding) -> None:
    person, other = [grant.person for grant in await store.pensioners(2)]
    row = row_of(person, revision=2)
    await feeding.send(POLICE, row)
    await feeding.send(POLICE, replace(row, revision=1, person=other))
    assert await state(store, person) is CertificationState.UNDER_VERIFICATION
    assert await state(store, other) is CertificationState.CERTIFIED


async def test_undoing_a_delivery_leaves_what_others_had_said_too(store: Opened, feeding: Feeding) -> None:
    twice, once, desk = [grant.person for grant in await store.pensioners(3)]
    rows = [row_of(twice), row_of(once), row_of(desk)]
    bad = await feeding.send(POLICE, *rows)
    said_again = await feeding.send(POLICE, rows[0])
    death = evidence_of(desk, EvidenceKind.DEATH_REGISTERED, "2026-11-02", POLICE)
    submitted = replace(death, reference=rows[2].reference)
    assert (await store.submit(submitted)).repeated == 1
    undone = await feeding.decide(bad.batch, UNDO)
    assert (undone.state, undone.counts.restored_people) == (FeedBatchState.UNDONE, 1)
    assert await state(store, once) is CertificationState.CERTIFIED
    assert await state(store, twice) is await state(store, desk) is CertificationState.UNDER_VERIFICATION
    assert await outcomes(store, said_again.batch) == [FeedRowOutcome.ACCEPTED]
    assert (await feeding.send(POLICE, rows[1])).counts.accepted == 1  # as if it had never been sent
    assert (f"evidence/POLICE/{rows[1].reference}", 3) in await store.told("NegativeEvidenceReceived")


async def test_undoing_states_the_months_that_were_held_for_nothing(store: Opened, feeding: Feeding) -> None:
    paid, unpaid = await store.pensioners(2)
    bad = await feeding.send(POLICE, *(row_of(grant.person, day="2026-09-20") for grant in (paid, unpaid)))
    await feeding.decide(bad.batch, UNDO)
    done = await store.read(lambda opened: opened.feeds.get(bad.batch))
    assert done is not None
    assert (done.counts.back_pay_months, done.counts.back_pay_fen) == (6, 6 * 312_345)  # September to November, both
    again = await feeding.send(CIVIL, row_of(paid.person, day="2026-09-20"))
    assert await state(store, paid.person) is CertificationState.UNDER_VERIFICATION
    await feeding.decide(again.batch, UNDO)
    assert (await store.draw(draw_of(paid, "2026-09"))).accepted == 1
    last = await feeding.send(HEALTH, row_of(paid.person, day="2026-09-20"))
    undone = await feeding.decide(last.batch, UNDO)
    assert undone.counts.back_pay_months == 2


async def test_one_person_alone_can_neither_release_nor_undo(store: Opened, feeding: Feeding) -> None:
    batch = (await feeding.send(POLICE, row_of((await store.pensioner()).person))).batch
    proposal = Proposal(UNDO, "a wrong list", "operator/wang")
    await store.write(lambda opened: propose_decision(opened, batch, None, proposal, NOW))
    with pytest.raises(DomainError) as refused:
        await store.write(lambda opened: approve_decision(opened, batch, None, "reviewer/wang", NOW, NOW.date()))
    assert refused.value.reason == "SAME_PERSON"


async def test_a_wrong_list_of_deaths_is_quarantined_before_it_touches_anybody(store: Opened) -> None:
    feeding = Feeding(store, feed_baseline(Book.load(), date(2026, 11, 24)))
    people = [grant.person for grant in await store.pensioners(60)]
    listed = [row_of(person, day=f"2026-11-{1 + number % 20:02d}") for number, person in enumerate(people[:25])]
    bad = await feeding.send(POLICE, *listed)
    assert bad.state is FeedBatchState.QUARANTINED
    found = {finding.check: finding for finding in bad.findings}
    assert found.keys() == {FeedCheck.NEGATIVE_RATE}
    assert (found[FeedCheck.NEGATIVE_RATE].measured, found[FeedCheck.NEGATIVE_RATE].limit) == (4_166, 75)
    assert "死亡率" in found[FeedCheck.NEGATIVE_RATE].source
    assert {await state(store, person) for person in people} == {CertificationState.CERTIFIED}
    assert await store.told("NegativeEvidenceReceived") == []
    released = await feeding.decide(bad.batch, FeedDecisionKind.RELEASE)
    assert (released.state, released.release_date) == (FeedBatchState.APPLIED, date(2026, 11, 24))
    held = (await assessment(store, people[0])).periods[-1]
    assert (held.state, held.since) == (CertificationState.UNDER_VERIFICATION, date(2026, 11, 24))


async def test_a_wrong_list_of_deaths_that_comes_in_parts_is_judged_as_one(store: Opened) -> None:
    feeding = Feeding(store, feed_baseline(Book.load(), date(2026, 11, 24)))
    people = [grant.person for grant in await store.pensioners(60)]
    listed = [row_of(person, day=f"2026-11-{1 + number % 20:02d}") for number, person in enumerate(people[:25])]
    assert (await feeding.send(POLICE, *listed[:13])).state is FeedBatchState.APPLIED
    rest = await feeding.send(POLICE, *listed[13:])
    assert rest.state is FeedBatchState.QUARANTINED
    assert [(finding.check, finding.measured) for finding in rest.findings] == [(FeedCheck.NEGATIVE_RATE, 4_166)]
    assert await state(store, people[24]) is CertificationState.CERTIFIED


async def test_an_office_that_cannot_know_of_deaths_is_not_believed(store: Opened) -> None:
    feeding = Feeding(store, feed_baseline(Book.load(), date(2026, 11, 24)))
    person = (await store.pensioner()).person
    bad = await feeding.send(EvidenceSource.BANK, row_of(person))
    assert [finding.check for finding in bad.findings] == [FeedCheck.FOREIGN_KIND]
    rejected = await feeding.decide(bad.batch, FeedDecisionKind.REJECT)
    assert rejected.state is FeedBatchState.REJECTED
    assert await state(store, person) is CertificationState.CERTIFIED


async def test_evidence_of_somebody_without_a_certification_waits_for_the_first_grant(
    store: Opened, feeding: Feeding
) -> None:
    person = new_id()
    await feeding.send(HEALTH, row_of(person, EvidenceKind.HOSPITAL_STAY, "2026-09-02"))
    await store.grant(grant_of(person))
    assert await state(store, person) is CertificationState.CERTIFIED


async def test_a_list_that_is_sent_row_by_row_is_stopped_and_told_to_come_as_a_delivery(store: Opened) -> None:
    usual = replace(LENIENT, desk_negative_count=3, negative_monthly_bp=0)
    people = [grant.person for grant in await store.pensioners(5)]
    deaths = [evidence_of(person, EvidenceKind.DEATH_REGISTERED, source=POLICE) for person in people]

    async def submit(*records: Evidence) -> Outcome:
        numbered = list(enumerate(records))
        return await store.write(lambda opened: submit_evidence(opened, numbered, PARAMETERS, usual))

    assert (await submit(*deaths[:2])).accepted == 2
    second = await submit(
        *deaths[1:], evidence_of(people[4]), evidence_of(people[4], EvidenceKind.CREMATED, source=CIVIL)
    )
    assert (second.accepted, second.repeated) == (3, 1)  # the third death, somebody seen, and another office's
    assert [(index, error.reason) for index, error in second.refused] == [(2, "FEED_NEEDED"), (3, "FEED_NEEDED")]
