"""Months of an entitlement by what happened, over real gRPC with mTLS, on both databases."""

import pytest

from services.common.ids import new_id
from socsec.eligibility.v1 import (
    entitlement_pb2,
    entitlement_service_pb2,
    settlement_pb2,
    settlement_service_pb2,
    settlement_service_pb2_grpc,
)
from tests.integration.eligibility.calls import granted, record, refusal, submit
from tests.integration.eligibility.messages import draw, evidence
from tests.integration.eligibility.serving import Served

FEN = 312_345
PRISON = settlement_pb2.LIFE_EVENT_KIND_PRISON


def event(kind: settlement_pb2.LifeEventKind.ValueType, since: str, until: str = "") -> settlement_pb2.LifeEvent:
    return settlement_pb2.LifeEvent(kind=kind, from_date=since, to_date=until)


async def paid(service: Served, *months: str) -> entitlement_pb2.Entitlement:
    """Give a pension from July 2026 on, some of whose months were paid."""
    entitlement = await granted(service, start_month="2026-07")
    await submit(service, evidence(entitlement.person))
    draws = [
        draw(entitlement.person, entitlement.reference, benefit_month=month, pay_date=f"{month}-15") for month in months
    ]
    assert (await record(service, *draws)).accepted == len(months)
    return entitlement


async def settled(
    service: Served, entitlement: entitlement_pb2.Entitlement, *events: settlement_pb2.LifeEvent, **fields: object
) -> settlement_pb2.Settlement:
    stub = settlement_service_pb2_grpc.SettlementServiceStub(service.operator.channel)
    request = settlement_service_pb2.CheckSettlementRequest(
        entitlement=entitlement.name,
        events=events,
        **fields,  # type: ignore[arg-type]  # by name
    )
    reply: settlement_pb2.Settlement = await stub.CheckSettlement(request)
    return reply


def states(settlement: settlement_pb2.Settlement) -> dict[str, str]:
    names = settlement_pb2.MonthState.Name
    return {month.month: names(month.state).removeprefix("MONTH_STATE_") for month in settlement.months}


async def test_a_prison_term_is_not_paid_and_not_paid_back_and_the_old_amount_goes_on(service: Served) -> None:
    entitlement = await paid(service, "2026-07", "2026-08", "2026-09")
    raised = entitlement_service_pb2.ChangeEntitlementAmountRequest(
        name=entitlement.name, from_month="2026-09", monthly_amount_fen=FEN + 10_000, reason="年度调整"
    )
    await service.operator.entitlements.ChangeEntitlementAmount(raised)
    told = await settled(service, entitlement, event(PRISON, "2026-07-20", "2026-10-05"), adjustment_months=["2026-09"])
    assert states(told) == {
        "2026-07": "DUE",
        "2026-08": "LOST",
        "2026-09": "LOST",
        "2026-10": "LOST",
        "2026-11": "DUE",
    }
    assert (told.owed_fen, told.overpaid_fen) == (FEN, 2 * FEN)
    assert {month.source for month in told.months if month.event == PRISON} == {"劳社厅函〔2001〕44号"}
    assert told.months[-1].worth_fen == FEN
    corrected = await settled(service, entitlement, event(PRISON, "2026-07-20", "2026-10-05"))
    assert corrected.months[-1].worth_fen == FEN + 10_000


async def test_a_wrong_death_leaves_what_was_not_paid_owed_back(service: Served) -> None:
    entitlement = await paid(service, "2026-07", "2026-08", "2026-09")
    dead = await settled(service, entitlement, event(settlement_pb2.LIFE_EVENT_KIND_DEATH, "2026-07-31"))
    assert (dead.owed_fen, dead.held_fen, dead.overpaid_fen) == (0, 0, 2 * FEN)
    assert "社会保险经办条例 第二十五条" in dead.months[1].source
    alive = await settled(service, entitlement)
    assert (alive.owed_fen, alive.held_fen, alive.overpaid_fen) == (2 * FEN, 0, 0)


async def test_a_suspension_of_the_register_holds_its_months(service: Served) -> None:
    entitlement = await paid(service, "2026-07")
    suspended = entitlement_service_pb2.SuspendEntitlementRequest(
        name=entitlement.name, from_month="2026-09", reason="核查"
    )
    await service.operator.entitlements.SuspendEntitlement(suspended)
    held = await settled(service, entitlement)
    assert states(held) == {
        "2026-07": "DUE",
        "2026-08": "DUE",
        "2026-09": "HELD",
        "2026-10": "HELD",
        "2026-11": "HELD",
    }
    assert (held.owed_fen, held.held_fen) == (FEN, 3 * FEN)
    resumed = entitlement_service_pb2.ResumeEntitlementRequest(name=entitlement.name, from_month="2026-11")
    await service.operator.entitlements.ResumeEntitlement(resumed)
    assert (await settled(service, entitlement)).owed_fen == 4 * FEN


async def test_who_dies_while_serving_leaves_no_survivors_benefit(service: Served) -> None:
    entitlement = await paid(service, "2026-07")
    death = event(settlement_pb2.LIFE_EVENT_KIND_DEATH, "2026-09-02")
    told = await settled(service, entitlement, event(PRISON, "2026-08-01", "2026-09-02"), death)
    assert told.survivors_benefit_barred
    assert not (await settled(service, entitlement, death)).survivors_benefit_barred


@pytest.mark.parametrize(
    ("events", "fields", "field"),
    [
        ([event(PRISON, "2027-01-01")], {}, "events[0].from_date"),
        ([event(PRISON, "2026-08-01"), event(PRISON, "2026-08-02", "2026-08-01")], {}, "events[1].to_date"),
        ([settlement_pb2.LifeEvent(from_date="2026-08-01")], {}, "events[0].kind"),
        ([settlement_pb2.LifeEvent(kind=PRISON, from_date="2026-08-01", convicted=True)], {}, "events[0].convicted"),
        ([event(PRISON, "2026-08-01")] * 101, {}, "events"),
        ([], {"through_month": "2026-12"}, "through_month"),
        ([], {"adjustment_months": ["2026"]}, "adjustment_months"),
    ],
)
async def test_a_wrong_field_is_named(
    service: Served, events: list[settlement_pb2.LifeEvent], fields: dict[str, object], field: str
) -> None:
    entitlement = entitlement_pb2.Entitlement(name=f"entitlements/{new_id()}")
    refused = await refusal(settled(service, entitlement, *events, **fields))
    assert (refused.code, refused.field) == ("INVALID_ARGUMENT", field)


async def test_only_a_pension_on_record_is_settled(service: Served) -> None:
    unknown = entitlement_pb2.Entitlement(name=f"entitlements/{new_id()}")
    assert (await refusal(settled(service, unknown))).reason == "RESOURCE_NOT_FOUND"
    other = await granted(service, benefit="work_injury_care")
    assert (await refusal(settled(service, other))).reason == "ENTITLEMENT_STATE"
