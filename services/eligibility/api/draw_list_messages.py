"""Draw lists, their lines and the bank's part of them as messages."""

from datetime import date

from services.common.errors import InvalidInput
from services.common.resources import resource_name
from services.common.rpc.requests import date_of, enum_number, enum_of, month_of, number_of, text_of, words_of
from services.eligibility.api.fields import month_text, region_of, scheme_number, scheme_of, timestamp
from services.eligibility.domain import MAX_DRAW_FEN
from services.eligibility.draw_line import BankResult, BankReturn, Line, LineState, Order
from services.eligibility.draw_list import DrawList
from socsec.eligibility.v1 import draw_list_pb2, draw_pb2

MAX_NUMBER = 2**53


def order_of(message: draw_list_pb2.DrawList) -> Order:
    """Read what a list is to be made for."""
    return Order(
        scheme=scheme_of(message.scheme, "draw_list.scheme"),
        pooling_region=region_of(message.pooling_region, "draw_list.pooling_region"),
        benefit_month=month_of(message.benefit_month, "draw_list.benefit_month"),
        pay_date=date_of(message.pay_date, "draw_list.pay_date"),
    )


def return_of(message: draw_list_pb2.BankReturn, today: date) -> BankReturn:
    """Read a bank's answer."""
    result = enum_of(draw_list_pb2.BankResult, message.result, BankResult, "result")
    if result is BankResult.PAID and message.reason:
        raise InvalidInput("reason", "INVALID_TEXT", "reason must be empty for a payment.")
    return BankReturn(
        number=number_of(message.number, "number", 1, MAX_NUMBER, "VALUE_OUT_OF_RANGE"),
        amount_fen=number_of(message.amount_fen, "amount_fen", 1, MAX_DRAW_FEN, "AMOUNT_OUT_OF_RANGE"),
        result=result,
        return_date=date_of(message.return_date, "return_date", latest=today),
        reason="" if result is BankResult.PAID else words_of(message.reason, "reason", 200, 2),
        draw_reference=text_of(message.draw_reference, "draw_reference", shortest=0),
    )


def draw_list_message(draw_list: DrawList) -> draw_list_pb2.DrawList:
    """Write a list."""
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


def line_message(line: Line) -> draw_list_pb2.DrawLine:
    """Write a line."""
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


def order_message(line: Line, account: str) -> draw_list_pb2.BankOrder:
    """Write an order for the bank, the account in clear."""
    return draw_list_pb2.BankOrder(
        number=line.number,
        draw_reference=line.draw_reference,
        benefit_month=month_text(line.benefit_month),
        account=account,
        amount_fen=line.pay_fen,
    )
