"""Retirement as one matter over real gRPC with mTLS, on both databases."""

import asyncio

from services.common.ids import new_id
from socsec.eligibility.v1 import (
    decision_pb2,
    decision_service_pb2,
    decision_service_pb2_grpc,
    entitlement_pb2,
    entitlement_service_pb2,
    retirement_pb2,
    retirement_service_pb2,
    retirement_service_pb2_grpc,
)
from socsec.type.v1 import scheme_pb2
from tests.integration.eligibility.calls import certification_of, events, refusal
from tests.integration.eligibility.messages import grant
from tests.integration.eligibility.serving import Served
from tests.integration.eligibility.test_eligibility_api import facts, submit

MARCH = {"contribution_months": 360, "deemed_months": 24, "avg_index_bp": 10_000, "account_balance_fen": 13_820_000}
"""Of a man born in December 1965, whose statutory age of 60 years and 3 months falls into March 2026."""


async def retiree(service: Served, birth_date: str = "1965-12-10", **known: object) -> str:
    """Put somebody on record who may retire in March 2026; gives the name."""
    person = service.cards.add(new_id(), birth_date)
    await submit(service, facts(person, **(MARCH | known)))
    return person


def request_of(person: str, **fields: object) -> retirement_service_pb2.RetireRequest:
    return retirement_service_pb2.RetireRequest(person=person, **fields)  # type: ignore[arg-type]  # by name


def confirmation(etag: str = "") -> retirement_pb2.RetirementConfirmation:
    return retirement_pb2.RetirementConfirmation(
        reference=f"R-{new_id()}"[:64], pooling_region="370200", account="6222020000000000017", etag=etag
    )


async def retire(service: Served, person: str, request_id: str = "", **fields: object) -> retirement_pb2.Retirement:
    stub = retirement_service_pb2_grpc.RetirementServiceStub(service.operator.channel)
    reply: retirement_pb2.Retirement = await stub.Retire(request_of(person, request_id=request_id, **fields))
    return reply


async def entitlements_of(service: Served, person: str) -> list[entitlement_pb2.Entitlement]:
    request = entitlement_service_pb2.ListEntitlementsRequest(filter=f'person = "{person}"')
    return list((await service.operator.entitlements.ListEntitlements(request)).entitlements)


async def test_a_retirement_in_march_2026_is_one_call(service: Served) -> None:
    person = await retiree(service)
    service.calendar.turn_to("2026-03-10")
    done = await retire(service, person, request_id="march", confirmation=confirmation())
    assert done.state == retirement_pb2.RETIREMENT_STATE_GRANTED
    when = (done.statutory_month, done.earliest_month, done.latest_month, done.retirement_month)
    assert when == ("2026-03", "2025-12", "2029-03", "2026-03")
    assert done.first_payment_month == "2026-04"
    assert (done.outcome, list(done.unmet_conditions)) == (decision_pb2.OUTCOME_ELIGIBLE, [])
    # 7000.00 at index 1 for 32 years: 2240.00; 138200.00 over 137.3 months; 7000.00 * 2 years * 1.3 %
    assert dict(done.parts_fen) == {
        "basic_pension_fen": 224_000,
        "account_pension_fen": 100_655,
        "transitional_pension_fen": 18_200,
    }
    assert done.monthly_amount_fen == sum(done.parts_fen.values())
    assert done.unverified
    steps = {step.name: step for step in done.decisions[0].steps}
    assert steps["delay_months"].source == "国务院关于渐进式延迟法定退休年龄的办法 第一条"
    [granted] = done.granted
    assert (granted.benefit, granted.start_month) == ("employee_pension", "2026-04")
    assert granted.monthly_amount_fen == done.monthly_amount_fen
    assert await entitlements_of(service, person) == [granted]
    assert (await certification_of(service, person)).person == person


async def test_a_repeated_call_grants_once_and_gives_the_same_answer(service: Served) -> None:
    person = await retiree(service)
    consent = confirmation()
    first, second = await asyncio.gather(
        *(retire(service, person, request_id=f"twice-{person}", confirmation=consent) for _ in range(2))
    )
    assert first == second
    assert len(await entitlements_of(service, person)) == 1
    again = await retire(service, person, confirmation=consent)  # another request, the same determination
    assert list(again.granted) == list(first.granted)
    other = await refusal(retire(service, person, confirmation=confirmation()))
    assert other.reason == "CONFLICTING_ENTITLEMENT"


async def test_a_plan_grants_nothing_and_its_etag_binds_the_confirmation(service: Served) -> None:
    person = await retiree(service)
    planned = await retire(service, person)
    assert planned.state == retirement_pb2.RETIREMENT_STATE_READY
    assert await entitlements_of(service, person) == []
    tried = await retire(service, person, confirmation=confirmation(planned.etag), validate_only=True)
    assert tried.state == retirement_pb2.RETIREMENT_STATE_GRANTED
    assert await entitlements_of(service, person) == []
    await submit(service, facts(person, **(MARCH | {"contribution_months": 361}), as_of_date="2026-07-01"))
    stale = await refusal(retire(service, person, confirmation=confirmation(planned.etag)))
    assert (stale.code, stale.reason) == ("ABORTED", "ETAG_MISMATCH")
    shown = (await retire(service, person)).etag
    assert shown != planned.etag
    assert (await retire(service, person, confirmation=confirmation(shown))).granted


async def test_a_birth_corrected_in_the_vault_moves_the_month_of_retirement(service: Served) -> None:
    person = await retiree(service)
    before = await retire(service, person)
    service.cards.add(person.removeprefix("people/"), "1966-12-10")
    after = await retire(service, person)
    assert (before.statutory_month, after.statutory_month) == ("2026-03", "2027-06")
    assert before.etag != after.etag


async def test_what_may_not_be_drawn_beside_the_pension_ends_in_the_same_call(service: Served) -> None:
    person = await retiree(service)
    for benefit, scheme in (
        ("resident_pension", scheme_pb2.SCHEME_RESIDENT_PENSION),
        ("unemployment_benefit", scheme_pb2.SCHEME_EMPLOYEE_PENSION),
        ("work_injury_care", scheme_pb2.SCHEME_EMPLOYEE_PENSION),
    ):
        message = grant(person, benefit=benefit, scheme=scheme, start_month="2025-12")
        await service.operator.entitlements.GrantEntitlement(
            entitlement_service_pb2.GrantEntitlementRequest(entitlement=message)
        )
    service.calendar.turn_to("2026-03-31")
    done = await retire(service, person, confirmation=confirmation())
    assert {(one.benefit, one.end_month) for one in done.ended} == {
        ("resident_pension", "2026-03"),
        ("unemployment_benefit", "2026-03"),
    }
    states = {one.benefit: one.state for one in await entitlements_of(service, person)}
    assert states == {
        "resident_pension": entitlement_pb2.ENTITLEMENT_STATE_STOPPED,
        "unemployment_benefit": entitlement_pb2.ENTITLEMENT_STATE_STOPPED,
        "work_injury_care": entitlement_pb2.ENTITLEMENT_STATE_ACTIVE,
        "employee_pension": entitlement_pb2.ENTITLEMENT_STATE_ACTIVE,
    }


async def test_what_began_or_was_to_end_after_the_month_of_retirement_gives_way_too(service: Served) -> None:
    person = await retiree(service)
    resident = grant(
        person, benefit="resident_pension", scheme=scheme_pb2.SCHEME_RESIDENT_PENSION, start_month="2026-06"
    )
    unemployment = grant(person, benefit="unemployment_benefit", start_month="2025-06")
    ends = {}
    for message in (resident, unemployment):
        held = await service.operator.entitlements.GrantEntitlement(
            entitlement_service_pb2.GrantEntitlementRequest(entitlement=message)
        )
        ends[message.benefit] = held.name
    await service.operator.entitlements.StopEntitlement(
        entitlement_service_pb2.StopEntitlementRequest(
            name=ends["unemployment_benefit"], end_month="2026-12", reason="the term ends"
        )
    )
    done = await retire(service, person, confirmation=confirmation())
    assert done.first_payment_month == "2026-04"
    assert {(one.benefit, one.end_month) for one in done.ended} == {
        ("resident_pension", "2026-05"),
        ("unemployment_benefit", "2026-03"),
    }


async def test_missing_facts_are_told_with_who_knows_them_and_nothing_is_granted(service: Served) -> None:
    person = service.cards.add(new_id(), "1965-12-10")
    await submit(service, facts(person, avg_index_bp=None, deemed_months=None))
    told = await retire(service, person)
    assert told.state == retirement_pb2.RETIREMENT_STATE_FACTS_MISSING
    assert {(fact.name, fact.source) for fact in told.missing_facts} == {
        ("avg_index_bp", "缴费记录"),
        ("deemed_months", "职工档案"),
    }
    assert (told.retirement_month, told.monthly_amount_fen) == ("2026-03", 0)
    refused = await refusal(retire(service, person, confirmation=confirmation()))
    assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "RETIREMENT_NOT_DUE")
    assert refused.metadata["missing"] == "avg_index_bp;deemed_months"
    complete = await retire(
        service, person, facts={"avg_index_bp": 9_000, "deemed_months": 0}, confirmation=confirmation()
    )
    assert complete.state == retirement_pb2.RETIREMENT_STATE_GRANTED


async def test_nobody_on_record_is_told_every_fact_that_is_missing(service: Served) -> None:
    told = await retire(service, service.cards.add(new_id(), "1965-12-10"))
    assert told.state == retirement_pb2.RETIREMENT_STATE_FACTS_MISSING
    assert {fact.name for fact in told.missing_facts} == {
        "retirement_group",
        *("contribution_months", "deemed_months", "avg_index_bp", "account_balance_fen"),
    }
    assert told.retirement_month == ""


async def test_a_month_to_come_is_answered_as_it_will_be_and_not_granted_yet(service: Served) -> None:
    person = await retiree(service, "1968-12-10")
    told = await retire(service, person)
    assert (told.state, told.retirement_month) == (retirement_pb2.RETIREMENT_STATE_TOO_EARLY, "2029-12")
    assert (told.as_of_date, told.outcome) == ("2029-12-01", decision_pb2.OUTCOME_ELIGIBLE)
    assert told.monthly_amount_fen > 0
    refused = await refusal(retire(service, person, confirmation=confirmation()))
    assert refused.metadata["found"] == "TOO_EARLY"
    ahead = await refusal(retire(service, person, as_of_date="2029-12-01", confirmation=confirmation()))
    assert (ahead.field, ahead.code) == ("as_of_date", "INVALID_ARGUMENT")


async def test_a_month_after_the_reform_follows_the_law_of_that_month_whenever_it_is_asked(service: Served) -> None:
    person = await retiree(service)
    asked = [await retire(service, person, as_of_date=day) for day in ("2024-06-01", "2025-06-01", "2026-06-01")]
    assert {one.retirement_month for one in asked} == {"2026-03"}
    assert [retirement_pb2.RetirementState.Name(one.state).removeprefix("RETIREMENT_STATE_") for one in asked] == [
        "TOO_EARLY",
        "TOO_EARLY",
        "READY",
    ]


async def test_too_few_months_say_how_many_are_lacking(service: Served) -> None:
    person = await retiree(service, contribution_months=150, deemed_months=0)
    told = await retire(service, person)
    assert told.state == retirement_pb2.RETIREMENT_STATE_NOT_ELIGIBLE
    assert list(told.unmet_conditions) == ["enough_months_at_choice"]
    assert told.lacking_contribution_months == 30


async def test_a_month_of_choice_needs_the_notice_that_the_law_asks_for(service: Served) -> None:
    person = await retiree(service, "1966-05-10")  # statutory in September 2026, from May 2026 on by choice
    early = await retire(service, person, retirement_month="2026-06")
    assert [fact.name for fact in early.missing_facts] == ["notice_month"]
    late_told = await retire(service, person, retirement_month="2026-06", facts={"notice_month": 2026 * 12 + 3})
    assert list(late_told.unmet_conditions) == ["told_in_time"]
    done = await retire(
        service,
        person,
        retirement_month="2026-06",
        facts={"notice_month": 2026 * 12 + 2},
        confirmation=confirmation(),
    )
    assert (done.retirement_month, done.first_payment_month) == ("2026-06", "2026-07")
    stub = decision_service_pb2_grpc.DecisionServiceStub(service.operator.channel)
    wanted = decision_service_pb2.ListDecisionsRequest(filter=f'entitlement = "{done.granted[0].name}"')
    [recorded] = (await stub.ListDecisions(wanted)).decisions
    assert recorded.outcome == decision_pb2.OUTCOME_ELIGIBLE
    assert recorded.results["total_pension_fen"] == done.monthly_amount_fen


async def test_a_worker_of_a_special_post_retires_at_the_age_of_the_post(service: Served) -> None:
    person = await retiree(service, "1971-03-05")
    claim = {"retirement_ground": 2}
    asked = await retire(service, person, facts=claim)
    assert (asked.retirement_month, asked.latest_month) == ("2026-03", "")
    assert [fact.name for fact in asked.missing_facts] == ["early_ground_confirmed"]
    done = await retire(service, person, facts=claim | {"early_ground_confirmed": 1}, confirmation=confirmation())
    assert done.granted[0].start_month == "2026-04"


async def test_the_events_of_a_retirement_are_told_together(service: Served, migrated_url: str) -> None:
    person = await retiree(service)
    message = grant(person, benefit="resident_pension", scheme=scheme_pb2.SCHEME_RESIDENT_PENSION)
    await service.operator.entitlements.GrantEntitlement(
        entitlement_service_pb2.GrantEntitlementRequest(entitlement=message)
    )
    await retire(service, person, confirmation=confirmation())
    assert len(await events(migrated_url, "EntitlementStopped")) == 1
    assert len(await events(migrated_url, "EntitlementGranted")) == 2
