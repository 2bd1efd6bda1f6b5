"""`CardRegisterService`."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

from services.card.api.batches import write_batch
from services.card.api.card import FIELDS
from services.card.api.fields import account_of, bank_of, issuer_of, person_of, timestamp
from services.card.api.messages import card_message
from services.card.api.mutations import order_of
from services.card.api.watch import CardWatches, CopiedCard
from services.card.change import CopyChange
from services.card.existing import ExistingCard
from services.card.number import is_card_no, is_identification_code
from services.card.operation import OtherOperation
from services.card.parameters import ParameterBook
from services.card.service.cards import list_cards, list_first_cards, standing_people
from services.card.service.register import import_cards
from services.card.service.store import Store
from services.card.status import CancelReason, CardStatus
from services.common.clock import Clock, bureau_date
from services.common.errors import InvalidInput, Unavailable
from services.common.filtering import parse
from services.common.rpc.call import Call
from services.common.rpc.paging import next_page_token, page_of
from services.common.rpc.requests import batch_of, batch_result, convert_each, date_of, enum_number, enum_of
from services.common.transactions import Transactions
from socsec.card.v1 import card_pb2, card_register_service_pb2
from socsec.type.v1 import batch_pb2


class RegisterApi:
    """The register of cards as a whole."""

    def __init__(
        self, transactions: Transactions[Store], book: ParameterBook, watches: CardWatches, clock: Clock
    ) -> None:
        self._transactions = transactions
        self._book = book
        self._watches = watches
        self._clock = clock

    async def ImportCards(
        self, requests: AsyncIterator[card_register_service_pb2.ImportCardsRequest], call: Call
    ) -> AsyncIterator[batch_pb2.BatchResult]:
        async for request in requests:
            yield await self._import_batch(request, call)

    async def _import_batch(
        self, request: card_register_service_pb2.ImportCardsRequest, call: Call
    ) -> batch_pb2.BatchResult:
        order = order_of(call.caller, OtherOperation.IMPORT, request.actor, self._clock())
        today = bureau_date(order.now)
        good, bad = convert_each(batch_of(request.cards, "cards"), lambda item: _existing(item, today))
        outcome = await write_batch(
            self._transactions,
            lambda store: import_cards(store, good, order, self._book),
            validate_only=request.validate_only,
        )
        return batch_result(request.batch, outcome.accepted, outcome.repeated, bad + outcome.refused)

    async def ExportCards(
        self, request: card_register_service_pb2.ExportCardsRequest, call: Call
    ) -> AsyncIterator[card_register_service_pb2.ExportCardsResponse]:
        page, wanted = page_of(request), parse(request.filter, FIELDS)
        before = str(page.after[0]) if page.after is not None else None
        cards, end = await self._transactions.scan(lambda store: list_first_cards(store, wanted, page.size))
        if before is not None:
            cards = await self._transactions.scan(lambda store: list_cards(store, wanted, page.size, before))
        token = self._watches.token(request.filter, end) if before is None else ""
        while cards:
            if call.draining.is_set():
                raise Unavailable("DRAINING", "The service is stopping; export again with the last page_token.")
            last = cards[-1].card
            yield card_register_service_pb2.ExportCardsResponse(
                cards=map(card_message, cards), page_token=next_page_token(request, (last,)), resume_token=token
            )
            token = ""
            cards = await self._transactions.scan(
                lambda store, last=last: list_cards(store, wanted, page.size, last)  # type: ignore[misc]  # bound at once
            )
        if token:  # of an empty register too one may watch on
            yield card_register_service_pb2.ExportCardsResponse(resume_token=token)

    async def WatchCards(
        self, request: card_register_service_pb2.WatchCardsRequest, call: Call
    ) -> AsyncIterator[card_register_service_pb2.WatchCardsResponse]:
        asked = parse(request.filter, FIELDS)
        wanted = await self._transactions.read(lambda store: standing_people(store, asked))
        async for copied, token in self._watches.tail(wanted, request.filter, request.resume_token, call):
            change = None if copied is None else _change_message(copied)
            yield card_register_service_pb2.WatchCardsResponse(change=change, resume_token=token)


def _existing(message: card_register_service_pb2.ExistingCard, today: date) -> ExistingCard:
    if not is_card_no(message.card_no):
        raise InvalidInput("card_no", "INVALID_TEXT", "card_no has 9 characters, the last a check character.")
    code = message.card_identification_code
    if not is_identification_code(code):
        raise InvalidInput(
            "card_identification_code", "INVALID_TEXT", "card_identification_code has 32 characters 0-9 and A-F."
        )
    issued = date_of(message.issue_date, "issue_date", latest=today)
    reason = message.cancel_reason
    return ExistingCard(
        person=person_of(message.person),
        card_no=message.card_no,
        identification_code=code,
        issuing_division=issuer_of(message.issuing_division, issued),
        service_bank_code=bank_of(message.service_bank_code),
        account=account_of(message.bank_account) if message.bank_account else "",
        issue_date=issued,
        expire_date=date_of(message.expire_date, "expire_date") if message.expire_date else None,
        status=enum_of(card_pb2.CardStatus, message.status, CardStatus, "status"),
        is_collected=message.collected,
        loss_lapse_time=_lapse(message) if message.HasField("loss_lapse_time") else None,
        cancel_reason=enum_of(card_pb2.CancelReason, reason, CancelReason, "cancel_reason") if reason else None,
    )


def _lapse(message: card_register_service_pb2.ExistingCard) -> datetime:
    try:
        return message.loss_lapse_time.ToDatetime(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput("loss_lapse_time", "IMPOSSIBLE_DATE", "loss_lapse_time must be a moment.") from error


def _change_message(copied: CopiedCard) -> card_register_service_pb2.CardChange:
    card = card_message(copied.change.card)
    if copied.kind is CopyChange.LEFT:
        card = card_pb2.Card(name=card.name, etag=card.etag)
    kind = enum_number(card_register_service_pb2.CardChangeKind, copied.kind)
    return card_register_service_pb2.CardChange(
        kind=card_register_service_pb2.CardChangeKind.ValueType(kind),
        card=card,
        change_time=timestamp(copied.change.change_time),
    )
