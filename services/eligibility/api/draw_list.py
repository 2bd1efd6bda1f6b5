"""`DrawListService`."""

from collections.abc import AsyncIterator, Callable

from services.common.clock import Clock, bureau_date
from services.common.errors import Unavailable
from services.common.filtering import Fields, parse
from services.common.resources import resource_id
from services.common.rpc.call import Call
from services.common.rpc.paging import next_page_token, page_of
from services.common.rpc.requests import (
    batch_of,
    batch_result,
    convert_each,
    number_of,
)
from services.common.transactions import Transactions
from services.eligibility.api.draw_list_messages import (
    MAX_NUMBER,
    draw_list_message,
    line_message,
    order_message,
    order_of,
    return_of,
)
from services.eligibility.api.fields import (
    filter_enum,
    filter_month,
    filter_person,
    version_of,
)
from services.eligibility.domain import Scheme
from services.eligibility.draw import DrawKind
from services.eligibility.draw_line import Line, LineState
from services.eligibility.draw_list import DrawList, DrawListState
from services.eligibility.service.draw_list import (
    cancel_draw_list,
    create_draw_list,
    get_draw_list,
    import_bank_returns,
    release_draw_list,
)
from services.eligibility.service.store import Store
from socsec.eligibility.v1 import draw_list_pb2, draw_list_service_pb2
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
        order = order_of(request.draw_list)
        order.check(bureau_date(now))
        return await self._transactions.once(
            call,
            request,
            lambda store: draw_list_message(create_draw_list(store, order, call.caller.name, now)),
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
        return draw_list_message(await self._transactions.read(lambda store: get_draw_list(store, name)))

    async def ListDrawLists(
        self, request: draw_list_service_pb2.ListDrawListsRequest, call: Call
    ) -> draw_list_service_pb2.ListDrawListsResponse:
        page, wanted = page_of(request), parse(request.filter, _FIELDS)
        before = str(page.after[0]) if page.after is not None else None
        found = await self._transactions.read(lambda store: store.draw_lists.page(wanted, page.size, before))
        last = (found[-1].draw_list,) if len(found) == page.size else None
        return draw_list_service_pb2.ListDrawListsResponse(
            draw_lists=map(draw_list_message, found), next_page_token=next_page_token(request, last)
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
            draw_lines=map(line_message, found), next_page_token=next_page_token(request, last)
        )

    async def ExportBankOrders(
        self, request: draw_list_service_pb2.ExportBankOrdersRequest, call: Call
    ) -> AsyncIterator[draw_list_service_pb2.ExportBankOrdersResponse]:
        name = _id(request.name)
        after = number_of(request.after_number, "after_number", 0, MAX_NUMBER, "VALUE_OUT_OF_RANGE")
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
                orders=[order_message(line, account) for line, account in orders]
            )
            after = orders[-1][0].number

    async def ImportBankReturns(
        self, request: draw_list_service_pb2.ImportBankReturnsRequest, call: Call
    ) -> batch_pb2.BatchResult:
        name, now = _id(request.name), self._clock()
        today = bureau_date(now)
        good, bad = convert_each(batch_of(request.returns, "returns"), lambda item: return_of(item, today))
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
            lambda store: draw_list_message(decide(store, name, version)),
            draw_list_pb2.DrawList,
            validate_only=request.validate_only,
        )


def _id(name: str) -> str:
    return resource_id(name, "drawLists", "name")
