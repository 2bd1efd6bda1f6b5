"""Policy finds people, over real gRPC with mTLS, on both databases."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from services.common.ids import new_id
from services.eligibility.book.book import RULES
from services.eligibility.book.content import folder_of
from socsec.eligibility.v1 import (
    decision_pb2,
    decision_service_pb2,
    eligibility_service_pb2,
    entitlement_pb2,
    entitlement_service_pb2,
    explanation_pb2,
    proposal_pb2,
    proposal_service_pb2,
    proposal_service_pb2_grpc,
)
from socsec.type.v1 import scheme_pb2
from tests.integration.eligibility.calls import begin_finding, finding_ended, record, refusal
from tests.integration.eligibility.calls import submit as submit_evidence
from tests.integration.eligibility.messages import draw, evidence, grant
from tests.integration.eligibility.serving import Client, Served, served
from tests.integration.eligibility.test_eligibility_api import facts

TODAY = "2026-11-24"
ACCOUNT_PAID = 180 * 100 * 139
RESIDENT = {
    "resident_contribution_months": 180,
    "resident_account_balance_fen": ACCOUNT_PAID,
    "residence_district": 1,
}


def proposals_of(client: Client) -> "proposal_service_pb2_grpc.ProposalServiceAsyncStub":
    return proposal_service_pb2_grpc.ProposalServiceStub(client.channel)


def resident(person: str, as_of_date: str = "2026-11-01", **changed: int) -> decision_pb2.PersonFacts:
    return decision_pb2.PersonFacts(person=person, as_of_date=as_of_date, facts=RESIDENT | changed)


async def tell(client: Client, *records: decision_pb2.PersonFacts) -> None:
    result = await client.eligibility.SubmitFacts(eligibility_service_pb2.SubmitFactsRequest(batch=1, facts=records))
    assert result.accepted == len(records), result


async def listed(client: Client, condition: str) -> Sequence[proposal_pb2.Proposal]:
    request = proposal_service_pb2.ListProposalsRequest(filter=condition)
    return (await proposals_of(client).ListProposals(request)).proposals


async def proposed(
    service: Served, person: str, *states: proposal_pb2.ProposalState.ValueType
) -> proposal_pb2.Proposal:
    """Wait until somebody's newest proposal is in a state, an open one unless said otherwise."""
    wanted = states or (proposal_pb2.PROPOSAL_STATE_OPEN,)
    async with asyncio.timeout(60):
        while True:
            found = await listed(service.operator, f'person = "{person}"')
            if found and found[0].state in wanted:
                return found[0]
            await asyncio.sleep(0.02)


async def looked_at(service: Served) -> proposal_pb2.FindingRun:
    """Run through everybody, after whatever has arrived."""
    return await ran(service, dry_run=False)


async def ran(service: Served, *, dry_run: bool) -> proposal_pb2.FindingRun:
    return await finding_ended(service.operator, await begin_finding(service.operator, dry_run=dry_run))


async def findings(service: Served, person: str) -> dict[str, proposal_pb2.BenefitFinding]:
    request = proposal_service_pb2.FindBenefitsRequest(person=person)
    found = (await proposals_of(service.operator).FindBenefits(request)).findings
    return {one.benefit: one for one in found}


async def entitlements_of(service: Served, person: str) -> list[entitlement_pb2.Entitlement]:
    request = entitlement_service_pb2.ListEntitlementsRequest(filter=f'person = "{person}"')
    return list((await service.operator.entitlements.ListEntitlements(request)).entitlements)


def bold_law(folder: Path) -> Path:
    """Write the installed law, by which something may be granted at once though numbers are unverified."""
    law = folder / "law"
    shutil.copytree(folder_of(RULES), law)
    file = law / "finding" / "finding.yaml"
    before, name, after = file.read_text("utf-8").partition("instant_on_unverified_law:")
    file.write_text(before + name + after.replace("value: 0", "value: 1", 1), encoding="utf-8")
    return law


@pytest.fixture
async def bold(migrated_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(migrated_url, tmp_path, law=bold_law(tmp_path)) as running:
        yield running


async def test_a_residents_pension_is_granted_once_to_whom_it_is_due_without_asking(bold: Served) -> None:
    office = await bold.client("system", "office")
    person = bold.cards.add(new_id(), "1966-10-08")
    await tell(office, resident(person))
    granted = await proposed(bold, person, proposal_pb2.PROPOSAL_STATE_GRANTED)
    assert (granted.benefit, granted.monthly_amount_fen, list(granted.asks)) == (
        "resident_pension",
        16_300 + 18_000,
        [],
    )
    [entitlement] = await entitlements_of(bold, person)
    assert (granted.entitlement, granted.start_month) == (entitlement.name, "2026-11")
    assert entitlement.monthly_amount_fen == granted.monthly_amount_fen
    assert (entitlement.masked_account[-4:], entitlement.pooling_region) == ("0017", "370200")
    explained = await bold.operator.decisions.ExplainDecision(
        decision_service_pb2.ExplainDecisionRequest(name=granted.decision)
    )
    assert explained.reproduced == explanation_pb2.Explanation(reproduced=True).reproduced
    await tell(office, resident(person, "2026-11-02"))
    run = await looked_at(bold)
    assert [(one.benefit, one.excluded_count, one.granted_count) for one in run.found] == [("resident_pension", 1, 0)]
    assert len(await entitlements_of(bold, person)) == 1


async def test_typed_facts_old_ones_and_unverified_law_need_a_reviewer(service: Served) -> None:
    person = service.cards.add(new_id(), "1966-10-08")
    await tell(service.operator, resident(person))
    found = await proposed(service, person)
    assert list(found.asks) == [proposal_pb2.PROPOSAL_ASK_REVIEW]
    assert found.channel == proposal_pb2.ASK_CHANNEL_REVIEWER
    reviewer = await service.client("reviewer", "li")
    request = proposal_service_pb2.ApproveProposalRequest(name=found.name, etag=found.etag, request_id="approve")
    denied = await refusal(proposals_of(service.operator).ApproveProposal(request))
    assert denied.reason == "ROLE_NOT_ALLOWED"
    tried = proposal_service_pb2.ApproveProposalRequest(name=found.name, validate_only=True)
    assert (await proposals_of(reviewer).ApproveProposal(tried)).state == proposal_pb2.PROPOSAL_STATE_GRANTED
    assert await entitlements_of(service, person) == []
    first, second = await asyncio.gather(*(proposals_of(reviewer).ApproveProposal(request) for _ in range(2)))
    assert first == second
    assert (first.state, first.approver) == (proposal_pb2.PROPOSAL_STATE_GRANTED, "reviewer/li")
    assert [one.name for one in await entitlements_of(service, person)] == [first.entitlement]
    again = await refusal(
        proposals_of(reviewer).ApproveProposal(proposal_service_pb2.ApproveProposalRequest(name=found.name))
    )
    assert (again.reason, again.metadata["found"]) == ("PROPOSAL_STATE", "GRANTED")


async def test_a_pension_waits_for_consent_and_for_another_person_and_ends_the_residents_one(service: Served) -> None:
    office, reviewer = await service.client("system", "office"), await service.client("reviewer", "li")
    person = service.cards.add(new_id(), "1965-01-15")
    old = grant(person, benefit="resident_pension", scheme=scheme_pb2.SCHEME_RESIDENT_PENSION, start_month="2026-01")
    await service.operator.entitlements.GrantEntitlement(
        entitlement_service_pb2.GrantEntitlementRequest(entitlement=old)
    )
    await submit_evidence(service, evidence(person))
    paid = draw(
        person,
        old.reference,
        scheme=scheme_pb2.SCHEME_RESIDENT_PENSION,
        benefit_month="2026-09",
        pay_date="2026-09-10",
    )
    assert (await record(service, paid)).accepted == 1
    await tell(office, facts(person, as_of_date="2026-11-01"))
    found = await proposed(service, person)
    assert (found.benefit, found.channel) == ("employee_pension", proposal_pb2.ASK_CHANNEL_MESSAGE)
    assert list(found.asks) == [proposal_pb2.PROPOSAL_ASK_CONSENT, proposal_pb2.PROPOSAL_ASK_REVIEW]
    assert found.start_month == "2026-10"  # not before the months that the residents' scheme has paid
    early = await refusal(
        proposals_of(reviewer).ApproveProposal(proposal_service_pb2.ApproveProposalRequest(name=found.name))
    )
    assert (early.reason, early.metadata["needed"]) == ("PROPOSAL_STATE", "CONFIRMED")
    wang = await service.client("operator", "wang")
    confirmed = await proposals_of(wang).ConfirmProposal(
        proposal_service_pb2.ConfirmProposalRequest(name=found.name, proof="recording 17", etag=found.etag)
    )
    assert (confirmed.state, confirmed.confirmer) == (proposal_pb2.PROPOSAL_STATE_CONFIRMED, "operator/wang")
    same = await service.client("reviewer", "wang")
    denied = await refusal(
        proposals_of(same).ApproveProposal(proposal_service_pb2.ApproveProposalRequest(name=found.name))
    )
    assert (denied.code, denied.reason) == ("PERMISSION_DENIED", "SAME_PERSON")
    done = await proposals_of(reviewer).ApproveProposal(proposal_service_pb2.ApproveProposalRequest(name=found.name))
    assert done.state == proposal_pb2.PROPOSAL_STATE_GRANTED
    by_benefit = {one.benefit: one for one in await entitlements_of(service, person)}
    assert by_benefit["employee_pension"].start_month == "2026-10"
    assert by_benefit["resident_pension"].end_month == "2026-09"


async def test_one_missing_fact_is_asked_of_the_office_that_holds_it(service: Served) -> None:
    office = await service.client("system", "office")
    person = service.cards.add(new_id(), "1966-10-08")
    known = resident(person)
    del known.facts["resident_account_balance_fen"]
    await tell(office, known)
    found = await proposed(service, person)
    assert (list(found.asks), found.channel, found.monthly_amount_fen) == (
        [proposal_pb2.PROPOSAL_ASK_FACT],
        proposal_pb2.ASK_CHANNEL_OFFICE,
        0,
    )
    assert found.missing_fact.name == "resident_account_balance_fen"
    assert found.missing_fact.source
    await tell(office, resident(person, "2026-11-02"))
    await looked_at(service)
    whole = await proposed(service, person)
    assert list(whole.asks) == [proposal_pb2.PROPOSAL_ASK_REVIEW]
    assert whole.name != found.name
    [before] = await listed(service.operator, f'person = "{person}" AND state = WITHDRAWN')
    assert before.name == found.name


async def test_what_the_fund_audit_would_flag_is_not_offered_and_a_reported_death_is_cleared_first(
    service: Served,
) -> None:
    paid_elsewhere, dead, drawing = (service.cards.add(new_id(), "1966-10-08") for _ in range(3))
    await record(
        service,
        draw(
            paid_elsewhere, "E-1", origin="370300", scheme=scheme_pb2.SCHEME_RESIDENT_PENSION, benefit_month="2026-08"
        ),
    )
    reported = await submit_evidence(service, evidence(dead, "DEATH_REGISTERED", "2026-11-20", "CIVIL_AFFAIRS"))
    assert reported.accepted == 1
    pension = grant(drawing, benefit="employee_pension", start_month="2026-11")
    await service.operator.entitlements.GrantEntitlement(
        entitlement_service_pb2.GrantEntitlementRequest(entitlement=pension)
    )
    await tell(service.operator, *(resident(person) for person in (paid_elsewhere, dead, drawing)))
    await looked_at(service)
    told = {person: await findings(service, person) for person in (paid_elsewhere, dead, drawing)}
    assert told[paid_elsewhere]["resident_pension"].excluded == proposal_pb2.EXCLUSION_OTHER_PAYER
    assert told[dead]["resident_pension"].excluded == proposal_pb2.EXCLUSION_REPORTED
    assert told[drawing] == {}  # the law itself gives no residents' pension beside the employees' one
    assert not await listed(service.operator, "state = OPEN")


async def test_a_declined_benefit_is_not_proposed_again_for_a_time(service: Served) -> None:
    person = service.cards.add(new_id(), "1966-10-08")
    await tell(service.operator, resident(person))
    found = await proposed(service, person)
    declined = await proposals_of(service.operator).DeclineProposal(
        proposal_service_pb2.DeclineProposalRequest(name=found.name, proof="telephone note 3", etag=found.etag)
    )
    assert declined.state == proposal_pb2.PROPOSAL_STATE_DECLINED
    run = await looked_at(service)
    assert [(one.excluded_count, one.proposed_count) for one in run.found] == [(1, 0)]
    service.calendar.turn_to("2027-12-01")
    assert [one.proposed_count for one in (await looked_at(service)).found] == [1]


async def test_a_dry_run_counts_and_changes_nothing_and_one_run_works_at_a_time(service: Served) -> None:
    people = [service.cards.add(new_id(), "1966-10-08") for _ in range(3)]
    service.cards.unpayable.add(people[0])
    await tell(service.operator, *(resident(person) for person in people))
    for person in people:
        await proposed(service, person)
    service.calendar.turn_to("2027-03-01")  # the proposals stand no more
    counted = await ran(service, dry_run=True)
    assert (counted.examined_count, counted.total_count) == (3, 3)
    assert [(one.benefit, one.proposed_count) for one in counted.found] == [("resident_pension", 3)]
    assert len(await listed(service.operator, "")) == 3
    run = await looked_at(service)
    assert [(one.proposed_count, one.standing_count) for one in run.found] == [(3, 0)]
    assert len(await listed(service.operator, "state = EXPIRED")) == 3
    [card_less] = await listed(service.operator, f'person = "{people[0]}" AND state = OPEN')
    assert card_less.channel == proposal_pb2.ASK_CHANNEL_COUNTER
    reviewer = await service.client("reviewer", "li")
    waits = await refusal(
        proposals_of(reviewer).ApproveProposal(proposal_service_pb2.ApproveProposalRequest(name=card_less.name))
    )
    assert (waits.reason, waits.metadata["found"]) == ("PROPOSAL_STATE", "CARD")


async def test_bad_input_is_named(service: Served) -> None:
    stub = proposals_of(service.operator)
    unknown = await refusal(stub.FindBenefits(proposal_service_pb2.FindBenefitsRequest(person=f"people/{new_id()}")))
    assert unknown.reason == "PERSON_NOT_FOUND"
    missing = await refusal(stub.GetProposal(proposal_service_pb2.GetProposalRequest(name=f"proposals/{new_id()}")))
    assert missing.reason == "RESOURCE_NOT_FOUND"
    wrong = await refusal(stub.ListProposals(proposal_service_pb2.ListProposalsRequest(filter="colour = RED")))
    assert wrong.reason == "INVALID_FILTER"
    person = service.cards.add(new_id(), "1966-10-08")
    await tell(service.operator, resident(person))
    found = await proposed(service, person)
    named = proposal_service_pb2.DeclineProposalRequest(name=found.name, proof="11010519491231002X")
    assert (await refusal(stub.DeclineProposal(named))).reason == "IDENTITY_NUMBER_IN_TEXT"
    stale = proposal_service_pb2.DeclineProposalRequest(name=found.name, proof="note 4", etag="9")
    assert (await refusal(stub.DeclineProposal(stale))).reason == "ETAG_MISMATCH"


async def test_a_reviewer_who_had_no_hand_in_it_rejects_a_proposal_and_says_why(service: Served) -> None:
    person = service.cards.add(new_id(), "1966-10-08")
    await tell(service.operator, resident(person))
    found = await proposed(service, person)
    assert found.division == "370202"
    reviewer = await service.client("reviewer", "li")
    request = proposal_service_pb2.RejectProposalRequest(name=found.name, reason="lives abroad", etag=found.etag)
    denied = await refusal(proposals_of(service.operator).RejectProposal(request))
    assert denied.reason == "ROLE_NOT_ALLOWED"
    rejected = await proposals_of(reviewer).RejectProposal(request)
    assert (rejected.state, rejected.reason, rejected.approver) == (
        proposal_pb2.PROPOSAL_STATE_REJECTED,
        "lives abroad",
        "reviewer/li",
    )
    assert (await findings(service, person))["resident_pension"].excluded == proposal_pb2.EXCLUSION_REJECTED
    assert [one.name for one in await listed(service.operator, "division = 370202")] == [found.name]
