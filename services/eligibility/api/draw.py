"""`DrawService`."""

from collections.abc import AsyncIterator
from datetime import date

from services.common.clock import Clock, bureau_date
from services.common.errors import InvalidInput
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
    account_of,
    day_text,
    filter_date,
    filter_enum,
    filter_month,
    filter_person,
    month_text,
    person_of,
    region_of,
    scheme_number,
    scheme_of,
    timestamp,
)
from services.eligibility.cards import CardClient
from services.eligibility.domain import MAX_DRAW_FEN, OWN, Scheme
from services.eligibility.draw import Draw, DrawKind, DrawReport, Reversal
from services.eligibility.service.draw import get_draw, record_draws, reverse_draws
from services.eligibility.service.store import Store
from socsec.eligibility.v1 import draw_pb2, draw_service_pb2
from socsec.type.v1 import batch_pb2

_FIELDS: Fields = {
    "person": filter_person,
    "entitlement_reference": str,
    "origin": str,
    "scheme": filter_enum(Scheme),
    "benefit_month": filter_month,
    "pay_date": filter_date,
    "kind": filter_enum(DrawKind),
}


class DrawApi:
    """The register of draws."""

    def __init__(self, transactions: Transactions[Store], cards: CardClient, clock: Clock) -> None:
        self._transactions = transactions
        self._cards = cards
        self._clock = clock

    async def RecordDraws(self, request: draw_service_pb2.RecordDrawsRequest, call: Call) -> batch_pb2.BatchResult:
        now = self._clock()
        today = bureau_date(now)
        good, bad = convert_each(batch_of(request.draws, "draws"), lambda item: _report(item, today))
        payable = await self._cards.payable({report.person for _, report in good if report.origin == OWN})
        outcome = await self._transactions.write(
            lambda store: record_draws(store, good, payable, now), validate_only=request.validate_only
        )
        return batch_result(request.batch, outcome.accepted, outcome.repeated, bad + outcome.refused)

    async def StreamDraws(
        self, requests: AsyncIterator[draw_service_pb2.RecordDrawsRequest], call: Call
    ) -> AsyncIterator[batch_pb2.BatchResult]:
        async for request in requests:
            yield await self.RecordDraws(request, call)

    async def ReverseDraws(self, request: draw_service_pb2.ReverseDrawsRequest, call: Call) -> batch_pb2.BatchResult:
        now = self._clock()
        today = bureau_date(now)
        good, bad = convert_each(batch_of(request.reversals, "reversals"), lambda item: _reversal(item, today))
        outcome = await self._transactions.write(
            lambda store: reverse_draws(store, good, now), validate_only=request.validate_only
        )
        return batch_result(request.batch, outcome.accepted, outcome.repeated, bad + outcome.refused)

    async def GetDraw(self, request: draw_service_pb2.GetDrawRequest, call: Call) -> draw_pb2.Draw:
        draw = resource_id(request.name, "draws", "name")
        return _message(await self._transactions.read(lambda store: get_draw(store, draw)))

    async def ListDraws(
        self, request: draw_service_pb2.ListDrawsRequest, call: Call
    ) -> draw_service_pb2.ListDrawsResponse:
        page, wanted = page_of(request), parse(request.filter, _FIELDS)
        before = str(page.after[0]) if page.after is not None else None
        found = await self._transactions.read(lambda store: store.draws.page(wanted, page.size, before))
        last = (found[-1].draw,) if len(found) == page.size else None
        return draw_service_pb2.ListDrawsResponse(
            draws=[_message(draw) for draw in found], next_page_token=next_page_token(request, last)
        )


def _report(message: draw_pb2.Draw, today: date) -> DrawReport:
    origin = words_of(message.origin, "origin", shortest=0)
    if origin == OWN and message.account:
        raise InvalidInput(
            "account", "INVALID_TEXT", "account must be empty: a draw of this bureau goes to the entitlement's account."
        )
    return DrawReport(
        reference=words_of(message.reference, "reference"),
        origin=origin,
        person=person_of(message.person),
        entitlement_reference=words_of(message.entitlement_reference, "entitlement_reference"),
        scheme=scheme_of(message.scheme),
        pooling_region=region_of(message.pooling_region),
        benefit_month=month_of(message.benefit_month, "benefit_month"),
        pay_date=date_of(message.pay_date, "pay_date", latest=today),
        kind=enum_of(draw_pb2.DrawKind, message.kind, DrawKind, "kind"),
        amount_fen=number_of(message.amount_fen, "amount_fen", 1, MAX_DRAW_FEN, "AMOUNT_OUT_OF_RANGE"),
        account_number=account_of(message.account) if message.account else "",
    )


def _reversal(message: draw_pb2.Reversal, today: date) -> Reversal:
    return Reversal(
        origin=text_of(message.origin, "origin", shortest=0),
        reference=text_of(message.reference, "reference"),
        reverse_date=date_of(message.reverse_date, "reverse_date", latest=today),
        reason=words_of(message.reason, "reason", 200, 2),
    )


def _message(draw: Draw) -> draw_pb2.Draw:
    report = draw.report
    return draw_pb2.Draw(
        name=resource_name("draws", draw.draw),
        reference=report.reference,
        origin=report.origin,
        person=resource_name("people", report.person),
        entitlement_reference=report.entitlement_reference,
        scheme=scheme_number(report.scheme),
        pooling_region=report.pooling_region,
        benefit_month=month_text(report.benefit_month),
        pay_date=report.pay_date.isoformat(),
        kind=draw_pb2.DrawKind.ValueType(enum_number(draw_pb2.DrawKind, report.kind)),
        amount_fen=report.amount_fen,
        masked_account=draw.account.masked,
        reverse_date=day_text(draw.reverse_date),
        create_time=timestamp(draw.create_time),
        offset=resource_name("offsets", report.offset) if report.offset else "",
        offset_fen=report.offset_fen,
    )
