"""`CardService`."""

from collections.abc import AsyncIterator, Callable
from datetime import date

from services.card.api.batches import write_batch
from services.card.api.fields import (
    account_of,
    bank_of,
    day_text,
    filter_person,
    issuer_of,
    person_of,
    timestamp,
    version_of,
)
from services.card.domain import Card, Change
from services.card.number import is_card_no, is_identification_code
from services.card.service.cards import (
    Application,
    Issue,
    apply_for_card,
    change_card,
    check_payees,
    get_card,
    issue_cards,
    list_cards,
    make_card,
    replace_card,
    verify_card,
)
from services.card.service.store import Store
from services.card.status import CancelReason, CardParameters, CardProgress, CardStatus, LossKind
from services.common.clock import Clock, bureau_date
from services.common.errors import InvalidInput
from services.common.filtering import Fields, parse
from services.common.months import parse_date
from services.common.resources import resource_id, resource_name
from services.common.rpc.call import Call
from services.common.rpc.paging import next_page_token, page_of
from services.common.rpc.requests import batch_of, batch_result, convert_each, date_of, enum_number, enum_of
from services.common.transactions import Transactions
from socsec.card.v1 import card_pb2, card_service_pb2
from socsec.type.v1 import batch_pb2

_FIELDS: Fields = {
    "person": filter_person,
    "status": CardStatus,
    "progress": CardProgress,
    "issuing_division": str,
    "issue_date": lambda text: parse_date(text).isoformat(),
}
Named = (
    card_service_pb2.CollectCardRequest
    | card_service_pb2.EnableCardRequest
    | card_service_pb2.ReportLossRequest
    | card_service_pb2.CancelLossRequest
    | card_service_pb2.CancelCardRequest
)
Mutation = (
    Named | card_service_pb2.ApplyCardRequest | card_service_pb2.MakeCardRequest | card_service_pb2.ReplaceCardRequest
)


class CardApi:
    """Cards through their lives."""

    def __init__(self, transactions: Transactions[Store], parameters: CardParameters, clock: Clock) -> None:
        self._transactions = transactions
        self._parameters = parameters
        self._clock = clock

    async def ApplyCard(self, request: card_service_pb2.ApplyCardRequest, call: Call) -> card_pb2.Card:
        now = self._clock()
        application = Application(
            person_of(request.person),
            issuer_of(request.issuing_division, bureau_date(now)),
            bank_of(request.service_bank_code),
        )
        return await self._once(call, request, lambda store: apply_for_card(store, application, now))

    async def MakeCard(self, request: card_service_pb2.MakeCardRequest, call: Call) -> card_pb2.Card:
        now = self._clock()
        today = bureau_date(now)
        card, version = resource_id(request.name, "cards", "name"), version_of(request.etag)
        account = account_of(request.bank_account)
        issue_date = date_of(request.issue_date, "issue_date", latest=today) if request.issue_date else today
        return await self._once(
            call,
            request,
            lambda store: make_card(store, card, version, account, issue_date, self._parameters, now),
        )

    async def CollectCard(self, request: card_service_pb2.CollectCardRequest, call: Call) -> card_pb2.Card:
        now = self._clock()
        return await self._change(call, request, lambda card: card.collect(now))

    async def EnableCard(self, request: card_service_pb2.EnableCardRequest, call: Call) -> card_pb2.Card:
        now = self._clock()
        return await self._change(call, request, lambda card: card.enable(now))

    async def IssueCards(
        self, requests: AsyncIterator[card_service_pb2.IssueCardsRequest], call: Call
    ) -> AsyncIterator[batch_pb2.BatchResult]:
        async for request in requests:
            yield await self._issue_batch(request)

    async def _issue_batch(self, request: card_service_pb2.IssueCardsRequest) -> batch_pb2.BatchResult:
        now = self._clock()
        today = bureau_date(now)
        good, bad = convert_each(batch_of(request.cards, "cards"), lambda item: _issue(item, today))
        outcome = await write_batch(
            self._transactions,
            lambda store: issue_cards(store, good, self._parameters, now),
            validate_only=request.validate_only,
        )
        return batch_result(request.batch, outcome.accepted, outcome.repeated, bad + outcome.refused)

    async def ReportLoss(self, request: card_service_pb2.ReportLossRequest, call: Call) -> card_pb2.Card:
        now, kind = self._clock(), enum_of(card_pb2.LossKind, request.kind, LossKind, "kind")
        return await self._change(call, request, lambda card: card.report_loss(kind, self._parameters, now))

    async def CancelLoss(self, request: card_service_pb2.CancelLossRequest, call: Call) -> card_pb2.Card:
        now = self._clock()
        return await self._change(call, request, lambda card: card.cancel_loss(self._parameters, now))

    async def ReplaceCard(self, request: card_service_pb2.ReplaceCardRequest, call: Call) -> card_pb2.Card:
        card, version, now = resource_id(request.name, "cards", "name"), version_of(request.etag), self._clock()
        return await self._once(call, request, lambda store: replace_card(store, card, version, now))

    async def CancelCard(self, request: card_service_pb2.CancelCardRequest, call: Call) -> card_pb2.Card:
        now, reason = self._clock(), enum_of(card_pb2.CancelReason, request.reason, CancelReason, "reason")
        return await self._change(call, request, lambda card: card.cancel(reason, now))

    async def GetCard(self, request: card_service_pb2.GetCardRequest, call: Call) -> card_pb2.Card:
        card = resource_id(request.name, "cards", "name")
        return _message(await self._transactions.read(lambda store: get_card(store, card)))

    async def ListCards(
        self, request: card_service_pb2.ListCardsRequest, call: Call
    ) -> card_service_pb2.ListCardsResponse:
        page, wanted = page_of(request), parse(request.filter, _FIELDS)
        before = str(page.after[0]) if page.after is not None else None
        found = await self._transactions.scan(lambda store: list_cards(store, wanted, page.size, before))
        last = (found[-1].card,) if len(found) == page.size else None
        return card_service_pb2.ListCardsResponse(
            cards=[_message(card) for card in found], next_page_token=next_page_token(request, last)
        )

    async def VerifyCard(
        self, request: card_service_pb2.VerifyCardRequest, call: Call
    ) -> card_service_pb2.VerifyCardResponse:
        number, code = request.card_no, request.card_identification_code
        if bool(number) == bool(code):
            raise InvalidInput("card_no", "FIELD_REQUIRED", "Give card_no or card_identification_code, not both.")
        if number and not is_card_no(number):
            raise InvalidInput("card_no", "INVALID_TEXT", "card_no has 9 characters, the last a check character.")
        if code and not is_identification_code(code):
            raise InvalidInput(
                "card_identification_code", "INVALID_TEXT", "card_identification_code has 32 characters 0-9 and A-F."
            )
        today = bureau_date(self._clock())
        valid = await self._transactions.read(lambda store: verify_card(store, number, code, today))
        return card_service_pb2.VerifyCardResponse(valid=valid)

    async def CheckPayees(
        self, request: card_service_pb2.CheckPayeesRequest, call: Call
    ) -> card_service_pb2.CheckPayeesResponse:
        people = [person_of(name, "people") for name in batch_of(request.people, "people")]
        payable = await self._transactions.read(lambda store: check_payees(store, people))
        return card_service_pb2.CheckPayeesResponse(payable=payable)

    async def _change(self, call: Call, request: Named, operation: Callable[[Card], Change]) -> card_pb2.Card:
        card, version, now = resource_id(request.name, "cards", "name"), version_of(request.etag), self._clock()
        return await self._once(call, request, lambda store: change_card(store, card, version, operation, now))

    async def _once(self, call: Call, request: Mutation, work: Callable[[Store], Card]) -> card_pb2.Card:
        return await self._transactions.once(
            call, request, lambda store: _message(work(store)), card_pb2.Card, validate_only=request.validate_only
        )


def _issue(message: card_service_pb2.CardIssue, today: date) -> Issue:
    issue_date = date_of(message.issue_date, "issue_date", latest=today)
    application = Application(
        person_of(message.person), issuer_of(message.issuing_division, issue_date), bank_of(message.service_bank_code)
    )
    return Issue(application, account_of(message.bank_account), issue_date)


def _message(card: Card) -> card_pb2.Card:
    return card_pb2.Card(
        name=resource_name("cards", card.card),
        person=resource_name("people", card.person),
        status=card_pb2.CardStatus.ValueType(enum_number(card_pb2.CardStatus, card.status)),
        progress=card_pb2.CardProgress.ValueType(enum_number(card_pb2.CardProgress, card.progress)),
        card_no=card.card_no,
        card_identification_code=card.identification_code,
        issuing_division=card.issuing_division,
        service_bank_code=card.service_bank_code,
        masked_bank_account=card.masked_account,
        issue_date=day_text(card.issue_date),
        expire_date=day_text(card.expire_date),
        loss_lapse_time=timestamp(card.loss_lapse_time),
        replaces=resource_name("cards", card.replaces),
        cancel_reason=card_pb2.CancelReason.ValueType(enum_number(card_pb2.CancelReason, card.cancel_reason)),
        create_time=timestamp(card.create_time),
        update_time=timestamp(card.update_time),
        etag=str(card.version),
    )
