"""Clients of card under a hail of kills: each repeats what it asked, byte by byte, until it is answered."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc
from google.protobuf.message import Message

from services.common.config import TlsConfig
from services.common.ids import new_id
from services.common.rpc.client import connect
from socsec.card.v1 import (
    card_pb2,
    card_service_pb2,
    card_upkeep_service_pb2,
    making_pb2,
    making_service_pb2,
    person_pb2,
    person_service_pb2,
    pin_service_pb2,
)
from socsec.type.v1 import batch_pb2
from tests.integration.card.city import account, issue, registration
from tests.integration.card.test_upkeep_api import HOLDER

_AGAIN = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED}
_CALL_SECONDS = 5.0
_ANSWERED_SECONDS = 90.0
_DIVISION = "370200"


Change = (
    card_service_pb2.ApplyCardRequest
    | card_service_pb2.MakeCardRequest
    | card_service_pb2.CollectCardRequest
    | card_service_pb2.EnableCardRequest
    | card_service_pb2.ReportLossRequest
    | card_service_pb2.CancelLossRequest
    | card_service_pb2.ReplaceCardRequest
    | card_upkeep_service_pb2.RecordBankFunctionRequest
    | pin_service_pb2.ResetPinRequest
)
"""What is answered with the card."""


@dataclass(frozen=True)
class Answered:
    """A request with an id, and the reply that was given to it."""

    method: str
    request: bytes
    reply: bytes


@dataclass
class Load:
    """What was asked and answered."""

    addresses: list[str]
    tls: TlsConfig
    answered: list[Answered] = field(default_factory=list)
    told: dict[str, list[str]] = field(default_factory=dict)
    """Events that each card must have, in order."""
    numbers: list[str] = field(default_factory=list)
    """Card numbers that were given or sent out."""
    issued: int = 0
    """Cards that were issued in one step."""
    repeated: int = 0
    """Calls that were not answered at the first time."""

    @asynccontextmanager
    async def going_on(self, clients: int) -> AsyncIterator[None]:
        """Let clients work side by side, each at a bank of its own; left, each ends what it has begun."""
        enough = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for number in range(clients):
                group.create_task(self._client(f"{100 + number}", enough))
            yield
            enough.set()

    async def _client(self, bank: str, enough: asyncio.Event) -> None:
        choice = random.Random(bank)
        while not enough.is_set():
            card = await self._one_by_one(bank)
            await choice.choice((self._replaced, self._found, self._with_pin))(card)
            await self._in_a_batch(bank)
            await self._at_once()

    async def _one_by_one(self, bank: str) -> card_pb2.Card:
        """Register somebody, and bring a card from its application into use."""
        person = await self._register()
        card = await self._change(
            "CardService/ApplyCard",
            card_service_pb2.ApplyCardRequest(person=person, issuing_division=_DIVISION, service_bank_code=bank),
            "CardApplied",
        )
        return await self._made(card.name)

    async def _made(self, card: str) -> card_pb2.Card:
        make = card_service_pb2.MakeCardRequest(name=card, bank_account=account())
        made = await self._change("CardService/MakeCard", make, "CardMade")
        self.numbers.append(made.card_no)
        collect = card_service_pb2.CollectCardRequest(name=card)
        await self._change("CardService/CollectCard", collect, "CardCollected")
        return await self._change(
            "CardService/EnableCard", card_service_pb2.EnableCardRequest(name=card), "CardEnabled"
        )

    async def _replaced(self, card: card_pb2.Card) -> None:
        lost = card_service_pb2.ReportLossRequest(name=card.name, kind=card_pb2.LOSS_KIND_FORMAL)
        await self._change("CardService/ReportLoss", lost, "CardLossReported")
        replace = card_service_pb2.ReplaceCardRequest(name=card.name)
        new = await self._change("CardService/ReplaceCard", replace, "CardApplied")
        self.told[card.name].append("CardCancelled")
        await self._made(new.name)

    async def _found(self, card: card_pb2.Card) -> None:
        lost = card_service_pb2.ReportLossRequest(name=card.name, kind=card_pb2.LOSS_KIND_PROVISIONAL)
        await self._change("CardService/ReportLoss", lost, "CardLossReported")
        found = card_service_pb2.CancelLossRequest(name=card.name)
        await self._change("CardService/CancelLoss", found, "CardLossCancelled")

    async def _with_pin(self, card: card_pb2.Card) -> None:
        reset = pin_service_pb2.ResetPinRequest(name=card.name, new_pin="123456", actor=HOLDER)
        await self._change("PinService/ResetPin", reset, "")
        change = pin_service_pb2.ChangePinRequest(
            name=card.name, current_pin="123456", new_pin="654321", actor=HOLDER, request_id=new_id()
        )
        reply = await self.once("PinService/ChangePin", change)
        assert pin_service_pb2.PinCheck.FromString(reply).verified
        renew = card_upkeep_service_pb2.RecordBankFunctionRequest(
            name=card.name, change=card_upkeep_service_pb2.BANK_CHANGE_ACTIVATED, actor=HOLDER
        )
        await self._change("CardUpkeepService/RecordBankFunction", renew, "CardBankFunctionChanged")

    async def _in_a_batch(self, bank: str) -> None:
        """Make two cards in a batch, of which the first fails and is made in a second one."""
        for _ in range(2):
            apply = card_service_pb2.ApplyCardRequest(
                person=await self._register(), issuing_division=_DIVISION, service_bank_code=bank
            )
            await self._change("CardService/ApplyCard", apply, "CardApplied")
        for waiting in (2, 1):
            create = making_service_pb2.CreateMakingBatchRequest(
                issuing_division=_DIVISION, service_bank_code=bank, request_id=new_id()
            )
            reply = await self.once("MakingService/CreateMakingBatch", create)
            batch = making_pb2.MakingBatch.FromString(reply)
            assert batch.card_count == waiting
            lines = await self._lines(batch.name)
            self.numbers += [line.card_no for line in lines]
            failing = lines[: waiting - 1]
            back = [self._back(line, bank, fails=line in failing) for line in lines]
            request = making_service_pb2.ImportReturnRequest(name=batch.name, line_count=waiting, lines=back)
            result = batch_pb2.BatchResult.FromString((await self._stream("MakingService/ImportReturn", request))[0])
            assert (result.accepted + result.repeated_items, len(result.rejections)) == (waiting, 0)
            for line in lines:
                self.told[line.card] += ["CardBatched", "CardMakingFailed" if line in failing else "CardMade"]

    async def _at_once(self) -> None:
        """Issue cards in one step."""
        people = [await self._register() for _ in range(3)]
        request = card_service_pb2.IssueCardsRequest(
            cards=[issue(person, issue_date="2026-03-01") for person in people]
        )
        result = batch_pb2.BatchResult.FromString((await self._stream("CardService/IssueCards", request))[0])
        assert (result.accepted + result.repeated_items, len(result.rejections)) == (3, 0)
        self.issued += 3

    async def _register(self) -> str:
        register = person_service_pb2.RegisterPersonRequest(person=registration(), request_id=new_id())
        return person_pb2.Person.FromString(await self.once("PersonService/RegisterPerson", register)).name

    async def _lines(self, batch: str) -> list[making_pb2.MakingLine]:
        request = making_service_pb2.ExportMakingBatchRequest(name=batch)
        return [
            making_pb2.MakingLine.FromString(line)
            for line in await self._ask("MakingService/ExportMakingBatch", request.SerializeToString(), answers=True)
        ]

    @staticmethod
    def _back(line: making_pb2.MakingLine, bank: str, *, fails: bool) -> making_pb2.MakingReturn:
        back = making_pb2.MakingReturn(
            serial=line.serial, card_no=line.card_no, card_identification_code=line.card_identification_code
        )
        if fails:
            back.failure_stage, back.failure_reason = making_pb2.FAILURE_STAGE_BANK, "开户失败"
        else:
            back.issue_date, back.expire_date, back.bank_account = "2026-11-24", "2036-11-24", account()
            back.identity_number, back.full_name = line.identity_number, line.full_name
            back.service_bank_code = bank
        return back

    async def _change(self, method: str, request: Change, event: str) -> card_pb2.Card:
        request.request_id = new_id()
        card = card_pb2.Card.FromString(await self.once(method, request))
        if event:
            self.told.setdefault(card.name, []).append(event)
        return card

    async def once(self, method: str, request: Message) -> bytes:
        """Ask for a change with its request id."""
        data = request.SerializeToString()
        [reply] = await self._ask(method, data)
        self.answered.append(Answered(method, data, reply))
        return reply

    async def _stream(self, method: str, request: Message) -> list[bytes]:
        return await self._ask(method, request.SerializeToString(), asks=True, answers=True)

    async def _ask(self, method: str, data: bytes, *, asks: bool = False, answers: bool = False) -> list[bytes]:
        """Call one or the other process until it is answered, with the same bytes each time."""
        async with asyncio.timeout(_ANSWERED_SECONDS):
            while True:
                try:
                    return await self._call(random.choice(self.addresses), method, data, asks=asks, answers=answers)
                except grpc.aio.AioRpcError as error:
                    if error.code() not in _AGAIN:
                        raise
                self.repeated += 1
                await asyncio.sleep(0.05)

    async def _call(self, address: str, method: str, data: bytes, *, asks: bool, answers: bool) -> list[bytes]:
        path = f"/socsec.card.v1.{method}"
        async with connect(address, self.tls, seconds=_CALL_SECONDS) as channel:
            if asks:
                both: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = channel.stream_stream(path)
                return [reply async for reply in both(_one(data), timeout=_CALL_SECONDS)]
            if answers:
                stream: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(path)
                return [reply async for reply in stream(data, timeout=_CALL_SECONDS)]
            unary: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(path)
            return [await unary(data, timeout=_CALL_SECONDS)]

    async def answers_again(self) -> None:
        """Every answered request, asked once more, is answered with the same bytes."""
        for one in self.answered:
            assert await self._ask(one.method, one.request) == [one.reply], one.method


async def _one(data: bytes) -> AsyncIterator[bytes]:
    yield data
