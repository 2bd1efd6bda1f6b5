"""The monthly payment run over real gRPC, on both databases."""

import asyncio
import signal
from pathlib import Path

from services.common.clock import bureau_date, system_clock
from services.common.ids import new_id
from services.local.certificates import Authority
from socsec.eligibility.v1 import (
    draw_list_pb2,
    draw_list_service_pb2,
    draw_pb2,
    draw_service_pb2,
    entitlement_pb2,
    entitlement_service_pb2,
    offset_pb2,
    offset_service_pb2,
)
from socsec.type.v1 import batch_pb2, scheme_pb2
from tests.integration.eligibility.calls import certified, granted, reasons, record, refusal, submit
from tests.integration.eligibility.card_service import card_service
from tests.integration.eligibility.messages import draw, evidence
from tests.integration.eligibility.opened import Opened, evidence_of, grant_of
from tests.integration.eligibility.process import ServiceProcess
from tests.integration.eligibility.serving import Client, Served

AMOUNT = 312_345
PEOPLE = 1_500
REGULAR, BACK_PAY = draw_pb2.DRAW_KIND_REGULAR, draw_pb2.DRAW_KIND_BACK_PAY
WORKING = (draw_list_pb2.DRAW_LIST_STATE_BUILDING, draw_list_pb2.DRAW_LIST_STATE_RELEASING)


def request_for(month: str, pay_date: str) -> draw_list_service_pb2.CreateDrawListRequest:
    wanted = draw_list_pb2.DrawList(
        scheme=scheme_pb2.SCHEME_EMPLOYEE_PENSION, pooling_region="370202", benefit_month=month, pay_date=pay_date
    )
    return draw_list_service_pb2.CreateDrawListRequest(draw_list=wanted)


async def settled(client: Client, name: str) -> draw_list_pb2.DrawList:
    """Wait until the service is not at work on a list."""
    async with asyncio.timeout(30):
        while True:
            found = await client.draw_lists.GetDrawList(draw_list_service_pb2.GetDrawListRequest(name=name))
            if found.state not in WORKING:
                return found
            await asyncio.sleep(0.01)


async def built(client: Client, month: str = "2026-11", pay_date: str = "2026-11-25") -> draw_list_pb2.DrawList:
    made = await client.draw_lists.CreateDrawList(request_for(month, pay_date))
    found = await settled(client, made.name)
    assert found.state == draw_list_pb2.DRAW_LIST_STATE_BUILT
    return found


async def run(service: Served, month: str = "2026-11", pay_date: str = "2026-11-25") -> draw_list_pb2.DrawList:
    """Make a list and have it released."""
    made = await built(service.operator, month, pay_date)
    reviewer = await service.client("reviewer", "li")
    await reviewer.draw_lists.ReleaseDrawList(draw_list_service_pb2.ReleaseDrawListRequest(name=made.name))
    return await settled(service.operator, made.name)


async def lines_of(service: Served, name: str, wanted: str = "") -> list[draw_list_pb2.DrawLine]:
    request = draw_list_service_pb2.ListDrawLinesRequest(parent=name, filter=wanted)
    return list((await service.operator.draw_lists.ListDrawLines(request)).draw_lines)


async def orders_of(client: Client, name: str) -> list[draw_list_pb2.BankOrder]:
    request = draw_list_service_pb2.ExportBankOrdersRequest(name=name)
    return [order async for some in client.draw_lists.ExportBankOrders(request) for order in some.orders]


async def answer(service: Served, name: str, *returns: draw_list_pb2.BankReturn) -> batch_pb2.BatchResult:
    request = draw_list_service_pb2.ImportBankReturnsRequest(batch=3, name=name, returns=returns)
    return await service.operator.draw_lists.ImportBankReturns(request)


def paid(number: int, fen: int = AMOUNT, day: str = "2026-11-25") -> draw_list_pb2.BankReturn:
    return draw_list_pb2.BankReturn(
        number=number, amount_fen=fen, result=draw_list_pb2.BANK_RESULT_PAID, return_date=day
    )


def returned(number: int, fen: int = AMOUNT, day: str = "2026-11-25") -> draw_list_pb2.BankReturn:
    return draw_list_pb2.BankReturn(
        number=number,
        amount_fen=fen,
        result=draw_list_pb2.BANK_RESULT_RETURNED,
        return_date=day,
        reason="account closed",
    )


async def drawn(service: Served, entitlement: entitlement_pb2.Entitlement) -> list[tuple[str, int, bool]]:
    """Give month, fen and whether it stands, of the draws of an entitlement."""
    wanted = f"entitlement_reference = {entitlement.reference}"
    found = await service.operator.draws.ListDraws(draw_service_pb2.ListDrawsRequest(filter=wanted))
    return sorted((one.benefit_month, one.amount_fen, not one.reverse_date) for one in found.draws)


async def test_a_month_is_listed_released_by_another_ordered_and_answered(service: Served) -> None:
    pensioner, lost = await certified(service), await certified(service)
    unseen = await granted(service, start_month="2026-12")
    service.cards.unpayable.add(lost.person)
    made = await built(service.operator)
    assert (made.line_count, made.held_count, made.amount_fen, made.held_fen) == (2, 1, 2 * AMOUNT, AMOUNT)
    assert (made.opening_month, made.creator) == ("2026-11", "operator/wang")
    same = await refusal(
        service.operator.draw_lists.ReleaseDrawList(draw_list_service_pb2.ReleaseDrawListRequest(name=made.name))
    )
    assert (same.code, same.reason) == ("PERMISSION_DENIED", "SAME_PERSON")
    early = await refusal(orders_of(service.operator, made.name))
    assert (early.reason, early.metadata["found"]) == ("DRAW_LIST_STATE", "BUILT")

    reviewer = await service.client("reviewer", "li")
    await reviewer.draw_lists.ReleaseDrawList(draw_list_service_pb2.ReleaseDrawListRequest(name=made.name))
    released = await settled(service.operator, made.name)
    assert (released.state, released.released_count) == (draw_list_pb2.DRAW_LIST_STATE_RELEASED, 1)
    assert released.releaser == "reviewer/li"
    (held,) = await lines_of(service, made.name, "state = HELD")
    assert (held.entitlement, held.hold_reason) == (lost.name, "ACCOUNT_NOT_PAYABLE")
    (line,) = await lines_of(service, made.name, "state = RELEASED")
    assert (line.entitlement, line.benefit_month, line.kind) == (pensioner.name, "2026-11", REGULAR)
    (order,) = await orders_of(service.operator, made.name)
    assert order.account.startswith("62220000")
    assert order.account[-4:] == pensioner.masked_account[-4:]
    assert (order.number, order.amount_fen, order.draw_reference) == (line.number, AMOUNT, line.draw_reference)
    assert await drawn(service, pensioner) == [("2026-11", AMOUNT, True)]
    assert await drawn(service, lost) == await drawn(service, unseen) == []

    service.calendar.turn_to("2026-11-26")
    assert (await answer(service, made.name, paid(line.number))).accepted == 1
    assert (await settled(service.operator, made.name)).state == draw_list_pb2.DRAW_LIST_STATE_CLOSED

    # What was held is on the next list, as back pay; the others get their month.
    service.cards.unpayable.clear()
    december = await run(service, "2026-12", "2026-12-15")
    found = {(one.entitlement, one.benefit_month, one.kind) for one in await lines_of(service, december.name)}
    assert found == {
        (pensioner.name, "2026-12", REGULAR),
        (lost.name, "2026-11", BACK_PAY),
        (lost.name, "2026-12", REGULAR),
        (unseen.name, "2026-12", REGULAR),
    }


async def test_a_second_list_for_a_month_pays_nobody_twice(service: Served) -> None:
    pensioner = await certified(service)
    await run(service)
    again = await run(service)
    assert (again.line_count, again.state) == (0, draw_list_pb2.DRAW_LIST_STATE_CLOSED)
    assert await drawn(service, pensioner) == [("2026-11", AMOUNT, True)]


async def test_a_payment_that_came_back_is_reversed_and_paid_by_the_next_list(service: Served) -> None:
    pensioner = await certified(service)
    first = await run(service)
    service.calendar.turn_to("2026-11-26")
    back = returned(1, day="2026-11-26")
    assert (await answer(service, first.name, back)).accepted == 1
    assert (await answer(service, first.name, back)).repeated_items == 1
    closed = await settled(service.operator, first.name)
    assert (closed.state, closed.returned_count, closed.returned_fen) == (
        draw_list_pb2.DRAW_LIST_STATE_CLOSED,
        1,
        AMOUNT,
    )
    account = entitlement_service_pb2.ChangeEntitlementAccountRequest(name=pensioner.name, account="6217000011112222")
    await service.operator.entitlements.ChangeEntitlementAccount(account)
    second = await run(service, pay_date="2026-11-30")
    (order,) = await orders_of(service.operator, second.name)
    assert (order.account, order.benefit_month) == ("6217000011112222", "2026-11")
    assert await drawn(service, pensioner) == [("2026-11", AMOUNT, False), ("2026-11", AMOUNT, True)]


async def test_a_raise_that_reaches_back_is_paid_as_the_difference(service: Served) -> None:
    pensioner = await certified(service)
    await run(service)
    change = entitlement_service_pb2.ChangeEntitlementAmountRequest(
        name=pensioner.name, from_month="2026-01", monthly_amount_fen=AMOUNT + 5_000, reason="yearly adjustment"
    )
    await service.operator.entitlements.ChangeEntitlementAmount(change)
    await run(service, "2026-12", "2026-12-15")
    assert await drawn(service, pensioner) == [
        ("2026-11", 5_000, True),
        ("2026-11", AMOUNT, True),
        ("2026-12", AMOUNT + 5_000, True),
    ]


async def test_what_changes_between_making_and_release_is_held(service: Served) -> None:
    dead, raised, drawn_alone, well = [await certified(service) for _ in range(4)]
    made = await built(service.operator)
    assert made.held_count == 0
    await submit(service, evidence(dead.person, "DEATH_REGISTERED", "2026-11-20", "POLICE"))
    change = entitlement_service_pb2.ChangeEntitlementAmountRequest(
        name=raised.name, from_month="2026-11", monthly_amount_fen=AMOUNT + 1, reason="yearly adjustment"
    )
    await service.operator.entitlements.ChangeEntitlementAmount(change)
    single = draw(
        drawn_alone.person, drawn_alone.reference, benefit_month="2026-11", pay_date="2026-11-24", amount_fen=AMOUNT
    )
    assert (await record(service, single)).accepted == 1
    reviewer = await service.client("reviewer", "li")
    await reviewer.draw_lists.ReleaseDrawList(draw_list_service_pb2.ReleaseDrawListRequest(name=made.name))
    assert (await settled(service.operator, made.name)).released_count == 1
    held = {one.entitlement: one.hold_reason for one in await lines_of(service, made.name, "state = HELD")}
    assert held == {
        dead.name: "CERTIFICATION_HOLDS_PAYMENT",
        raised.name: "ENTITLEMENT_CHANGED",
        drawn_alone.name: "ALREADY_DRAWN",
    }
    assert await drawn(service, well) == await drawn(service, drawn_alone) == [("2026-11", AMOUNT, True)]
    assert await drawn(service, dead) == await drawn(service, raised) == []


async def test_wrong_answers_of_the_bank_change_nothing_and_are_named(service: Served) -> None:
    await certified(service)
    lost = await certified(service)
    service.cards.unpayable.add(lost.person)
    made = await run(service)
    service.calendar.turn_to("2026-11-26")
    (good,) = await lines_of(service, made.name, "state = RELEASED")
    (held,) = await lines_of(service, made.name, "state = HELD")
    unexplained = returned(good.number)
    unexplained.reason = ""
    result = await answer(
        service,
        made.name,
        paid(99),
        paid(good.number, AMOUNT - 1),
        paid(held.number),
        draw_list_pb2.BankReturn(number=good.number, amount_fen=AMOUNT, return_date="2026-11-25"),
        paid(good.number, day="2026-11-27"),
        unexplained,
        returned(good.number, day="2026-11-24"),
    )
    assert reasons(result) == {
        0: ("RESOURCE_NOT_FOUND", ""),
        1: ("AMOUNT_DIFFERS", ""),
        2: ("DRAW_LIST_STATE", ""),
        3: ("UNKNOWN_VALUE", "result"),
        4: ("DATE_IN_FUTURE", "return_date"),
        5: ("FIELD_REQUIRED", "reason"),
        6: ("VALUE_OUT_OF_RANGE", "return_date"),
    }
    assert await lines_of(service, made.name, "state = RELEASED") == [good]
    both = await answer(service, made.name, paid(good.number), returned(good.number))
    assert (both.accepted, reasons(both)) == (1, {1: ("RESOURCE_EXISTS", "")})
    nowhere = await refusal(answer(service, "drawLists/none", paid(1)))
    assert nowhere.code in ("NOT_FOUND", "INVALID_ARGUMENT")


async def test_one_list_of_a_region_is_open_at_a_time_and_may_be_given_up(service: Served) -> None:
    await certified(service)
    made = await built(service.operator)
    second = await refusal(service.operator.draw_lists.CreateDrawList(request_for("2026-11", "2026-11-25")))
    assert (second.code, second.reason, second.metadata["found"]) == ("FAILED_PRECONDITION", "DRAW_LIST_STATE", "BUILT")
    cancel = draw_list_service_pb2.CancelDrawListRequest(name=made.name, etag=made.etag)
    cancelled = await service.operator.draw_lists.CancelDrawList(cancel)
    assert cancelled.state == draw_list_pb2.DRAW_LIST_STATE_CANCELLED
    stale = await refusal(service.operator.draw_lists.CancelDrawList(cancel))
    assert (stale.code, stale.reason) == ("ABORTED", "ETAG_MISMATCH")
    another = await built(service.operator)
    listed = await service.operator.draw_lists.ListDrawLists(
        draw_list_service_pb2.ListDrawListsRequest(filter="state = BUILT AND benefit_month = 2026-11")
    )
    assert list(listed.draw_lists) == [another]


async def offset_of(service: Served, name: str) -> tuple[int, str]:
    found = await service.operator.offsets.GetOffset(offset_service_pb2.GetOffsetRequest(name=name))
    return found.taken_fen, offset_pb2.OffsetState.Name(found.state).removeprefix("OFFSET_STATE_")


async def test_what_was_drawn_too_much_is_taken_off_month_by_month(service: Served) -> None:
    pensioner = await certified(service)
    order = offset_pb2.Offset(
        entitlement=pensioner.name, total_fen=30_000, monthly_fen=20_000, floor_fen=250_000, basis="cases/1"
    )
    create = offset_service_pb2.CreateOffsetRequest(offset=order)
    offset = await service.operator.offsets.CreateOffset(create)
    second = await refusal(service.operator.offsets.CreateOffset(create))
    assert (second.reason, second.metadata["resource"]) == ("RESOURCE_EXISTS", offset.name)
    november = await run(service)
    (bank_order,) = await orders_of(service.operator, november.name)
    assert (bank_order.amount_fen, november.offset_fen) == (AMOUNT - 20_000, 20_000)
    assert await offset_of(service, offset.name) == (20_000, "ACTIVE")
    # The month is paid: a second list owes nothing. A payment that comes back gives the offset back too.
    assert (await run(service)).line_count == 0
    service.calendar.turn_to("2026-11-26")
    assert (await answer(service, november.name, returned(1, AMOUNT - 20_000, "2026-11-26"))).accepted == 1
    assert await offset_of(service, offset.name) == (0, "ACTIVE")
    assert await drawn(service, pensioner) == [("2026-11", AMOUNT - 20_000, False)]
    december = await run(service, "2026-12", "2026-12-15")
    assert [(one.benefit_month, one.offset_fen) for one in await lines_of(service, december.name)] == [
        ("2026-11", 0),
        ("2026-12", 20_000),
    ]
    service.calendar.turn_to("2026-12-20")
    await run(service, "2027-01", "2027-01-15")
    assert await offset_of(service, offset.name) == (30_000, "SETTLED")
    wanted = offset_service_pb2.ListOffsetsRequest(filter=f"entitlement = {pensioner.name} AND state = SETTLED")
    assert [one.name for one in (await service.operator.offsets.ListOffsets(wanted)).offsets] == [offset.name]


async def test_an_offset_that_is_ended_between_making_and_release_holds_the_line(service: Served) -> None:
    pensioner = await certified(service)
    order = offset_pb2.Offset(
        entitlement=pensioner.name, total_fen=30_000, monthly_fen=20_000, floor_fen=250_000, basis="cases/1"
    )
    offset = await service.operator.offsets.CreateOffset(offset_service_pb2.CreateOffsetRequest(offset=order))
    made = await built(service.operator)
    end = offset_service_pb2.EndOffsetRequest(name=offset.name, reason="returned in cash", etag=offset.etag)
    await service.operator.offsets.EndOffset(end)
    reviewer = await service.client("reviewer", "li")
    await reviewer.draw_lists.ReleaseDrawList(draw_list_service_pb2.ReleaseDrawListRequest(name=made.name))
    await settled(service.operator, made.name)
    assert [one.hold_reason for one in await lines_of(service, made.name)] == ["ENTITLEMENT_CHANGED"]
    await run(service)
    assert await drawn(service, pensioner) == [("2026-11", AMOUNT, True)]
    assert await offset_of(service, offset.name) == (0, "ENDED")


async def test_a_list_that_is_killed_goes_on_and_pays_everybody_once(
    store: Opened, migrated_url: str, tmp_path: Path
) -> None:
    today = bureau_date(system_clock())
    month = today.strftime("%Y-%m")
    async with card_service(Authority(tmp_path / "certificates").identity("system", "card")) as cards:
        grants = [grant_of(new_id(), month) for _ in range(PEOPLE)]
        for grant in grants:
            cards.add(grant.person)
        for some in (grants[:750], grants[750:]):
            await store.grant(*some)
            await store.submit(*(evidence_of(grant.person, day=today.isoformat()) for grant in some))
        process = ServiceProcess(migrated_url, tmp_path, cards.address)
        async with process.running("paymaster.after_step:1") as client:
            name = (await client.draw_lists.CreateDrawList(request_for(month, today.isoformat()))).name
            assert await process.exit_code() == -signal.SIGKILL
        # Two more steps end the making, the third is the first of the release.
        async with process.running("paymaster.after_step:3") as client, process.client("reviewer", "li") as reviewer:
            made = await settled(client, name)
            assert (made.line_count, made.held_count) == (PEOPLE, 0)
            await reviewer.draw_lists.ReleaseDrawList(draw_list_service_pb2.ReleaseDrawListRequest(name=name))
            assert await process.exit_code() == -signal.SIGKILL
        async with process.running() as client:
            released = await settled(client, name)
            assert (released.state, released.released_count) == (draw_list_pb2.DRAW_LIST_STATE_RELEASED, PEOPLE)
            orders = await orders_of(client, name)
    assert [order.number for order in orders] == list(range(1, PEOPLE + 1))
    assert {order.account for order in orders} == {grant.account_number for grant in grants}
