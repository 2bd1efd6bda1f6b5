"""`EntitlementService`."""

from collections.abc import AsyncIterator, Callable

from services.common.clock import Clock
from services.common.errors import InvalidInput
from services.common.filtering import Fields, parse
from services.common.resources import resource_id
from services.common.rpc.call import Call
from services.common.rpc.paging import next_page_token, page_of
from services.common.rpc.requests import (
    batch_of,
    batch_result,
    convert_each,
    month_of,
    number_of,
    words_of,
)
from services.common.transactions import Transactions
from services.eligibility.api.entitlement_messages import changed_message, entitlement_message
from services.eligibility.api.fields import (
    account_of,
    filter_enum,
    filter_person,
    person_of,
    region_of,
    scheme_of,
    version_of,
)
from services.eligibility.book.book import Book
from services.eligibility.cards import CardClient
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.domain import MAX_MONTHLY_FEN, EntitlementGrant, EntitlementState, Scheme
from services.eligibility.entitlement import Entitlement, EntitlementEvent
from services.eligibility.payable import Payability
from services.eligibility.service.entitlement import (
    change_account,
    change_entitlement,
    grant_entitlement,
    grant_entitlements,
)
from services.eligibility.service.payable import FIELD, list_entitlements, payable_entitlement
from services.eligibility.service.store import Store
from socsec.eligibility.v1 import entitlement_pb2, entitlement_service_pb2
from socsec.type.v1 import batch_pb2

_FIELDS: Fields = {
    "person": filter_person,
    "reference": str,
    "scheme": filter_enum(Scheme),
    "state": filter_enum(EntitlementState),
    FIELD: filter_enum(Payability),
    "pooling_region": str,
    "benefit": str,
}
Changing = (
    entitlement_service_pb2.SuspendEntitlementRequest
    | entitlement_service_pb2.ResumeEntitlementRequest
    | entitlement_service_pb2.StopEntitlementRequest
    | entitlement_service_pb2.ChangeEntitlementAmountRequest
)


class EntitlementApi:
    """The register of entitlements."""

    def __init__(
        self,
        transactions: Transactions[Store],
        cards: CardClient,
        law: CertificationLaw,
        book: Book,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._cards = cards
        self._law = law
        self._book = book
        self._clock = clock

    async def GrantEntitlement(
        self, request: entitlement_service_pb2.GrantEntitlementRequest, call: Call
    ) -> entitlement_pb2.Entitlement:
        grant = _grant(request.entitlement, "entitlement.")
        profiles = await self._cards.profiles({grant.person})
        now = self._clock()
        return await self._transactions.once(
            call,
            request,
            lambda store: changed_message(store, grant_entitlement(store, grant, profiles, now, self._law, self._book)),
            entitlement_pb2.Entitlement,
            validate_only=request.validate_only,
        )

    async def GrantEntitlements(
        self, requests: AsyncIterator[entitlement_service_pb2.GrantEntitlementsRequest], call: Call
    ) -> AsyncIterator[batch_pb2.BatchResult]:
        async for request in requests:
            yield await self._grant_batch(request)

    async def _grant_batch(self, request: entitlement_service_pb2.GrantEntitlementsRequest) -> batch_pb2.BatchResult:
        good, bad = convert_each(batch_of(request.entitlements, "entitlements"), _grant)
        profiles = await self._cards.profiles({grant.person for _, grant in good})
        now = self._clock()
        outcome = await self._transactions.write(
            lambda store: grant_entitlements(store, good, profiles, now, self._law, self._book),
            validate_only=request.validate_only,
        )
        return batch_result(request.batch, outcome.accepted, outcome.repeated, bad + outcome.refused)

    async def SuspendEntitlement(
        self, request: entitlement_service_pb2.SuspendEntitlementRequest, call: Call
    ) -> entitlement_pb2.Entitlement:
        month, reason = month_of(request.from_month, "from_month"), words_of(request.reason, "reason", 200, 2)
        now = self._clock()
        return await self._change(call, request, lambda found: found.suspend(month, reason, now))

    async def ResumeEntitlement(
        self, request: entitlement_service_pb2.ResumeEntitlementRequest, call: Call
    ) -> entitlement_pb2.Entitlement:
        month, now = month_of(request.from_month, "from_month"), self._clock()
        return await self._change(call, request, lambda found: found.resume(month, now))

    async def StopEntitlement(
        self, request: entitlement_service_pb2.StopEntitlementRequest, call: Call
    ) -> entitlement_pb2.Entitlement:
        month, now = month_of(request.end_month, "end_month"), self._clock()
        reason = words_of(request.reason, "reason", 200, 2)
        return await self._change(call, request, lambda found: found.stop(month, reason, now))

    async def ChangeEntitlementAmount(
        self, request: entitlement_service_pb2.ChangeEntitlementAmountRequest, call: Call
    ) -> entitlement_pb2.Entitlement:
        month, reason = month_of(request.from_month, "from_month"), words_of(request.reason, "reason", 200, 2)
        amount, now = _amount_of(request.monthly_amount_fen, "monthly_amount_fen"), self._clock()
        yearly = request.is_adjustment
        return await self._change(
            call, request, lambda found: found.change_amount(month, amount, reason, now, is_adjustment=yearly)
        )

    async def ChangeEntitlementAccount(
        self, request: entitlement_service_pb2.ChangeEntitlementAccountRequest, call: Call
    ) -> entitlement_pb2.Entitlement:
        entitlement, version = resource_id(request.name, "entitlements", "name"), version_of(request.etag)
        number, now = account_of(request.account), self._clock()
        return await self._transactions.once(
            call,
            request,
            lambda store: changed_message(store, change_account(store, entitlement, version, number, now)),
            entitlement_pb2.Entitlement,
            validate_only=request.validate_only,
        )

    async def GetEntitlement(
        self, request: entitlement_service_pb2.GetEntitlementRequest, call: Call
    ) -> entitlement_pb2.Entitlement:
        entitlement = resource_id(request.name, "entitlements", "name")
        found, standing = await self._transactions.read(lambda store: payable_entitlement(store, entitlement))
        return entitlement_message(found, standing)

    async def ListEntitlements(
        self, request: entitlement_service_pb2.ListEntitlementsRequest, call: Call
    ) -> entitlement_service_pb2.ListEntitlementsResponse:
        page, wanted = page_of(request), parse(request.filter, _FIELDS)
        before = str(page.after[0]) if page.after is not None else None
        found, last = await self._transactions.read(lambda store: list_entitlements(store, wanted, page.size, before))
        return entitlement_service_pb2.ListEntitlementsResponse(
            entitlements=[entitlement_message(*pair) for pair in found],
            next_page_token=next_page_token(request, (last,) if last is not None else None),
        )

    async def _change(
        self,
        call: Call,
        request: Changing,
        transition: Callable[[Entitlement], tuple[Entitlement, EntitlementEvent]],
    ) -> entitlement_pb2.Entitlement:
        entitlement, version = resource_id(request.name, "entitlements", "name"), version_of(request.etag)
        return await self._transactions.once(
            call,
            request,
            lambda store: changed_message(store, change_entitlement(store, entitlement, version, transition)),
            entitlement_pb2.Entitlement,
            validate_only=request.validate_only,
        )


def _grant(message: entitlement_pb2.EntitlementGrant, at: str = "") -> EntitlementGrant:
    start = month_of(message.start_month, f"{at}start_month")
    end = month_of(message.end_month, f"{at}end_month") if message.end_month else None
    if end is not None and end < start:
        raise InvalidInput(f"{at}end_month", "VALUE_OUT_OF_RANGE", "end_month must not lie before start_month.")
    return EntitlementGrant(
        reference=words_of(message.reference, f"{at}reference"),
        person=person_of(message.person, f"{at}person"),
        benefit=words_of(message.benefit, f"{at}benefit"),
        scheme=scheme_of(message.scheme, f"{at}scheme"),
        pooling_region=region_of(message.pooling_region, f"{at}pooling_region"),
        start_month=start,
        end_month=end,
        monthly_amount_fen=_amount_of(message.monthly_amount_fen, f"{at}monthly_amount_fen"),
        account_number=account_of(message.account, f"{at}account"),
    )


def _amount_of(fen: int, field: str) -> int:
    return number_of(fen, field, 1, MAX_MONTHLY_FEN, "AMOUNT_OUT_OF_RANGE")
