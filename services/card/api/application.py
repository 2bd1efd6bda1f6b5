"""`ApplicationService`."""

import re
from collections.abc import Callable

from services.card.api.fields import day_text, version_of
from services.card.api.mutations import order_of
from services.card.application import (
    BLOCK_BYTES,
    ApplicationDomain,
    ApplicationNeed,
    OneCardApplication,
)
from services.card.keys import KeyProvider
from services.card.number import is_card_no, is_identification_code
from services.card.operation import OtherOperation
from services.card.parameters import ParameterBook
from services.card.service.applications import (
    change_application,
    check_by_number,
    check_by_token,
    create_application,
    end_application,
    is_good,
    list_applications,
    list_open_applications,
)
from services.card.service.opening import close_application, open_application
from services.card.service.store import Store
from services.card.token_keys import TokenKeys
from services.common.clock import Clock, bureau_date
from services.common.ecard_token.verifier import read_signed
from services.common.errors import InvalidInput
from services.common.resources import resource_id
from services.common.rpc.call import Call
from services.common.rpc.paging import next_page_token, page_of
from services.common.rpc.requests import date_of, enum_number, enum_of, words_of
from services.common.transactions import Transactions
from socsec.card.v1 import application_pb2, application_service_pb2

_CODE = re.compile(r"[a-z][a-z0-9-]{1,31}", re.ASCII)


CatalogueMutation = (
    application_service_pb2.CreateApplicationRequest
    | application_service_pb2.ChangeApplicationRequest
    | application_service_pb2.EndApplicationRequest
)


class ApplicationApi:
    """One-card applications, and what terminals ask."""

    def __init__(
        self,
        transactions: Transactions[Store],
        book: ParameterBook,
        keys: TokenKeys,
        provider: KeyProvider,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._book = book
        self._keys = keys
        self._provider = provider
        self._clock = clock

    async def CreateApplication(
        self, request: application_service_pb2.CreateApplicationRequest, call: Call
    ) -> application_pb2.OneCardApplication:
        application = _application(request.application)
        return await self._once(call, request, lambda store: create_application(store, application))

    async def ListApplications(
        self, request: application_service_pb2.ListApplicationsRequest, call: Call
    ) -> application_service_pb2.ListApplicationsResponse:
        page = page_of(request, str)
        after = str(page.after[0]) if page.after is not None else ""
        found = await self._transactions.read(lambda store: list_applications(store, page.size, after))
        last = (found[-1].code,) if len(found) == page.size else None
        return application_service_pb2.ListApplicationsResponse(
            applications=[_message(each) for each in found], next_page_token=next_page_token(request, last)
        )

    async def ChangeApplication(
        self, request: application_service_pb2.ChangeApplicationRequest, call: Call
    ) -> application_pb2.OneCardApplication:
        wanted, version = _application(request.application), version_of(request.etag)
        return await self._once(call, request, lambda store: change_application(store, wanted, version))

    async def EndApplication(
        self, request: application_service_pb2.EndApplicationRequest, call: Call
    ) -> application_pb2.OneCardApplication:
        code, version = _code_of(request.application, "application"), version_of(request.etag)
        today = bureau_date(self._clock())
        last = date_of(request.last_day, "last_day") if request.last_day else today
        if last < today:
            raise InvalidInput("last_day", "VALUE_OUT_OF_RANGE", "last_day must not lie before today.")
        return await self._once(call, request, lambda store: end_application(store, code, last, version))

    async def ListOpenApplications(
        self, request: application_service_pb2.ListOpenApplicationsRequest, call: Call
    ) -> application_service_pb2.ListOpenApplicationsResponse:
        card, page = resource_id(request.card, "cards", "card"), page_of(request, str)
        after, today = str(page.after[0]) if page.after is not None else "", bureau_date(self._clock())
        found = await self._transactions.read(
            lambda store: list_open_applications(store, card, today, page.size, after)
        )
        last = (found[-1][0].code,) if len(found) == page.size else None
        entry = application_pb2.OpenApplicationEntry
        return application_service_pb2.ListOpenApplicationsResponse(
            open_applications=[entry(application=_message(each), usable=usable) for each, usable in found],
            next_page_token=next_page_token(request, last),
        )

    async def OpenApplication(
        self, request: application_service_pb2.OpenApplicationRequest, call: Call
    ) -> application_service_pb2.OpenApplicationResponse:
        card, code = resource_id(request.card, "cards", "card"), _code_of(request.application, "application")
        order = order_of(call.caller, OtherOperation.OPEN_APPLICATION, request.actor, self._clock())
        reply = application_service_pb2.OpenApplicationResponse
        return await self._transactions.once(
            call,
            request,
            lambda store: reply(opened=open_application(store, card, code, order, self._book)),
            reply,
            validate_only=request.validate_only,
        )

    async def CloseApplication(
        self, request: application_service_pb2.CloseApplicationRequest, call: Call
    ) -> application_service_pb2.CloseApplicationResponse:
        card, code = resource_id(request.card, "cards", "card"), _code_of(request.application, "application")
        order = order_of(call.caller, OtherOperation.CLOSE_APPLICATION, request.actor, self._clock())
        reply = application_service_pb2.CloseApplicationResponse
        return await self._transactions.once(
            call,
            request,
            lambda store: reply(closed=close_application(store, card, code, order, self._book)),
            reply,
            validate_only=request.validate_only,
        )

    async def CheckApplication(
        self, request: application_service_pb2.CheckApplicationRequest, call: Call
    ) -> application_service_pb2.CheckApplicationResponse:
        code, number, chip = (
            _code_of(request.application, "application"),
            request.card_no,
            request.card_identification_code,
        )
        if sum(map(bool, (number, chip, request.token))) != 1:
            raise InvalidInput("card_no", "FIELD_REQUIRED", "Give one of card_no, card_identification_code and token.")
        now, reply = self._clock(), application_service_pb2.CheckApplicationResponse
        today = bureau_date(now)
        if request.token:
            verdict = read_signed(request.token, self._keys.published, now)
            shown = verdict.token
            if shown is None or not verdict.valid:
                return reply(valid=False)
            return reply(
                valid=await self._transactions.read(
                    lambda store: check_by_token(store, code, shown.ecard, shown.token_id, today)
                )
            )
        if (number and not is_card_no(number)) or (chip and not is_identification_code(chip)):
            return reply(valid=False)
        return reply(
            valid=await self._transactions.read(lambda store: check_by_number(store, code, number, chip, today))
        )

    async def VerifyCryptogram(
        self, request: application_service_pb2.VerifyCryptogramRequest, call: Call
    ) -> application_service_pb2.VerifyCryptogramResponse:
        chip = request.card_identification_code
        if not is_identification_code(chip):
            raise InvalidInput("card_identification_code", "INVALID_TEXT", "It has 32 characters 0-9 and A-F.")
        for field, value in (("challenge", request.challenge), ("cryptogram", request.cryptogram)):
            if len(value) != BLOCK_BYTES:
                raise InvalidInput(field, "INVALID_TEXT", f"{field} has {BLOCK_BYTES} bytes.")
        today = bureau_date(self._clock())
        proved = self._provider.is_authentic(chip, request.challenge, request.cryptogram)
        good = proved and await self._transactions.read(lambda store: is_good(store, chip, today))
        return application_service_pb2.VerifyCryptogramResponse(authentic=good)

    async def _once(
        self, call: Call, request: CatalogueMutation, work: Callable[[Store], OneCardApplication]
    ) -> application_pb2.OneCardApplication:
        return await self._transactions.once(
            call,
            request,
            lambda store: _message(work(store)),
            application_pb2.OneCardApplication,
            validate_only=request.validate_only,
        )


def _code_of(text: str, field: str) -> str:
    if not _CODE.fullmatch(text):
        raise InvalidInput(field, "INVALID_TEXT", f"{field} has 2 to 32 small letters, digits and hyphens.")
    return text


def _application(message: application_pb2.OneCardApplication) -> OneCardApplication:
    at = "application."
    begin = date_of(message.enabled_from, f"{at}enabled_from")
    end = date_of(message.enabled_to, f"{at}enabled_to") if message.enabled_to else None
    if end is not None and end < begin:
        raise InvalidInput(f"{at}enabled_to", "VALUE_OUT_OF_RANGE", "enabled_to must not lie before enabled_from.")
    return OneCardApplication(
        _code_of(message.code, f"{at}code"),
        enum_of(application_pb2.ApplicationDomain, message.domain, ApplicationDomain, f"{at}domain"),
        words_of(message.owner, f"{at}owner", 100),
        enum_of(application_pb2.ApplicationNeed, message.need, ApplicationNeed, f"{at}need"),
        begin,
        end,
    )


def _message(application: OneCardApplication) -> application_pb2.OneCardApplication:
    kind, need = application_pb2.ApplicationDomain, application_pb2.ApplicationNeed
    return application_pb2.OneCardApplication(
        code=application.code,
        domain=kind.ValueType(enum_number(kind, application.domain)),
        owner=application.owner,
        need=need.ValueType(enum_number(need, application.need)),
        enabled_from=day_text(application.enabled_from),
        enabled_to=day_text(application.enabled_to),
        token_bit=application.token_bit,
        etag=str(application.version),
    )
