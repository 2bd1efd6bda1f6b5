"""PINs over real gRPC, on both databases: tries are counted whatever races, and the PIN itself is nowhere."""

import asyncio
import hashlib
from collections import Counter
from pathlib import Path

import grpc
import pytest
import sqlalchemy as sa

from services.card.store.tables import METADATA
from services.common import idempotency, outbox
from services.common.database import Database
from services.common.rpc.status import from_call
from socsec.card.v1 import (
    actor_pb2,
    card_pb2,
    card_service_pb2,
    card_upkeep_service_pb2,
    person_pb2,
    person_service_pb2,
    pin_service_pb2,
)
from tests.integration.card.city import identity_number
from tests.integration.card.serving import Served, served
from tests.integration.card.test_api import enabled, events, get, made, refusal, register

HOLDER = actor_pb2.Actor(
    kind=actor_pb2.ACTOR_KIND_HOLDER, proofs=[actor_pb2.Proof(kind=actor_pb2.PROOF_KIND_HOLDER_IDENTITY)]
)
RIGHT, WRONG, NEW = "860213", "111111", "475920"


async def reset(service: Served, card: card_pb2.Card, pin: str = RIGHT, **fields: object) -> card_pb2.Card:
    given: dict[str, object] = {"actor": HOLDER} | fields
    request = pin_service_pb2.ResetPinRequest(name=card.name, new_pin=pin, **given)  # type: ignore[arg-type]  # by name
    return await service.operator.pins.ResetPin(request)


async def verify(service: Served, card: card_pb2.Card, pin: str) -> pin_service_pb2.PinCheck:
    return await service.operator.pins.VerifyPin(pin_service_pb2.VerifyPinRequest(name=card.name, pin=pin))


def change(card: card_pb2.Card, current: str, new: str, request_id: str = "") -> pin_service_pb2.ChangePinRequest:
    return pin_service_pb2.ChangePinRequest(
        name=card.name, current_pin=current, new_pin=new, actor=HOLDER, request_id=request_id
    )


async def with_pin(service: Served) -> card_pb2.Card:
    card = await enabled(service)
    assert await reset(service, card) == card
    return card


async def test_a_pin_is_set_at_the_counter_and_changed_by_its_holder(service: Served) -> None:
    card = await enabled(service)
    found = await refusal(verify(service, card, RIGHT))
    assert (found.code, found.reason) == ("FAILED_PRECONDITION", "PIN_NOT_SET")
    await reset(service, card)
    check = await verify(service, card, RIGHT)
    assert check == pin_service_pb2.PinCheck(verified=True, tries_left=6, change_required=True)
    request = change(card, RIGHT, NEW, "c-1")
    first = await service.operator.pins.ChangePin(request)
    assert first == pin_service_pb2.PinCheck(verified=True, tries_left=6)
    assert await service.operator.pins.ChangePin(request) == first  # repeated, not tried with a PIN that is no more
    assert await verify(service, card, NEW) == pin_service_pb2.PinCheck(verified=True, tries_left=6)
    assert await verify(service, card, RIGHT) == pin_service_pb2.PinCheck(tries_left=5)
    request.new_pin = WRONG
    found = await refusal(service.operator.pins.ChangePin(request))
    assert found.reason == "REQUEST_ID_REUSED"


async def test_the_sixth_wrong_pin_in_a_row_locks_the_card_and_a_right_one_forgives(
    service: Served, migrated_url: str
) -> None:
    card = await with_pin(service)
    for left in (5, 4, 3):
        assert await verify(service, card, WRONG) == pin_service_pb2.PinCheck(tries_left=left)
    assert (await verify(service, card, RIGHT)).tries_left == 6
    for left in (5, 4, 3, 2, 1):
        assert (await service.operator.pins.ChangePin(change(card, WRONG, NEW))).tries_left == left
    assert await verify(service, card, WRONG) == pin_service_pb2.PinCheck(tries_left=0, locked=True)
    assert (await get(service, card.name)).status == card_pb2.CARD_STATUS_APP_LOCKED
    for pin in (RIGHT, WRONG):
        found = await refusal(verify(service, card, pin))
        assert (found.reason, found.metadata) == ("CARD_STATE", {"found": "APP_LOCKED", "needed": "ENABLED"})
    assert [event.type.rpartition(".")[2] for event in await events(migrated_url)][-1:] == ["CardLocked"]


async def test_a_locked_card_is_unlocked_or_gets_a_new_pin(service: Served, migrated_url: str) -> None:
    card = await with_pin(service)
    for _ in range(6):
        await verify(service, card, WRONG)
    unlock = pin_service_pb2.UnlockPinRequest(name=card.name, actor=HOLDER)
    trial = pin_service_pb2.UnlockPinRequest(name=card.name, actor=HOLDER, validate_only=True)
    await service.operator.pins.UnlockPin(trial)
    assert (await service.operator.pins.UnlockPin(unlock)).status == card_pb2.CARD_STATUS_ENABLED
    assert (await verify(service, card, RIGHT)).verified
    found = await refusal(service.operator.pins.UnlockPin(unlock))
    assert found.metadata == {"found": "ENABLED", "needed": "APP_LOCKED"}
    for _ in range(6):
        await verify(service, card, WRONG)
    card = await reset(service, card, NEW, request_id="r-1")
    assert card.status == card_pb2.CARD_STATUS_ENABLED
    assert await reset(service, card, NEW, request_id="r-1") == card
    assert (await verify(service, card, NEW)).verified
    told = [event.type.rpartition(".")[2] for event in await events(migrated_url)]
    assert told[-4:] == ["CardLocked", "CardUnlocked", "CardLocked", "CardUnlocked"]
    listed = await service.operator.upkeep.ListCardOperations(
        card_upkeep_service_pb2.ListCardOperationsRequest(name=card.name, page_size=5)
    )
    names = [actor_pb2.OperationKind.Name(one.operation)[15:] for one in listed.operations]
    assert names == ["RESET_PIN", "LOCK", "UNLOCK_PIN", "LOCK", "RESET_PIN"]


async def test_pins_take_the_holders_presence_and_a_card_that_is_enabled(service: Served) -> None:
    card = await with_pin(service)
    for asking in (actor_pb2.Actor(), actor_pb2.Actor(kind=actor_pb2.ACTOR_KIND_OPERATOR)):
        found = await refusal(reset(service, card, actor=asking))
        assert (found.code, found.reason, found.metadata["needed"]) == (
            "PERMISSION_DENIED",
            "ACTOR_NOT_ALLOWED",
            "HOLDER,GUARDIAN",
        )
    found = await refusal(reset(service, card, actor=actor_pb2.Actor(kind=actor_pb2.ACTOR_KIND_HOLDER)))
    assert (found.reason, found.metadata["needed"]) == ("PROOF_MISSING", "HOLDER_IDENTITY")
    found = await refusal(reset(service, await made(service)))
    assert found.metadata == {"found": "SEALED", "needed": "ENABLED,APP_LOCKED"}
    report = card_service_pb2.ReportLossRequest(name=card.name, kind=card_pb2.LOSS_KIND_PROVISIONAL)
    await service.operator.cards.ReportLoss(report)
    found = await refusal(verify(service, card, RIGHT))
    assert found.metadata["found"] == "PROVISIONALLY_LOST"


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "12345a", "１２３４５６"])
async def test_a_pin_has_six_digits_and_the_refusal_does_not_repeat_it(service: Served, pin: str) -> None:
    card = await with_pin(service)
    found = await refusal(verify(service, card, pin))
    assert (found.code, found.reason, found.field) == ("INVALID_ARGUMENT", "INVALID_TEXT", "pin")
    assert not pin or pin not in found.message
    found = await refusal(service.operator.pins.ChangePin(change(card, RIGHT, pin or RIGHT)))
    assert found.field == "new_pin"


async def test_a_hundred_guesses_at_once_on_two_processes_get_six_tries(migrated_url: str, tmp_path: Path) -> None:
    async with served(migrated_url, tmp_path) as first, served(migrated_url, tmp_path) as second:
        card = await with_pin(first)
        guesses = [verify(service, card, f"{number:06d}") for number in range(50) for service in (first, second)]
        outcomes = await asyncio.gather(*guesses, return_exceptions=True)
        answers = [answer for answer in outcomes if isinstance(answer, pin_service_pb2.PinCheck)]
        assert sorted(answer.tries_left for answer in answers) == [0, 1, 2, 3, 4, 5]
        refused = Counter(from_call(e).reason for e in outcomes if isinstance(e, grpc.aio.AioRpcError))
        assert refused == {"CARD_STATE": 94}
        assert (await refusal(verify(second, card, RIGHT))).metadata["found"] == "APP_LOCKED"


async def test_a_card_changed_in_the_same_moment_does_not_save_a_guess(service: Served) -> None:
    card = await with_pin(service)
    contact = card_upkeep_service_pb2.Contact(phone="13953200001")
    changes = [
        service.operator.upkeep.ChangeContact(
            card_upkeep_service_pb2.ChangeContactRequest(name=card.name, contact=contact)
        )
        for _ in range(20)
    ]
    await asyncio.gather(*changes, *(verify(service, card, WRONG) for _ in range(6)))
    assert (await get(service, card.name)).status == card_pb2.CARD_STATUS_APP_LOCKED


async def everything(url: str) -> bytes:
    """Read all that is kept in every table."""
    database = Database(url)
    tables = [*METADATA.tables.values(), *idempotency.METADATA.tables.values(), *outbox.METADATA.tables.values()]
    rows = [
        await database.read(lambda connection, table=table: connection.execute(sa.select(table)).all())  # type: ignore[misc]  # bound at once
        for table in tables
    ]
    await database.close()
    return b"|".join(
        value if isinstance(value, bytes) else str(value).encode() for found in rows for row in found for value in row
    )


async def test_the_pin_is_neither_in_the_database_nor_in_a_hash_nor_in_a_log(
    service: Served, migrated_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    card = await enabled(service)
    await reset(service, card, request_id="r-1")
    request = change(card, RIGHT, NEW, "c-1")
    await service.operator.pins.ChangePin(request)
    await verify(service, card, WRONG)
    kept = await everything(migrated_url)
    given = pin_service_pb2.ResetPinRequest(name=card.name, new_pin=RIGHT, actor=HOLDER, request_id="r-1")
    for message in (request, given):
        assert hashlib.sha256(message.SerializeToString(deterministic=True)).digest() not in kept
    for pin in (RIGHT, NEW):
        assert pin.encode() not in kept
        assert all(pin not in f"{record.getMessage()} {record.__dict__}" for record in caplog.records)


async def test_an_identity_number_cannot_be_tried_against_the_hash_of_a_request(
    service: Served, migrated_url: str
) -> None:
    """There are few, and of bank accounts not many more: a bare hash gives them away to who tries all."""
    person = await register(service)
    request = person_service_pb2.ChangeIdentityNumberRequest(
        name=person.name,
        identity_number=identity_number(),
        reason=person_pb2.NUMBER_CHANGE_REASON_CORRECTION,
        request_id="n-1",
    )
    changed = await service.operator.people.ChangeIdentityNumber(request)
    kept = await everything(migrated_url)
    assert b"n-1" in kept
    assert hashlib.sha256(request.SerializeToString(deterministic=True)).digest() not in kept
    assert await service.operator.people.ChangeIdentityNumber(request) == changed
