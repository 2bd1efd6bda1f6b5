"""`CardUpkeepService`."""

from datetime import datetime

from services.card.access import AccessKind, Looked
from services.card.api.fields import bank_of, person_of, phone_of, version_of
from services.card.api.messages import operation_message
from services.card.api.mutations import CardMutations, order_of
from services.card.contact import Contact
from services.card.domain import Card, Change
from services.card.operation import Operation
from services.card.parameters import ParameterBook
from services.card.service.accesses import AccessLog
from services.card.service.cards import foresee_changes
from services.card.service.store import Store
from services.card.service.upkeep import (
    change_contact,
    get_contact,
    list_operations,
    list_person_operations,
    payee_accounts,
)
from services.card.status import SuccessionReason
from services.card.succession import reissue_card, renew_card
from services.card.temporary import issue_temporary, return_temporary
from services.common.clock import Clock
from services.common.errors import InvalidInput
from services.common.ids import new_id
from services.common.masking import mask_address, mask_phone
from services.common.resources import resource_id
from services.common.rpc.call import Call
from services.common.rpc.paging import next_page_token, page_of
from services.common.rpc.requests import batch_of, enum_of, text_of
from services.common.transactions import Transactions
from socsec.card.v1 import card_pb2, card_upkeep_service_pb2

_BANK_CHANGES = {
    card_upkeep_service_pb2.BANK_CHANGE_ACTIVATED: Operation.ACTIVATE_BANK,
    card_upkeep_service_pb2.BANK_CHANGE_LOST: Operation.REPORT_BANK_LOSS,
    card_upkeep_service_pb2.BANK_CHANGE_FOUND: Operation.CANCEL_BANK_LOSS,
    card_upkeep_service_pb2.BANK_CHANGE_CLOSED: Operation.CLOSE_BANK,
}


class CardUpkeepApi:
    """What happens to a card between its issue and its end."""

    def __init__(
        self, transactions: Transactions[Store], book: ParameterBook, accesses: AccessLog, clock: Clock
    ) -> None:
        self._transactions = transactions
        self._accesses = accesses
        self._clock = clock
        self._cards = CardMutations(transactions, book, clock)

    async def RenewCard(self, request: card_upkeep_service_pb2.RenewCardRequest, call: Call) -> card_pb2.Card:
        reason = enum_of(card_pb2.SuccessionReason, request.reason, SuccessionReason, "reason")
        _, parameters = self._cards.now()
        return await self._cards.succeed(
            call,
            request,
            Operation.RENEW,
            lambda old, new, now, due: renew_card(old, reason, new, parameters, now, due),
        )

    async def ReissueCard(self, request: card_upkeep_service_pb2.ReissueCardRequest, call: Call) -> card_pb2.Card:
        reason = enum_of(card_pb2.SuccessionReason, request.reason, SuccessionReason, "reason")
        bank = bank_of(request.service_bank_code) if request.service_bank_code else ""
        return await self._cards.succeed(
            call, request, Operation.REISSUE, lambda old, new, now, due: reissue_card(old, reason, bank, new, now, due)
        )

    async def ChangeContact(self, request: card_upkeep_service_pb2.ChangeContactRequest, call: Call) -> card_pb2.Card:
        card, version = resource_id(request.name, "cards", "name"), version_of(request.etag)
        order = order_of(call.caller, Operation.CHANGE_CONTACT, request.actor, self._cards.clock())
        contact = _contact(request.contact)
        return await self._cards.once(
            call,
            request,
            lambda store: change_contact(store, card, version, contact, order, self._cards.book),
            (foresee_changes, card),
        )

    async def GetContact(
        self, request: card_upkeep_service_pb2.GetContactRequest, call: Call
    ) -> card_upkeep_service_pb2.Contact:
        card = resource_id(request.name, "cards", "name")
        person, found = await self._transactions.read(lambda store: get_contact(store, card))
        self._accesses.note(Looked(new_id(), AccessKind.READ, call.caller.name, (person,), self._clock()))
        return card_upkeep_service_pb2.Contact(phone=mask_phone(found.phone), address=mask_address(found.address))

    async def BatchGetPayeeAccounts(
        self, request: card_upkeep_service_pb2.BatchGetPayeeAccountsRequest, call: Call
    ) -> card_upkeep_service_pb2.BatchGetPayeeAccountsResponse:
        people = [person_of(name, "people") for name in batch_of(request.people, "people")]
        found = await self._transactions.read(lambda store: payee_accounts(store, people))
        self._accesses.note(Looked(new_id(), AccessKind.READ, call.caller.name, tuple(found), self._clock()))
        return card_upkeep_service_pb2.BatchGetPayeeAccountsResponse(
            accounts=[found.get(person, "") for person in people]
        )

    async def RecordBankFunction(
        self, request: card_upkeep_service_pb2.RecordBankFunctionRequest, call: Call
    ) -> card_pb2.Card:
        operation = _BANK_CHANGES.get(request.change)
        if operation is None:
            raise InvalidInput("change", "UNKNOWN_VALUE", "change must be one of: ACTIVATED, LOST, FOUND, CLOSED.")
        told = operation  # bound as one that is not None

        def follow(card: Card, now: datetime) -> Change:
            return card.change_bank_function(told, now)

        return await self._cards.change(call, request, operation, follow)

    async def IssueTemporaryCard(
        self, request: card_upkeep_service_pb2.IssueTemporaryCardRequest, call: Call
    ) -> card_pb2.Card:
        _, parameters = self._cards.now()
        return await self._cards.change(
            call,
            request,
            Operation.ISSUE_TEMPORARY_CARD,
            lambda card, now: issue_temporary(card, parameters, now),
        )

    async def ReturnTemporaryCard(
        self, request: card_upkeep_service_pb2.ReturnTemporaryCardRequest, call: Call
    ) -> card_pb2.Card:
        return await self._cards.change(call, request, Operation.RETURN_TEMPORARY_CARD, return_temporary)

    async def ListCardOperations(
        self, request: card_upkeep_service_pb2.ListCardOperationsRequest, call: Call
    ) -> card_upkeep_service_pb2.ListCardOperationsResponse:
        card, page = resource_id(request.name, "cards", "name"), page_of(request)
        before = str(page.after[0]) if page.after is not None else None
        found = await self._transactions.read(lambda store: list_operations(store, card, page.size, before))
        last = (found[-1].record,) if len(found) == page.size else None
        return card_upkeep_service_pb2.ListCardOperationsResponse(
            operations=[operation_message(record) for record in found], next_page_token=next_page_token(request, last)
        )

    async def ListPersonOperations(
        self, request: card_upkeep_service_pb2.ListPersonOperationsRequest, call: Call
    ) -> card_upkeep_service_pb2.ListPersonOperationsResponse:
        person, page = person_of(request.person), page_of(request, str, str)
        before = (str(page.after[0]), str(page.after[1])) if page.after is not None else None
        found = await self._transactions.read(lambda store: list_person_operations(store, person, page.size, before))
        self._accesses.note(Looked(new_id(), AccessKind.READ, call.caller.name, (person,), self._clock()))
        last = (found[-1].record, found[-1].subject) if len(found) == page.size else None
        return card_upkeep_service_pb2.ListPersonOperationsResponse(
            operations=[operation_message(record) for record in found], next_page_token=next_page_token(request, last)
        )


def _contact(message: card_upkeep_service_pb2.Contact) -> Contact:
    return Contact(
        phone_of(message.phone, "contact.phone"), text_of(message.address, "contact.address", 200, shortest=0)
    )
