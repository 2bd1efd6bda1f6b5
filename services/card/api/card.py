"""`CardService`."""

from collections.abc import AsyncIterator
from datetime import date

from services.card.api.batches import write_batch
from services.card.api.fields import account_of, bank_of, filter_person, issuer_of, person_of, version_of
from services.card.api.messages import card_message
from services.card.api.mutations import CardMutations, order_of
from services.card.api.watch import CardWatches
from services.card.number import is_card_no, is_identification_code
from services.card.operation import Operation
from services.card.parameters import ParameterBook
from services.card.service.applications import verify_with_applications
from services.card.service.bulk import apply_for_cards
from services.card.service.cards import (
    check_payees,
    foresee_cards,
    foresee_codes,
    foresee_numbers,
    get_card,
    list_cards,
    list_first_cards,
    verify_card,
)
from services.card.service.issuing import (
    Application,
    Issue,
    apply_for_card,
    foresee_accounts,
    foresee_applications,
    foresee_makings,
    issue_cards,
    make_card,
)
from services.card.service.store import Store
from services.card.status import CancelReason, CardProgress, CardStatus, LossKind
from services.card.succession import replace_card
from services.card.transitions import CANCELLATIONS
from services.common.clock import Clock, bureau_date
from services.common.errors import InvalidInput
from services.common.filtering import Fields, parse
from services.common.months import parse_date
from services.common.resources import resource_id
from services.common.rpc.call import Call
from services.common.rpc.paging import next_page_token, page_of
from services.common.rpc.requests import batch_of, batch_result, convert_each, date_of, enum_of
from services.common.transactions import Transactions
from socsec.card.v1 import actor_pb2, card_pb2, card_service_pb2
from socsec.type.v1 import batch_pb2

FIELDS: Fields = {
    "person": filter_person,
    "status": CardStatus,
    "progress": CardProgress,
    "issuing_division": str,
    "issue_date": lambda text: parse_date(text).isoformat(),
}
_REPORTS = {
    LossKind.PROVISIONAL: Operation.REPORT_PROVISIONAL_LOSS,
    LossKind.FORMAL: Operation.REPORT_FORMAL_LOSS,
}


class CardApi:
    """Cards through their lives."""

    def __init__(
        self, transactions: Transactions[Store], book: ParameterBook, watches: CardWatches, clock: Clock
    ) -> None:
        self._transactions = transactions
        self._watches = watches
        self._cards = CardMutations(transactions, book, clock)
        self._book = book
        self._clock = clock

    async def ApplyCard(self, request: card_service_pb2.ApplyCardRequest, call: Call) -> card_pb2.Card:
        order = order_of(call.caller, Operation.APPLY, request.actor, self._clock())
        application = _application(request, bureau_date(order.now))
        return await self._cards.once(
            call,
            request,
            lambda store: apply_for_card(store, application, order, self._book),
            (foresee_applications, application.person),
        )

    async def ApplyCards(
        self, requests: AsyncIterator[card_service_pb2.ApplyCardsRequest], call: Call
    ) -> AsyncIterator[batch_pb2.BatchResult]:
        async for request in requests:
            yield await self._apply_batch(request, call)

    async def _apply_batch(self, request: card_service_pb2.ApplyCardsRequest, call: Call) -> batch_pb2.BatchResult:
        order = order_of(call.caller, Operation.APPLY, request.actor, self._clock())
        today = bureau_date(order.now)
        good, bad = convert_each(batch_of(request.applications, "applications"), lambda item: _application(item, today))
        outcome = await write_batch(
            self._transactions,
            lambda store: apply_for_cards(store, good, order, self._book),
            validate_only=request.validate_only,
        )
        return batch_result(request.batch, outcome.accepted, outcome.repeated, bad + outcome.refused)

    async def MakeCard(self, request: card_service_pb2.MakeCardRequest, call: Call) -> card_pb2.Card:
        order = order_of(call.caller, Operation.MAKE, actor_pb2.Actor(), self._clock())
        today = bureau_date(order.now)
        card, version = resource_id(request.name, "cards", "name"), version_of(request.etag)
        account = account_of(request.bank_account)
        issue_date = date_of(request.issue_date, "issue_date", latest=today) if request.issue_date else today
        return await self._cards.once(
            call,
            request,
            lambda store: make_card(store, card, version, account, issue_date, order, self._book),
            (foresee_makings, card),
            (foresee_accounts, account),
        )

    async def CollectCard(self, request: card_service_pb2.CollectCardRequest, call: Call) -> card_pb2.Card:
        return await self._cards.change(call, request, Operation.COLLECT, lambda card, now: card.collect(now))

    async def EnableCard(self, request: card_service_pb2.EnableCardRequest, call: Call) -> card_pb2.Card:
        return await self._cards.change(call, request, Operation.ENABLE, lambda card, now: card.enable(now))

    async def IssueCards(
        self, requests: AsyncIterator[card_service_pb2.IssueCardsRequest], call: Call
    ) -> AsyncIterator[batch_pb2.BatchResult]:
        async for request in requests:
            yield await self._issue_batch(request, call)

    async def _issue_batch(self, request: card_service_pb2.IssueCardsRequest, call: Call) -> batch_pb2.BatchResult:
        order = order_of(call.caller, Operation.ISSUE, request.actor, self._clock())
        today = bureau_date(order.now)
        good, bad = convert_each(batch_of(request.cards, "cards"), lambda item: _issue(item, today))
        outcome = await write_batch(
            self._transactions,
            lambda store: issue_cards(store, good, order, self._book),
            validate_only=request.validate_only,
        )
        return batch_result(request.batch, outcome.accepted, outcome.repeated, bad + outcome.refused)

    async def ReportLoss(self, request: card_service_pb2.ReportLossRequest, call: Call) -> card_pb2.Card:
        kind, (_, parameters) = enum_of(card_pb2.LossKind, request.kind, LossKind, "kind"), self._cards.now()
        return await self._cards.change(
            call, request, _REPORTS[kind], lambda card, now: card.report_loss(kind, parameters, now)
        )

    async def CancelLoss(self, request: card_service_pb2.CancelLossRequest, call: Call) -> card_pb2.Card:
        _, parameters = self._cards.now()
        return await self._cards.change(
            call, request, Operation.CANCEL_LOSS, lambda card, now: card.cancel_loss(parameters, now)
        )

    async def ReplaceCard(self, request: card_service_pb2.ReplaceCardRequest, call: Call) -> card_pb2.Card:
        return await self._cards.succeed(call, request, Operation.REPLACE, replace_card)

    async def CancelCard(self, request: card_service_pb2.CancelCardRequest, call: Call) -> card_pb2.Card:
        reason = enum_of(card_pb2.CancelReason, request.reason, CancelReason, "reason")
        operation = CANCELLATIONS.get(reason, Operation.CANCEL)  # the domain refuses a reason that is nobody's to give
        return await self._cards.change(call, request, operation, lambda card, now: card.cancel(reason, now))

    async def GetCard(self, request: card_service_pb2.GetCardRequest, call: Call) -> card_pb2.Card:
        card = resource_id(request.name, "cards", "name")
        found = await self._transactions.read(lambda store: get_card(store, card), (foresee_cards, card))
        return card_message(found)

    async def ListCards(
        self, request: card_service_pb2.ListCardsRequest, call: Call
    ) -> card_service_pb2.ListCardsResponse:
        page, wanted = page_of(request), parse(request.filter, FIELDS)
        before = str(page.after[0]) if page.after is not None else None
        if before is None:
            found, end = await self._transactions.scan(lambda store: list_first_cards(store, wanted, page.size))
            token = self._watches.token(request.filter, end)
        else:
            found = await self._transactions.scan(lambda store: list_cards(store, wanted, page.size, before))
            token = ""
        last = (found[-1].card,) if len(found) == page.size else None
        return card_service_pb2.ListCardsResponse(
            cards=[card_message(card) for card in found],
            next_page_token=next_page_token(request, last),
            resume_token=token,
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
        today, reply = bureau_date(self._clock()), card_service_pb2.VerifyCardResponse
        if request.with_applications:
            valid, usable = await self._transactions.read(
                lambda store: verify_with_applications(store, number, code, today)
            )
            return reply(valid=valid, applications=[application.code for application in usable])
        named = (foresee_numbers, number) if number else (foresee_codes, code)
        valid = await self._transactions.read(lambda store: verify_card(store, number, code, today), named)
        return reply(valid=valid)

    async def CheckPayees(
        self, request: card_service_pb2.CheckPayeesRequest, call: Call
    ) -> card_service_pb2.CheckPayeesResponse:
        people = [person_of(name, "people") for name in batch_of(request.people, "people")]
        payable = await self._transactions.read(lambda store: check_payees(store, people))
        return card_service_pb2.CheckPayeesResponse(payable=payable)


def _issue(message: card_service_pb2.CardIssue, today: date) -> Issue:
    issue_date = date_of(message.issue_date, "issue_date", latest=today)
    return Issue(_application(message, issue_date), account_of(message.bank_account), issue_date)


def _application(
    message: card_service_pb2.ApplyCardRequest | card_service_pb2.CardApplication | card_service_pb2.CardIssue,
    day: date,
) -> Application:
    division = issuer_of(message.issuing_division, day)
    return Application(person_of(message.person), division, bank_of(message.service_bank_code))
