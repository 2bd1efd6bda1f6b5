"""`DrawListService`."""

from collections.abc import AsyncIterator, Callable
from datetime import date

from services.common.clock import Clock, bureau_date
from services.common.errors import InvalidInput, Unavailable
from services.common.filtering import Fields, parse
from services.common.resources import resource_id, resource_name
from services.common.rpc.call import Call
from services.common.rpc.paging import next_page_token, page_of
from services.common.rpc.requests import (
    batch_of,
    batch_result,
    convert_each,
    date_of,
    enum_number,
    enum_of,
    month_of,
    number_of,
    text_of,
    words_of,
)
from services.common.transactions import Transactions
from services.eligibility.api.fields import (
    filter_enum,
    filter_month,
    filter_person,
    month_text,
    region_of,
    scheme_number,
    scheme_of,
    timestamp,
    version_of,
)
from services.eligibility.domain import MAX_DRAW_FEN, Scheme
from services.eligibility.draw import DrawKind
from services.eligibility.draw_line import BankResult, BankReturn, Line, LineState, Order
from services.eligibility.draw_list import DrawList, DrawListState
from services.eligibility.service.draw_list import (
    cancel_draw_list,
    create_draw_list,
    get_draw_list,
    import_bank_returns,
    release_draw_list,
)
from services.eligibility.service.store import Store
from socsec.eligibility.v1 import draw_list_pb2, draw_list_service_pb2, draw_pb2
from socsec.type.v1 import batch_pb2

_FIELDS: Fields = {
    "scheme": filter_enum(Scheme),
    "pooling_region": str,
    "benefit_month": filter_month,
    "state": filter_enum(DrawListState),
}
_LINE_FIELDS: Fields = {
    "person": filter_person,
    "entitlement_reference": str,
    "benefit_month": filter_month,
    "kind": filter_enum(DrawKind),
    "state": filter_enum(LineState),
    "hold_reason": str,
}
_EXPORTED_AT_ONCE = 1_000
_MAX_NUMBER = 2**53
Deciding = draw_list_service_pb2.ReleaseDrawListRequest | draw_list_service_pb2.CancelDrawListRequest


class DrawListApi:
    """The monthly payment run."""

    def __init__(self, transactions: Transactions[Store], clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    async def CreateDrawList(
        self, request: draw_list_service_pb2.CreateDrawListRequest, call: Call
    ) -> draw_list_pb2.DrawList:
        now = self._clock()
        order = _order(request.draw_list)
        order.check(bureau_date(now))
        return await self._transactions.once(
            call,
            request,
            lambda store: _message(create_draw_list(store, order, call.caller.name, now)),
            draw_list_pb2.DrawList,
            validate_only=request.validate_only,
        )

    async def ReleaseDrawList(
        self, request: draw_list_service_pb2.ReleaseDrawListRequest, call: Call
    ) -> draw_list_pb2.DrawList:
        by, now = call.caller.name, self._clock()
        return await self._decide(
            call, request, lambda store, name, version: release_draw_list(store, name, version, by, now)
        )

    async def CancelDrawList(
        self, request: draw_list_service_pb2.CancelDrawListRequest, call: Call
    ) -> draw_list_pb2.DrawList:
        now = self._clock()
        return await self._decide(
            call, request, lambda store, name, version: cancel_draw_list(store, name, version, now)
        )

    async def GetDrawList(
        self, request: draw_list_service_pb2.GetDrawListRequest, call: Call
    ) -> draw_list_pb2.DrawList:
        name = _id(request.name)
        return _message(await self._transactions.read(lambda store: get_draw_list(store, name)))

    async def ListDrawLists(
        self, request: draw_list_service_pb2.ListDrawListsRequest, call: Call
    ) -> draw_list_service_pb2.ListDrawListsResponse:
        page, wanted = page_of(request), parse(request.filter, _FIELDS)
        before = str(page.after[0]) if page.after is not None else None
        found = await self._transactions.read(lambda store: store.draw_lists.page(wanted, page.size, before))
        last = (found[-1].draw_list,) if len(found) == page.size else None
        return draw_list_service_pb2.ListDrawListsResponse(
            draw_lists=map(_message, found), next_page_token=next_page_token(request, last)
        )

    async def ListDrawLines(
        self, request: draw_list_service_pb2.ListDrawLinesRequest, call: Call
    ) -> draw_list_service_pb2.ListDrawLinesResponse:
        page, wanted = page_of(request), parse(request.filter, _LINE_FIELDS)
        parent = resource_id(request.parent, "drawLists", "parent")
        after = int(page.after[0]) if page.after is not None else 0

        def lines(store: Store) -> list[Line]:
            found = list(store.draw_lists.lines(parent, wanted, page.size, after))
            if not found:
                get_draw_list(store, parent)  # raises where there is no such list
            return found

        found = await self._transactions.read(lines)
        last = (found[-1].number,) if len(found) == page.size else None
        return draw_list_service_pb2.ListDrawLinesResponse(
            draw_lines=map(_line_message, found), next_page_token=next_page_token(request, last)
        )

    async def ExportBankOrders(
        self, request: draw_list_service_pb2.ExportBankOrdersRequest, call: Call
    ) -> AsyncIterator[draw_list_service_pb2.ExportBankOrdersResponse]:
        name = _id(request.name)
        after = number_of(request.after_number, "after_number", 0, _MAX_NUMBER, "VALUE_OUT_OF_RANGE")
        await self._transactions.read(lambda store: get_draw_list(store, name).check_released())
        while True:
            if call.draining.is_set():
                raise Unavailable("DRAINING", "The service is stopping; export again after the last number.")
            orders = await self._transactions.scan(
                lambda store, after=after: store.draw_lists.orders(name, _EXPORTED_AT_ONCE, after)  # type: ignore[misc]  # bound at once
            )
            if not orders:
                return
            yield draw_list_service_pb2.ExportBankOrdersResponse(
                orders=[_order_message(line, account) for line, account in orders]
            )
            after = orders[-1][0].number

    async def ImportBankReturns(
        self, request: draw_list_service_pb2.ImportBankReturnsRequest, call: Call
    ) -> batch_pb2.BatchResult:
        name, now = _id(request.name), self._clock()
        today = bureau_date(now)
        good, bad = convert_each(batch_of(request.returns, "returns"), lambda item: _return(item, today))
        outcome = await self._transactions.write(
            lambda store: import_bank_returns(store, name, good, now), validate_only=request.validate_only
        )
        return batch_result(request.batch, outcome.accepted, outcome.repeated, bad + outcome.refused)

    async def _decide(
        self, call: Call, request: Deciding, decide: Callable[[Store, str, int | None], DrawList]
    ) -> draw_list_pb2.DrawList:
        name, version = _id(request.name), version_of(request.etag)
        return await self._transactions.once(
            call,
            request,
            lambda store: _message(decide(store, name, version)),
            draw_list_pb2.DrawList,
            validate_only=request.validate_only,
        )


def _id(name: str) -> str:
    return resource_id(name, "drawLists", "name")


def _order(message: draw_list_pb2.DrawList) -> Order:
    return Order(
        scheme=scheme_of(message.scheme, "draw_list.scheme"),
        pooling_region=region_of(message.pooling_region, "draw_list.pooling_region"),
        benefit_month=month_of(message.benefit_month, "draw_list.benefit_month"),
        pay_date=date_of(message.pay_date, "draw_list.pay_date"),
    )


def _return(message: draw_list_pb2.BankReturn, today: date) -> BankReturn:
    result = enum_of(draw_list_pb2.BankResult, message.result, BankResult, "result")
    if result is BankResult.PAID and message.reason:
        raise InvalidInput("reason", "INVALID_TEXT", "reason must be empty for a payment.")
    return BankReturn(
        number=number_of(message.number, "number", 1, _MAX_NUMBER, "VALUE_OUT_OF_RANGE"),
        amount_fen=number_of(message.amount_fen, "amount_fen", 1, MAX_DRAW_FEN, "AMOUNT_OUT_OF_RANGE"),
        result=result,
        return_date=date_of(message.return_date, "return_date", latest=today),
        reason="" if result is BankResult.PAID else words_of(message.reason, "reason", 200, 2),
        draw_reference=text_of(message.draw_reference, "draw_reference", shortest=0),
    )


def _message(draw_list: DrawList) -> draw_list_pb2.DrawList:
    order, totals = draw_list.order, draw_list.totals
    state = enum_number(draw_list_pb2.DrawListState, draw_list.state)
    return draw_list_pb2.DrawList(
        name=resource_name("drawLists", draw_list.draw_list),
        scheme=scheme_number(order.scheme),
        pooling_region=order.pooling_region,
        benefit_month=month_text(order.benefit_month),
        pay_date=order.pay_date.isoformat(),
        state=draw_list_pb2.DrawListState.ValueType(state),
        opening_month=month_text(draw_list.opening_month),
        line_count=totals.lines,
        held_count=totals.held,
        released_count=totals.released,
        paid_count=totals.paid,
        returned_count=totals.returned,
        amount_fen=totals.amount_fen,
        held_fen=totals.held_fen,
        returned_fen=totals.returned_fen,
        creator=draw_list.creator,
        releaser=draw_list.releaser,
        create_time=timestamp(draw_list.create_time),
        update_time=timestamp(draw_list.update_time),
        etag=str(draw_list.version),
        offset_fen=totals.offset_fen,
    )


def _line_message(line: Line) -> draw_list_pb2.DrawLine:
    is_draw = line.state not in (LineState.READY, LineState.HELD)
    return draw_list_pb2.DrawLine(
        number=line.number,
        entitlement=resource_name("entitlements", line.entitlement),
        entitlement_reference=line.entitlement_reference,
        person=resource_name("people", line.person),
        benefit_month=month_text(line.benefit_month),
        kind=draw_pb2.DrawKind.ValueType(enum_number(draw_pb2.DrawKind, line.kind)),
        amount_fen=line.amount_fen,
        masked_account=line.masked_account,
        state=draw_list_pb2.DrawLineState.ValueType(enum_number(draw_list_pb2.DrawLineState, line.state)),
        hold_reason=line.hold_reason,
        draw_reference=line.draw_reference if is_draw else "",
        return_reason=line.return_reason,
        offset=resource_name("offsets", line.offset) if line.offset else "",
        offset_fen=line.offset_fen,
    )


def _order_message(line: Line, account: str) -> draw_list_pb2.BankOrder:
    return draw_list_pb2.BankOrder(
        number=line.number,
        draw_reference=line.draw_reference,
        benefit_month=month_text(line.benefit_month),
        account=account,
        amount_fen=line.pay_fen,
    )
