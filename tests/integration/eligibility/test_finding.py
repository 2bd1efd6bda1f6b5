"""Benefits are found for people on both databases: by everything on record, as it changes, and by two processes."""

import asyncio
import signal
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

import pytest

from services.common.errors import DomainError, PermissionDenied
from services.common.filtering import parse
from services.common.ids import new_id
from services.common.months import first_day, parse_month
from services.eligibility.domain import EntitlementState, Scheme
from services.eligibility.evidence import EvidenceKind, EvidenceSource
from services.eligibility.facts import MergeTold, PersonFacts, Profile, RetirementGroup
from services.eligibility.finding_run import FindingRun, FindingRunState
from services.eligibility.offer import Exclusion
from services.eligibility.proposal import Ask, Proposal, ProposalState
from services.eligibility.rules.finding.finding import finding_parameters
from services.eligibility.seeker import STEP
from services.eligibility.service.decision import decide, numbers_of
from services.eligibility.service.entitlement import change_entitlement
from services.eligibility.service.evidence import withdraw_evidence
from services.eligibility.service.facts import submit_facts
from services.eligibility.service.finding import find
from services.eligibility.service.finding_run import (
    ON_ARRIVAL,
    advance_run,
    arrived_people,
    create_run,
    next_step,
    settle_arrived,
)
from services.eligibility.service.found import Finding, Known
from services.eligibility.service.granting import Desk, Payee
from services.eligibility.service.merges import follow_merges
from services.eligibility.service.proposing import (
    approve_proposal,
    confirm_proposal,
    decline_proposal,
    reject_proposal,
)
from services.eligibility.store import EligibilityStore
from services.eligibility.store.tables.proposal import LOOKED_FOR, PROPOSAL
from services.local.certificates import Authority
from tests.integration.eligibility.calls import begin_finding, finding_ended
from tests.integration.eligibility.card_service import card_service
from tests.integration.eligibility.opened import BOOK, NOW, PARAMETERS, Opened, draw_of, evidence_of, grant_of
from tests.integration.eligibility.process import ServiceProcess

TODAY = date(2026, 11, 24)
MONTH = parse_month("2026-11")
BOLD = replace(finding_parameters(BOOK, TODAY), instant_on_unverified_law=True)
DESK = Desk(BOOK, PARAMETERS, BOLD, NOW)
CAREFUL = replace(DESK, parameters=replace(BOLD, instant=frozenset()))
"""Where nothing is granted without consent."""
OLD = date(1966, 10, 8)
"""Sixty in October 2026: the residents' pension is due from November on."""

RESIDENT = (
    ("residence_district", 1),
    ("resident_account_balance_fen", 139 * 18_000),
    ("resident_contribution_months", 180),
)
_sequence = count(1)


class City:
    """People whom the vault knows, each with a card, and what is on record about them."""

    def __init__(self, store: Opened, desk: Desk = DESK) -> None:
        self._store = store
        self.desk = desk
        self._births: dict[str, date] = {}
        self.without_account: set[str] = set()
        """Whose card may be paid, though nobody knows the account."""

    @property
    def known(self) -> Known:
        profiles = {person: Profile(birth, "370202") for person, birth in self._births.items()}
        return Known(profiles, profiles.keys())

    @property
    def payees(self) -> Mapping[str, Payee]:
        return {person: Payee("6222020000000000017", "370200") for person in self._births.keys() - self.without_account}

    async def resident(self, birth: date = OLD, **more: int) -> str:
        person = self.add(birth)
        await self.tell(person, **more)
        return person

    def add(self, birth: date = OLD) -> str:
        person = new_id()
        self._births[person] = birth
        return person

    async def tell(self, person: str, **fields: int) -> None:
        """Let an office tell a resident's facts."""
        own = ("contribution_months", "deemed_months", "avg_index_bp", "account_balance_fen")
        facts = PersonFacts(
            person,
            date(2026, 11, 1),
            None,
            RetirementGroup.MALE_60 if "contribution_months" in fields else None,
            **{name: fields.get(name) for name in own},
            more=tuple(sorted({**dict(RESIDENT), **{k: v for k, v in fields.items() if k not in own}}.items())),
            verified=True,
        )
        await self._store.write(lambda opened: submit_facts(opened, [(0, facts)], self.known.profiles))

    async def look_at_arrived(self) -> None:
        """Look at all of whom something arrived."""
        while arrived := await self._store.read(lambda opened: opened.proposals.looked_for(100)):
            people = await self._store.read(lambda opened, names=arrived: arrived_people(opened, names.keys()))  # type: ignore[misc]  # its default binds it
            found = await self.findings(*people)

            def settle(
                opened: EligibilityStore, arrived: Mapping[str, str] = arrived, found: Sequence[Finding] = found
            ) -> None:
                settle_arrived(opened, self.desk, arrived, found, self.known, self.payees)

            await self._store.write(settle)

    async def run(self, size: int = 100) -> FindingRun:
        """Run through everybody."""
        await self._store.write(lambda opened: create_run(opened, TODAY, False, "operator/wang", NOW))
        while True:
            run = await step(self, self._store, size)
            assert run is not None
            if run.state is not FindingRunState.RUNNING:
                return run

    async def findings(self, *people: str) -> list[Finding]:
        return await self._store.read(
            lambda opened: find(opened, BOOK, people, self.known, TODAY, self.desk.parameters)
        )

    async def proposals(self, person: str) -> list[Proposal]:
        """Give the proposals of exactly one record, the oldest first."""
        found = await self._store.read(lambda opened: opened.proposals.page(parse("", {}), 100, None))
        return [one for one in reversed(found) if one.person == person]


async def step(city: City, store: Opened, size: int = 100) -> FindingRun | None:
    """Take one step of the run at work, in a process."""
    part = await store.read(lambda opened: next_step(opened, size))
    if part is None:
        return None
    found = await store.read(lambda opened: find(opened, BOOK, part.people, city.known, TODAY, city.desk.parameters))
    return await store.write(lambda opened: advance_run(opened, city.desk, part, found, city.known, city.payees))


async def states(city: City, person: str) -> list[ProposalState]:
    return [one.state for one in await city.proposals(person)]


async def test_each_month_before_this_one_is_granted_with_the_amount_of_its_own_law(store: Opened) -> None:
    city = City(store)
    person = await city.resident(date(1964, 3, 8))
    await city.look_at_arrived()
    [granted] = await city.proposals(person)
    assert granted.state is ProposalState.GRANTED
    entitlement = await store.read(lambda opened: opened.entitlements.get(granted.entitlement))
    assert entitlement is not None
    assert (entitlement.start_month, entitlement.monthly_amount_fen) == (MONTH - 12, granted.terms.monthly_fen)
    facts = (await store.read(lambda opened: opened.facts.of({person})))[person]
    numbers = {**numbers_of(BOOK, person, facts, None), "draws_employee_pension": 0}
    due = {
        month: decide(BOOK, "resident_pension", first_day(month), numbers, {}).results["resident_pension_fen"]
        for month in range(MONTH - 12, MONTH + 1)
    }
    assert {month: entitlement.amount_on(month) for month in due} == due
    assert len(set(due.values())) > 1


async def test_a_pension_that_was_stopped_is_not_granted_again_however_much_the_facts_speak_for_it(
    store: Opened,
) -> None:
    city = City(store)
    person = await city.resident(date(1960, 3, 8))
    old = grant_of(person, "2024-01", benefit="resident_pension", scheme=Scheme.RESIDENT_PENSION)
    await store.grant(old)

    def stop(opened: EligibilityStore) -> None:
        found = opened.entitlements.by_reference({old.reference})[old.reference]
        month = parse_month("2025-02")
        change_entitlement(opened, found.entitlement, None, lambda one: one.stop(month, "moved abroad", NOW))

    await store.write(stop)
    await city.run()
    assert await city.proposals(person) == []
    assert [one.excluded for one in await city.findings(person)] == [Exclusion.DRAWN]


async def test_who_is_due_the_employees_pension_is_not_granted_the_residents_one_meanwhile(store: Opened) -> None:
    city = City(store)
    employee = {
        "contribution_months": 240,
        "deemed_months": 0,
        "avg_index_bp": 10_000,
        "account_balance_fen": 90_000_00,
    }
    both = await city.resident(date(1966, 1, 8), **employee)
    await city.look_at_arrived()
    [only] = await city.proposals(both)
    assert (only.terms.benefit, only.state) == ("employee_pension", ProposalState.OPEN)
    assert {one.terms.benefit: one.excluded for one in await city.findings(both)} == {
        "employee_pension": None,
        "resident_pension": Exclusion.OTHER_BENEFIT,
    }
    del employee["account_balance_fen"]
    unclear = await city.resident(date(1966, 1, 8), **employee)
    await city.look_at_arrived()
    asks = {one.terms.benefit: one.terms.asks for one in await city.proposals(unclear)}
    assert asks == {"employee_pension": (Ask.FACT, Ask.CONSENT), "resident_pension": (Ask.REVIEW,)}


async def test_what_others_have_paid_of_late_under_any_name_excludes_it(store: Opened) -> None:
    city = City(store)
    person, other = await city.resident(), city.add()
    paid = draw_of(grant_of(other), "2026-09", origin="370300", scheme=Scheme.RESIDENT_PENSION, pooling_region="370300")
    await store.draw(paid)
    await tell_merge(store, other, person)
    await city.look_at_arrived()
    assert await city.proposals(person) == []
    assert [one.excluded for one in await city.findings(person)] == [Exclusion.OTHER_PAYER]


async def tell_merge(store: Opened, person: str, survivor: str) -> None:
    told = MergeTold(person, survivor, next(_sequence), "event")
    await store.write(lambda opened: follow_merges(opened, [told], PARAMETERS))


async def test_a_report_of_death_ends_what_waits_and_taking_it_back_has_it_found_again(store: Opened) -> None:
    city = City(store, CAREFUL)
    person = await city.resident()
    await city.look_at_arrived()
    assert await states(city, person) == [ProposalState.OPEN]
    death = evidence_of(person, EvidenceKind.DEATH_REGISTERED, "2026-11-20", EvidenceSource.CIVIL_AFFAIRS)
    await store.submit(death)
    await city.look_at_arrived()
    assert await states(city, person) == [ProposalState.WITHDRAWN]
    await store.write(
        lambda opened: withdraw_evidence(opened, death.source, death.reference, "another man", TODAY, PARAMETERS)
    )
    await city.look_at_arrived()
    assert await states(city, person) == [ProposalState.WITHDRAWN, ProposalState.OPEN]


async def test_a_merge_leaves_one_proposal_under_the_name_that_stays_and_an_undo_gives_each_its_own(
    store: Opened,
) -> None:
    city = City(store, CAREFUL)
    first, second = await city.resident(), await city.resident()
    await city.look_at_arrived()
    await tell_merge(store, second, first)
    await city.look_at_arrived()
    assert await states(city, first) == [ProposalState.OPEN]
    assert await states(city, second) == [ProposalState.WITHDRAWN]
    await tell_merge(store, second, "")
    await city.look_at_arrived()
    assert await states(city, first) == [ProposalState.OPEN]
    assert await states(city, second) == [ProposalState.WITHDRAWN, ProposalState.OPEN]


async def test_a_run_looks_at_whoever_the_facts_of_a_merged_record_are_about(store: Opened) -> None:
    city = City(store)
    told, stays = await city.resident(), city.add()
    await tell_merge(store, told, stays)
    await store.write(lambda opened: opened.proposals.looked(opened.proposals.looked_for(10)))  # the run alone
    run = await city.run()
    assert (run.examined, [one.granted for one in run.found]) == (1, [1])
    assert await states(city, stays) == [ProposalState.GRANTED]
    assert await city.proposals(told) == []


async def test_a_run_in_small_steps_finds_what_one_in_a_single_step_counts(store: Opened) -> None:
    city = City(store)
    people = [await city.resident(date(1966, month, 8)) for month in range(6, 13)]
    await store.write(lambda opened: opened.proposals.looked(opened.proposals.looked_for(10)))
    counted = await city.findings(*people)
    run = await city.run(size=2)
    assert (run.examined, run.total) == (7, 7)
    [found] = run.found
    assert found.granted == len([one for one in counted if not one.terms.asks]) > 0
    assert found.monthly_fen == sum(one.terms.monthly_fen for one in counted)
    again = await city.run(size=3)
    assert [(one.granted, one.proposed, one.excluded) for one in again.found] == [(0, 0, found.granted)]


async def test_what_arrives_while_somebody_is_looked_at_is_looked_at_again(store: Opened) -> None:
    city = City(store)
    person = await city.resident()
    before = await store.read(lambda opened: opened.proposals.looked_for(10))
    await city.tell(person, resident_contribution_months=181)
    found = await city.findings(person)
    await store.write(lambda opened: settle_arrived(opened, DESK, before, found, city.known, city.payees))
    assert [row["person"] for row in await store.rows(LOOKED_FOR)] == [person]


async def test_two_processes_that_step_and_approve_at_once_grant_everybody_one_pension(
    store: Opened, second: Opened
) -> None:
    city = City(store, CAREFUL)
    people = [await city.resident() for _ in range(6)]
    await store.write(lambda opened: opened.proposals.looked(opened.proposals.looked_for(10)))
    await city.run()
    waiting = [(await city.proposals(person))[0] for person in people]

    def confirm(opened: EligibilityStore) -> None:
        for one in waiting:
            confirm_proposal(opened, one.proposal, None, "recording 17", "operator/zhao", NOW)

    await store.write(confirm)
    await store.write(lambda opened: create_run(opened, TODAY, False, "operator/wang", NOW))

    async def approve(process: Opened, proposal: Proposal) -> None:
        await process.write(
            lambda opened: approve_proposal(
                opened, CAREFUL, proposal.proposal, None, "reviewer/li", city.known, city.payees
            )
        )

    both = [approve(process, one) for one in waiting for process in (store, second)]
    steps = [step(city, process, 2) for _ in range(4) for process in (second, store)]
    outcomes = await asyncio.gather(*both, *steps, return_exceptions=True)
    refused = [one for one in outcomes if isinstance(one, BaseException)]
    assert [one.reason for one in refused if isinstance(one, DomainError)] == ["PROPOSAL_STATE"] * len(people)
    granted = await store.read(lambda opened: opened.entitlements.of_people(people))
    assert {person: [one.state for one in found] for person, found in granted.items()} == {
        person: [EntitlementState.ACTIVE] for person in people
    }
    assert {(await states(city, person))[-1] for person in people} == {ProposalState.GRANTED}


async def test_a_killed_run_goes_on_and_proposes_everybody_once(
    store: Opened, migrated_url: str, tmp_path: Path
) -> None:
    authority = Authority(tmp_path / "certificates")
    async with card_service(authority.identity("system", "card")) as cards:
        births = [OLD if place % 50 == 0 else date(1990, 1, 8) for place in range(STEP + 100)]
        profiles = {new_id(): Profile(birth, "370202") for birth in births}
        for person, profile in profiles.items():
            cards.add(person, str(profile.birth_date), profile.division)
        reports = [
            PersonFacts(person, date(2026, 11, 1), None, None, None, None, None, None, RESIDENT) for person in profiles
        ]

        def tell(opened: EligibilityStore) -> None:
            submit_facts(opened, list(enumerate(reports)), profiles)
            opened.proposals.looked(opened.proposals.looked_for(len(reports)))  # what the run finds is not found before

        await store.write(tell)
        process = ServiceProcess(migrated_url, tmp_path, cards.address)
        # A dry run passes three times, after two steps and at its end; so the kill is after the first real step.
        async with process.running("seeker.after_step:4") as client:
            dry = await finding_ended(client, await begin_finding(client, dry_run=True))
            run = await begin_finding(client)
            assert await process.exit_code() == -signal.SIGKILL
        async with process.running() as client:
            real = await finding_ended(client, run)
    due = births.count(OLD)
    assert [(one.benefit, one.proposed_count) for one in dry.found] == [("resident_pension", due)]
    assert (list(real.found), real.examined_count) == (list(dry.found), len(births))
    waiting = await store.rows(PROPOSAL)
    assert len({row["person"] for row in waiting}) == len(waiting) == due


async def test_facts_that_grow_old_need_a_reviewer_again(store: Opened) -> None:
    city = City(store)
    person = await city.resident()
    later = datetime(2027, 4, 1, 2, tzinfo=UTC)
    found = await store.read(lambda opened: find(opened, BOOK, [person], city.known, later.date(), BOLD))
    assert [one.terms.asks for one in found] == [(Ask.REVIEW,)]


async def test_what_cannot_be_granted_at_once_waits_as_one_proposal_and_is_granted_when_it_can_be(
    store: Opened,
) -> None:
    city = City(store)
    person = await city.resident()
    city.without_account.add(person)
    await city.look_at_arrived()
    [waiting] = await city.proposals(person)
    assert (waiting.state, waiting.terms.asks, waiting.reason) == (ProposalState.OPEN, (Ask.REVIEW,), waiting.reason)
    assert waiting.reason
    for _ in range(2):
        assert [(one.standing, one.proposed) for one in (await city.run()).found] == [(1, 0)]
    assert await city.proposals(person) == [waiting]
    city.without_account.clear()
    assert [(one.standing, one.granted) for one in (await city.run()).found] == [(0, 1)]
    [granted] = await city.proposals(person)
    assert (granted.proposal, granted.state, granted.reason) == (waiting.proposal, ProposalState.GRANTED, "")
    assert await store.told("ProposalChanged") == [(f"proposals/{waiting.proposal}", number) for number in (1, 2)]


async def test_what_a_reviewer_rejected_is_not_proposed_again_before_something_about_the_person_changes(
    store: Opened,
) -> None:
    city = City(store)
    person = await city.resident()
    city.without_account.add(person)
    await city.look_at_arrived()
    [waiting] = await city.proposals(person)
    with pytest.raises(PermissionDenied):
        await store.write(lambda opened: reject_proposal(opened, waiting.proposal, None, "no", ON_ARRIVAL, NOW))
    await store.write(
        lambda opened: reject_proposal(opened, waiting.proposal, None, "lives abroad", "reviewer/li", NOW)
    )
    city.without_account.clear()
    await city.tell(person)  # the same again
    await city.look_at_arrived()
    assert [(one.excluded, one.granted) for one in (await city.run()).found] == [(1, 0)]
    assert [one.excluded for one in await city.findings(person)] == [Exclusion.REJECTED]
    await city.tell(person, resident_contribution_months=200)
    await city.look_at_arrived()
    rejected, anew = await city.proposals(person)
    assert (rejected.state, rejected.approver, rejected.reason) == (
        ProposalState.REJECTED,
        "reviewer/li",
        "lives abroad",
    )
    assert (anew.state, anew.terms.asks) == (ProposalState.OPEN, (Ask.REVIEW,))  # never at once after that


async def test_who_declined_long_ago_is_asked_before_anything_is_granted(store: Opened) -> None:
    city = City(store, CAREFUL)
    person = await city.resident()
    await city.look_at_arrived()
    [waiting] = await city.proposals(person)
    long_ago = datetime(2025, 1, 8, 2, tzinfo=UTC)
    await store.write(
        lambda opened: decline_proposal(opened, waiting.proposal, None, "note 3", "operator/wang", long_ago)
    )
    city.desk = DESK
    await city.run()
    assert [one.terms.asks for one in await city.proposals(person)][1:] == [(Ask.CONSENT, Ask.REVIEW)]


async def test_a_reviewer_may_grant_what_could_not_be_granted_at_once(store: Opened) -> None:
    city = City(store)
    person = await city.resident()
    city.without_account.add(person)
    await city.look_at_arrived()
    [waiting] = await city.proposals(person)
    city.without_account.clear()
    granted = await store.write(
        lambda opened: approve_proposal(opened, DESK, waiting.proposal, None, "reviewer/li", city.known, city.payees)
    )
    assert (granted.state, granted.approver) == (ProposalState.GRANTED, "reviewer/li")
    assert len((await store.read(lambda opened: opened.entitlements.of_people({person})))[person]) == 1
