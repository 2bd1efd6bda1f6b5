"""`OffsetService`."""

from services.common.clock import Clock
from services.common.errors import InvalidInput
from services.common.filtering import Fields, parse
from services.common.resources import resource_id, resource_name
from services.common.rpc.call import Call
from services.common.rpc.paging import next_page_token, page_of
from services.common.rpc.requests import enum_number, number_of, words_of
from services.common.transactions import Transactions
from services.eligibility.api.fields import filter_enum, timestamp, version_of
from services.eligibility.domain import MAX_DRAW_FEN, MAX_MONTHLY_FEN
from services.eligibility.offset import Offset, OffsetOrder, OffsetState
from services.eligibility.service.offset import create_offset, end_offset, get_offset
from services.eligibility.service.store import Store
from socsec.eligibility.v1 import offset_pb2, offset_service_pb2


def _filter_entitlement(text: str) -> str:
    try:
        return resource_id(text, "entitlements", "entitlement")
    except InvalidInput as error:
        raise ValueError("entitlements/{entitlement}") from error


_FIELDS: Fields = {"entitlement": _filter_entitlement, "state": filter_enum(OffsetState)}


class OffsetApi:
    """What is taken off benefits for what was drawn too much."""

    def __init__(self, transactions: Transactions[Store], clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    async def CreateOffset(self, request: offset_service_pb2.CreateOffsetRequest, call: Call) -> offset_pb2.Offset:
        order, by, now = _order(request.offset), call.caller.name, self._clock()
        return await self._transactions.once(
            call,
            request,
            lambda store: _message(create_offset(store, order, by, now)),
            offset_pb2.Offset,
            validate_only=request.validate_only,
        )

    async def EndOffset(self, request: offset_service_pb2.EndOffsetRequest, call: Call) -> offset_pb2.Offset:
        name, version, now = resource_id(request.name, "offsets", "name"), version_of(request.etag), self._clock()
        reason = words_of(request.reason, "reason", 200, 2)
        return await self._transactions.once(
            call,
            request,
            lambda store: _message(end_offset(store, name, version, reason, now)),
            offset_pb2.Offset,
            validate_only=request.validate_only,
        )

    async def GetOffset(self, request: offset_service_pb2.GetOffsetRequest, call: Call) -> offset_pb2.Offset:
        name = resource_id(request.name, "offsets", "name")
        return _message(await self._transactions.read(lambda store: get_offset(store, name)))

    async def ListOffsets(
        self, request: offset_service_pb2.ListOffsetsRequest, call: Call
    ) -> offset_service_pb2.ListOffsetsResponse:
        page, wanted = page_of(request), parse(request.filter, _FIELDS)
        before = str(page.after[0]) if page.after is not None else None
        found = await self._transactions.read(lambda store: store.offsets.page(wanted, page.size, before))
        last = (found[-1].offset,) if len(found) == page.size else None
        return offset_service_pb2.ListOffsetsResponse(
            offsets=map(_message, found), next_page_token=next_page_token(request, last)
        )


def _order(message: offset_pb2.Offset) -> OffsetOrder:
    return OffsetOrder(
        entitlement=resource_id(message.entitlement, "entitlements", "offset.entitlement"),
        total_fen=number_of(message.total_fen, "offset.total_fen", 1, MAX_DRAW_FEN, "AMOUNT_OUT_OF_RANGE"),
        monthly_fen=number_of(message.monthly_fen, "offset.monthly_fen", 1, MAX_MONTHLY_FEN, "AMOUNT_OUT_OF_RANGE"),
        floor_fen=number_of(message.floor_fen, "offset.floor_fen", 1, MAX_MONTHLY_FEN, "AMOUNT_OUT_OF_RANGE"),
        basis=words_of(message.basis, "offset.basis", 200, 2),
    )


def _message(offset: Offset) -> offset_pb2.Offset:
    order = offset.order
    return offset_pb2.Offset(
        name=resource_name("offsets", offset.offset),
        entitlement=resource_name("entitlements", order.entitlement),
        total_fen=order.total_fen,
        monthly_fen=order.monthly_fen,
        floor_fen=order.floor_fen,
        basis=order.basis,
        taken_fen=offset.taken_fen,
        state=offset_pb2.OffsetState.ValueType(enum_number(offset_pb2.OffsetState, offset.state)),
        end_reason=offset.end_reason,
        creator=offset.creator,
        create_time=timestamp(offset.create_time),
        update_time=timestamp(offset.update_time),
        etag=str(offset.version),
    )
