"""What goes wrong between a list, the bank and the register pays nobody twice, on both databases."""

from socsec.eligibility.v1 import (
    draw_list_pb2,
    draw_list_service_pb2,
    draw_pb2,
    draw_service_pb2,
    entitlement_service_pb2,
)
from socsec.type.v1 import batch_pb2
from tests.integration.eligibility.calls import certified, granted, reasons, record, submit
from tests.integration.eligibility.messages import draw, evidence
from tests.integration.eligibility.serving import Served
from tests.integration.eligibility.test_draw_lists import (
    AMOUNT,
    answer,
    built,
    drawn,
    lines_of,
    orders_of,
    paid,
    returned,
    run,
    settled,
)


async def reverse(service: Served, reference: str, day: str) -> batch_pb2.BatchResult:
    back = draw_pb2.Reversal(reference=reference, reverse_date=day, reason="taken back")
    return await service.operator.draws.ReverseDraws(draw_service_pb2.ReverseDrawsRequest(reversals=[back]))


async def test_a_return_file_of_another_list_reverses_nothing(service: Served) -> None:
    pensioner = await certified(service)
    november = await run(service)
    december = await run(service, "2026-12", "2026-12-15")
    (old,) = await orders_of(service.operator, november.name)
    (new,) = await orders_of(service.operator, december.name)
    assert (old.number, old.amount_fen) == (new.number, new.amount_fen)
    service.calendar.turn_to("2026-12-20")
    foreign = returned(1, day="2026-12-16")
    foreign.draw_reference = old.draw_reference
    early = paid(1, day="2026-12-14")
    assert reasons(await answer(service, december.name, foreign, early)) == {
        0: ("INVALID_TEXT", "draw_reference"),
        1: ("VALUE_OUT_OF_RANGE", "return_date"),
    }
    foreign.draw_reference = new.draw_reference
    assert (await answer(service, december.name, foreign)).accepted == 1
    assert await drawn(service, pensioner) == [("2026-11", AMOUNT, True), ("2026-12", AMOUNT, False)]


async def test_what_the_bank_was_ordered_to_pay_is_not_reversed_before_the_bank_has_answered(service: Served) -> None:
    pensioner = await certified(service)
    november = await run(service)
    (order,) = await orders_of(service.operator, november.name)
    service.calendar.turn_to("2026-11-26")
    early = await reverse(service, order.draw_reference, "2026-11-26")
    assert reasons(early) == {0: ("DRAW_LIST_STATE", "")}
    assert (await answer(service, november.name, paid(1, day="2026-11-26"))).accepted == 1
    assert (await run(service, pay_date="2026-11-30")).line_count == 0
    assert (await reverse(service, order.draw_reference, "2026-11-26")).accepted == 1
    assert await drawn(service, pensioner) == [("2026-11", AMOUNT, False)]


async def test_a_draw_under_the_number_of_a_line_is_not_paid_by_the_list_once_more(service: Served) -> None:
    pensioner = await certified(service)
    made = await built(service.operator, "2026-11", "2026-11-24")
    number = made.name.removeprefix("drawLists/")
    by_hand = draw(
        pensioner.person, pensioner.reference, reference=f"{number}-1", benefit_month="2026-11", pay_date="2026-11-24"
    )
    assert (await record(service, by_hand)).accepted == 1
    reviewer = await service.client("reviewer", "li")
    await reviewer.draw_lists.ReleaseDrawList(draw_list_service_pb2.ReleaseDrawListRequest(name=made.name))
    assert (await settled(service.operator, made.name)).state == draw_list_pb2.DRAW_LIST_STATE_CLOSED
    assert [one.hold_reason for one in await lines_of(service, made.name)] == ["ALREADY_DRAWN"]


async def test_a_list_that_paid_nobody_opens_no_months(service: Served) -> None:
    assert (await run(service, "2026-08", "2026-11-24")).line_count == 0
    imported = await certified(service)
    november = await run(service)
    assert november.opening_month == "2026-11"
    assert await drawn(service, imported) == [("2026-11", AMOUNT, True)]


async def test_what_a_suspension_held_can_be_paid_after_the_entitlement_has_ended(service: Served) -> None:
    pensioner = await granted(service, start_month="2026-08")
    await submit(service, evidence(pensioner.person))
    suspend = entitlement_service_pb2.SuspendEntitlementRequest(
        name=pensioner.name, from_month="2026-09", reason="looked into"
    )
    await service.operator.entitlements.SuspendEntitlement(suspend)
    await run(service, "2026-08", "2026-11-24")
    stop = entitlement_service_pb2.StopEntitlementRequest(name=pensioner.name, end_month="2026-10", reason="moved")
    await service.operator.entitlements.StopEntitlement(stop)
    assert (await run(service)).line_count == 0
    resume = entitlement_service_pb2.ResumeEntitlementRequest(name=pensioner.name, from_month="2026-09")
    assert (await service.operator.entitlements.ResumeEntitlement(resume)).end_month == "2026-10"
    account = entitlement_service_pb2.ChangeEntitlementAccountRequest(name=pensioner.name, account="6217000011112222")
    await service.operator.entitlements.ChangeEntitlementAccount(account)
    last = await run(service)
    assert {order.account for order in await orders_of(service.operator, last.name)} == {"6217000011112222"}
    months = ("2026-08", "2026-09", "2026-10")
    assert await drawn(service, pensioner) == [(month, AMOUNT, True) for month in months]
