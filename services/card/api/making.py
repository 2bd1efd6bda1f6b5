"""`MakingService`."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date

from services.card.api.batches import write_batch
from services.card.api.fields import account_of, bank_of, issuer_of, timestamp
from services.card.api.messages import card_message
from services.card.api.mutations import order_of
from services.card.making import CardReturn, FailureStage, MakingBatch, MakingLine, MakingStage
from services.card.number import is_card_no, is_identification_code
from services.card.operation import Operation
from services.card.parameters import ParameterBook
from services.card.person import Person
from services.card.service.making import (
    advance_batch,
    create_batch,
    export_lines,
    get_batch,
    import_return,
    list_batches,
    list_overdue,
)
from services.card.service.store import Store
from services.card.status import CardProgress
from services.common import identity
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
    number_of,
    text_of,
    words_of,
)
from services.common.transactions import Transactions
from socsec.card.v1 import actor_pb2, making_pb2, making_service_pb2
from socsec.type.v1 import batch_pb2

_COLLECTION = "makingBatches"
_MOST_CARDS = 10_000
_USUAL_CARDS = 1_000
_EXPORTED_AT_ONCE = 500
_REASON_BYTES = 50
_RESET_CODE = re.compile(r"(?:[0-9A-F]{2}){0,32}", re.ASCII)
_OWN = actor_pb2.Actor()
_BATCH_FIELDS: Fields = {"issuing_division": str, "service_bank_code": str, "stage": MakingStage}
_CARD_FIELDS: Fields = {"issuing_division": str, "service_bank_code": str, "progress": CardProgress}


class MakingApi:
    """Cards that are made together."""

    def __init__(self, transactions: Transactions[Store], book: ParameterBook, clock: Clock) -> None:
        self._transactions = transactions
        self._book = book
        self._clock = clock

    async def CreateMakingBatch(
        self, request: making_service_pb2.CreateMakingBatchRequest, call: Call
    ) -> making_pb2.MakingBatch:
        order = order_of(call.caller, Operation.BATCH, _OWN, self._clock())
        division = issuer_of(request.issuing_division, bureau_date(order.now))
        bank = bank_of(request.service_bank_code)
        size = number_of(request.max_cards or _USUAL_CARDS, "max_cards", 1, _MOST_CARDS)
        return await self._transactions.once(
            call,
            request,
            lambda store: _batch(create_batch(store, division, bank, size, order)),
            making_pb2.MakingBatch,
            validate_only=request.validate_only,
        )

    async def GetMakingBatch(
        self, request: making_service_pb2.GetMakingBatchRequest, call: Call
    ) -> making_pb2.MakingBatch:
        batch = resource_id(request.name, _COLLECTION, "name")
        return _batch(await self._transactions.read(lambda store: get_batch(store, batch)))

    async def ListMakingBatches(
        self, request: making_service_pb2.ListMakingBatchesRequest, call: Call
    ) -> making_service_pb2.ListMakingBatchesResponse:
        page, wanted = page_of(request), parse(request.filter, _BATCH_FIELDS)
        before = str(page.after[0]) if page.after is not None else None
        found = await self._transactions.scan(lambda store: list_batches(store, wanted, page.size, before))
        last = (found[-1].batch,) if len(found) == page.size else None
        return making_service_pb2.ListMakingBatchesResponse(
            making_batches=[_batch(each) for each in found], next_page_token=next_page_token(request, last)
        )

    async def AdvanceMakingBatch(
        self, request: making_service_pb2.AdvanceMakingBatchRequest, call: Call
    ) -> making_pb2.MakingBatch:
        batch = resource_id(request.name, _COLLECTION, "name")
        stage = enum_of(making_pb2.MakingStage, request.stage, MakingStage, "stage")
        return await self._transactions.once(
            call,
            request,
            lambda store: _batch(advance_batch(store, batch, stage)),
            making_pb2.MakingBatch,
            validate_only=request.validate_only,
        )

    async def ListOverdueCards(
        self, request: making_service_pb2.ListOverdueCardsRequest, call: Call
    ) -> making_service_pb2.ListOverdueCardsResponse:
        page, wanted = page_of(request), parse(request.filter, _CARD_FIELDS)
        after = str(page.after[0]) if page.after is not None else ""
        found = await self._transactions.scan(lambda store: list_overdue(store, wanted, page.size, after))
        last = (found[-1].card,) if len(found) == page.size else None
        return making_service_pb2.ListOverdueCardsResponse(
            cards=[card_message(card) for card in found], next_page_token=next_page_token(request, last)
        )

    async def ExportMakingBatch(
        self, request: making_service_pb2.ExportMakingBatchRequest, call: Call
    ) -> AsyncIterator[making_pb2.MakingLine]:
        batch, after = resource_id(request.name, _COLLECTION, "name"), 0
        while True:
            shown = await self._transactions.write(
                lambda store, last=after: export_lines(  # type: ignore[misc]  # bound at once
                    store, batch, last, _EXPORTED_AT_ONCE, call.caller.name, self._clock()
                )
            )
            for line, person in shown:
                yield _line(line, person)
            if len(shown) < _EXPORTED_AT_ONCE:
                return
            after = shown[-1][0].serial

    async def ImportReturn(
        self, requests: AsyncIterator[making_service_pb2.ImportReturnRequest], call: Call
    ) -> AsyncIterator[batch_pb2.BatchResult]:
        async for request in requests:
            yield await self._import_part(request, call)

    async def _import_part(self, request: making_service_pb2.ImportReturnRequest, call: Call) -> batch_pb2.BatchResult:
        order = order_of(call.caller, Operation.RETURN_MADE, _OWN, self._clock())
        today, batch = bureau_date(order.now), resource_id(request.name, _COLLECTION, "name")
        count = number_of(request.line_count, "line_count", 1, _MOST_CARDS)
        good, bad = convert_each(batch_of(request.lines, "lines"), lambda line: _returned(line, today))
        parameters = self._book.on(today)
        outcome = await write_batch(
            self._transactions,
            lambda store: import_return(store, batch, count, good, order, parameters),
            validate_only=request.validate_only,
        )
        return batch_result(request.batch, outcome.accepted, outcome.repeated, bad + outcome.refused)


def _returned(line: making_pb2.MakingReturn, today: date) -> CardReturn:
    if not is_card_no(line.card_no):
        raise InvalidInput("card_no", "INVALID_TEXT", "card_no has 9 characters, the last a check character.")
    if not is_identification_code(line.card_identification_code):
        raise InvalidInput(
            "card_identification_code", "INVALID_TEXT", "card_identification_code has 32 characters 0-9 and A-F."
        )
    number_of(line.serial, "serial", 1, _MOST_CARDS)
    if not _RESET_CODE.fullmatch(line.reset_code):
        raise InvalidInput("reset_code", "INVALID_TEXT", "reset_code has up to 64 characters 0-9 and A-F, in pairs.")
    common = CardReturn(
        line.serial,
        line.card_no,
        line.card_identification_code,
        reset_code=line.reset_code,
        box_position=words_of(line.box_position, "box_position", 32, shortest=0),
        identity_number=identity.parse(line.identity_number, today).number if line.identity_number else "",
        full_name=text_of(line.full_name, "full_name", 100, shortest=0),
        service_bank_code=bank_of(line.service_bank_code) if line.service_bank_code else "",
    )
    if line.failure_stage == making_pb2.FAILURE_STAGE_UNSPECIFIED:
        if line.failure_reason:
            raise InvalidInput("failure_stage", "FIELD_REQUIRED", "A failure names its stage: BANK or CARD_MAKING.")
        return replace(
            common,
            issue_date=date_of(line.issue_date, "issue_date", latest=today),
            account=account_of(line.bank_account),
            expire_date=date_of(line.expire_date, "expire_date") if line.expire_date else None,
        )
    for name in ("bank_account", "issue_date", "expire_date"):
        if getattr(line, name):
            raise InvalidInput(name, "VALUE_OUT_OF_RANGE", f"A card that was not made has no {name}.")
    reason = words_of(line.failure_reason, "failure_reason", _REASON_BYTES)
    if len(reason.encode()) > _REASON_BYTES:
        raise InvalidInput("failure_reason", "INVALID_TEXT", f"failure_reason has up to {_REASON_BYTES} bytes.")
    stage = enum_of(making_pb2.FailureStage, line.failure_stage, FailureStage, "failure_stage")
    return replace(common, stage=stage, reason=reason)


def _batch(batch: MakingBatch) -> making_pb2.MakingBatch:
    return making_pb2.MakingBatch(
        name=resource_name(_COLLECTION, batch.batch),
        issuing_division=batch.issuing_division,
        service_bank_code=batch.service_bank_code,
        card_count=batch.card_count,
        made_count=batch.made_count,
        failed_count=batch.failed_count,
        cancelled_count=batch.cancelled_count,
        creator=batch.creator,
        create_time=timestamp(batch.create_time),
        stage=making_pb2.MakingStage.ValueType(enum_number(making_pb2.MakingStage, batch.stage)),
    )


def _line(line: MakingLine, person: Person | None) -> making_pb2.MakingLine:
    return making_pb2.MakingLine(
        serial=line.serial,
        card=resource_name("cards", line.card),
        card_no=line.card_no,
        card_identification_code=line.identification_code,
        full_name=person.full_name if person else "",
        identity_number=person.identity.number if person else "",
        cancelled=person is None,
    )
