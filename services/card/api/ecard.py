"""`ECardService`."""

import os
import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

from services.card.api.batches import write_batch
from services.card.api.ecard_messages import delegate_message, ecard_message, redeemed_message
from services.card.api.fields import filter_ecard, filter_person, person_of, timestamp, version_of
from services.card.api.mutations import online, order_of
from services.card.api.status_board import StatusBoard
from services.card.ecard import ECard, ECardLevel
from services.card.family import FamilyDelegate, FamilyRelation
from services.card.operation import OtherOperation
from services.card.parameters import ParameterBook
from services.card.service.ecards import (
    Shown,
    authorize_use,
    find_ecard,
    get_ecard,
    issue_ecards,
    issue_one,
    redeem_token,
    show_ecard,
    upgrade_ecard,
)
from services.card.service.family import add_delegate, check_delegate, list_delegates, remove_delegate
from services.card.service.order import Order
from services.card.service.store import Store
from services.card.token_keys import TokenKeys
from services.common.clock import Clock, bureau_date
from services.common.ecard_token import token
from services.common.ecard_token.token import TOKEN_ID_BYTES, Token
from services.common.ecard_token.verifier import Refusal, Verdict, read_signed
from services.common.errors import InvalidInput
from services.common.filtering import Fields, parse
from services.common.resources import resource_id
from services.common.rpc.call import Call
from services.common.rpc.paging import next_page_token, page_of
from services.common.rpc.requests import batch_of, batch_result, convert_each, enum_of, number_of, text_of, words_of
from services.common.transactions import Transactions
from socsec.card.v1 import actor_pb2, ecard_pb2, ecard_service_pb2
from socsec.type.v1 import batch_pb2

_FIELDS: Fields = {"ecard": filter_ecard, "delegate": filter_person}
_PHONE = re.compile(r"\+?[0-9]{5,20}", re.ASCII)
_MOST_LISTS = 100
_MAX_VERSION = (1 << 62) - 1
Mutation = (
    ecard_service_pb2.IssueECardRequest | ecard_service_pb2.UpgradeECardRequest | ecard_service_pb2.AuthorizeUseRequest
)


class ECardApi:
    """Electronic cards, and the codes that stand for them."""

    def __init__(
        self,
        transactions: Transactions[Store],
        keys: TokenKeys,
        board: StatusBoard,
        book: ParameterBook,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._keys = keys
        self._board = board
        self._book = book
        self._clock = clock

    async def IssueECard(self, request: ecard_service_pb2.IssueECardRequest, call: Call) -> ecard_pb2.ECard:
        person, order = person_of(request.person), self._order(call, OtherOperation.ISSUE_ECARD)
        return await self._once(call, request, lambda store: issue_one(store, person, order))

    async def IssueECards(
        self, requests: AsyncIterator[ecard_service_pb2.IssueECardsRequest], call: Call
    ) -> AsyncIterator[batch_pb2.BatchResult]:
        async for request in requests:
            yield await self._issue_batch(request, call)

    async def _issue_batch(self, request: ecard_service_pb2.IssueECardsRequest, call: Call) -> batch_pb2.BatchResult:
        order = self._order(call, OtherOperation.ISSUE_ECARD)
        good, bad = convert_each(batch_of(request.people, "people"), lambda name: person_of(name, "people"))
        outcome = await write_batch(
            self._transactions,
            lambda store: issue_ecards(store, good, order),
            validate_only=request.validate_only,
        )
        return batch_result(request.batch, outcome.accepted, outcome.repeated, bad + outcome.refused)

    async def UpgradeECard(self, request: ecard_service_pb2.UpgradeECardRequest, call: Call) -> ecard_pb2.ECard:
        ecard, version = _ecard_of(request.name), version_of(request.etag)
        order = self._order(call, OtherOperation.UPGRADE_ECARD)
        phone = text_of(request.phone, "phone", 21, 5)
        if not _PHONE.fullmatch(phone):
            raise InvalidInput("phone", "INVALID_TEXT", "phone has 5 to 20 digits, after a + if need be.")
        return await self._once(call, request, lambda store: upgrade_ecard(store, ecard, version, phone, order))

    async def AuthorizeUse(self, request: ecard_service_pb2.AuthorizeUseRequest, call: Call) -> ecard_pb2.ECard:
        ecard, version = _ecard_of(request.name), version_of(request.etag)
        said = words_of(request.proof, "proof", 200, 5)
        order, proof = online(self._order(call, OtherOperation.AUTHORIZE_ECARD), said), f"{said} ({call.caller.name})"
        return await self._once(call, request, lambda store: authorize_use(store, ecard, version, proof, order))

    async def GetECard(self, request: ecard_service_pb2.GetECardRequest, call: Call) -> ecard_pb2.ECard:
        if bool(request.name) == bool(request.person):
            raise InvalidInput("name", "FIELD_REQUIRED", "Give name or person, not both.")
        if request.name:
            ecard = _ecard_of(request.name)
            return ecard_message(await self._transactions.read(lambda store: get_ecard(store, ecard)))
        person = person_of(request.person)
        return ecard_message(await self._transactions.read(lambda store: find_ecard(store, person)))

    async def IssueToken(
        self, request: ecard_service_pb2.IssueTokenRequest, call: Call
    ) -> ecard_service_pb2.IssueTokenResponse:
        name, now = _ecard_of(request.name), self._clock()
        delegate = person_of(request.delegate, "delegate") if request.delegate else ""
        today = bureau_date(now)
        parameters = self._book.on(today)

        def shown(store: Store) -> Shown:
            shown = show_ecard(store, name, today)
            if delegate:
                check_delegate(store, shown.ecard, delegate, parameters, today)
            return shown

        found = await self._transactions.read(shown)
        begins = now.replace(microsecond=0)
        expires = begins + timedelta(seconds=parameters.token_seconds)
        claims = Token(
            issuer=self._board.issuer,
            token_id=os.urandom(TOKEN_ID_BYTES),
            ecard=found.ecard.ecard,
            level=1 if found.level is ECardLevel.L1 else 2,
            applications=found.applications,
            by_delegate=bool(delegate),
            list_uri=self._board.uri(found.ecard.place.number),
            list_index=found.ecard.place.index,
            issue_time=begins,
            expire_time=expires,
        )
        text = token.write(claims, self._keys.signer)
        return ecard_service_pb2.IssueTokenResponse(token=text, expire_time=timestamp(expires))

    async def RedeemToken(
        self, request: ecard_service_pb2.RedeemTokenRequest, call: Call
    ) -> ecard_service_pb2.RedeemTokenResponse:
        if not request.token:
            raise InvalidInput("token", "FIELD_REQUIRED", "token is required.")
        verdict = read_signed(request.token, self._keys.published, self._clock())
        found = verdict.token
        may_be_repeated = verdict.refusal is Refusal.EXPIRED and request.request_id  # it was good when first shown
        if found is None or not (verdict.valid or may_be_repeated):
            return redeemed_message(verdict)  # nothing to use up

        def redeemed(store: Store) -> ecard_service_pb2.RedeemTokenResponse:
            return redeemed_message(Verdict(verdict.refusal or redeem_token(store, found), found))

        return await self._transactions.once(
            call,
            request,
            redeemed,
            ecard_service_pb2.RedeemTokenResponse,
            validate_only=request.validate_only,
        )

    async def AddFamilyDelegate(
        self, request: ecard_service_pb2.AddFamilyDelegateRequest, call: Call
    ) -> ecard_pb2.FamilyDelegate:
        order = self._order(call, OtherOperation.ADD_DELEGATE)
        asked, at = request.family_delegate, "family_delegate."
        wanted = FamilyDelegate(
            _ecard_of(asked.ecard, f"{at}ecard"),
            person_of(asked.delegate, f"{at}delegate"),
            enum_of(ecard_pb2.FamilyRelation, asked.relation, FamilyRelation, f"{at}relation"),
            order.now,
        )
        return await self._transactions.once(
            call,
            request,
            lambda store: delegate_message(add_delegate(store, wanted, order, self._book)),
            ecard_pb2.FamilyDelegate,
            validate_only=request.validate_only,
        )

    async def RemoveFamilyDelegate(
        self, request: ecard_service_pb2.RemoveFamilyDelegateRequest, call: Call
    ) -> ecard_service_pb2.RemoveFamilyDelegateResponse:
        ecard, delegate = _ecard_of(request.ecard, "ecard"), person_of(request.delegate, "delegate")
        order = self._order(call, OtherOperation.REMOVE_DELEGATE)
        reply = ecard_service_pb2.RemoveFamilyDelegateResponse
        return await self._transactions.once(
            call,
            request,
            lambda store: reply(removed=remove_delegate(store, ecard, delegate, order)),
            reply,
            validate_only=request.validate_only,
        )

    async def ListFamilyDelegates(
        self, request: ecard_service_pb2.ListFamilyDelegatesRequest, call: Call
    ) -> ecard_service_pb2.ListFamilyDelegatesResponse:
        page, wanted = page_of(request, str, str), parse(request.filter, _FIELDS)
        after = (str(page.after[0]), str(page.after[-1])) if page.after is not None else None
        found = await self._transactions.scan(lambda store: list_delegates(store, wanted, page.size, after))
        last = (found[-1].ecard, found[-1].delegate) if len(found) == page.size else None
        return ecard_service_pb2.ListFamilyDelegatesResponse(
            family_delegates=[delegate_message(each) for each in found],
            next_page_token=next_page_token(request, last),
        )

    async def GetStatusList(
        self, request: ecard_service_pb2.GetStatusListRequest, call: Call
    ) -> ecard_service_pb2.GetStatusListResponse:
        number = number_of(request.list, "list", 0, _MOST_LISTS) or 1
        since = number_of(request.since_version, "since_version", 0, _MAX_VERSION)
        answer = await self._board.answer(number, since)
        return ecard_service_pb2.GetStatusListResponse(
            uri=answer.uri,
            version=answer.version,
            status_list=answer.whole,
            delta=answer.delta,
            expire_time=timestamp(answer.expire_time),
        )

    async def GetTokenKeys(
        self, request: ecard_service_pb2.GetTokenKeysRequest, call: Call
    ) -> ecard_service_pb2.GetTokenKeysResponse:
        published = self._keys.published
        return ecard_service_pb2.GetTokenKeysResponse(cose_key_set=published.to_cose(), jwks=published.to_jwks())

    def _order(self, call: Call, operation: OtherOperation) -> Order:
        return order_of(call.caller, operation, actor_pb2.Actor(), self._clock())

    async def _once(self, call: Call, request: Mutation, work: Callable[[Store], ECard]) -> ecard_pb2.ECard:
        return await self._transactions.once(
            call,
            request,
            lambda store: ecard_message(work(store)),
            ecard_pb2.ECard,
            validate_only=request.validate_only,
        )


def _ecard_of(name: str, field: str = "name") -> str:
    return resource_id(name, "ecards", field)
