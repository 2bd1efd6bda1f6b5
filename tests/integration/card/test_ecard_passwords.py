"""Passwords of electronic cards over real gRPC, on both databases: tries are counted, and the password is nowhere."""

import asyncio
import hashlib
from collections import Counter

import pytest

from socsec.card.v1 import (
    card_pb2,
    ecard_password_service_pb2,
    ecard_password_service_pb2_grpc,
    ecard_pb2,
    pin_service_pb2,
)
from tests.integration.card.serving import Served
from tests.integration.card.test_api import refusal
from tests.integration.card.test_ecards import ecard, lose
from tests.integration.card.test_pins_api import everything

RIGHT, WRONG, NEW = "860213", "111111", "475920"
LOCKED = pin_service_pb2.PinCheck(locked=True)


def stub(service: Served) -> "ecard_password_service_pb2_grpc.ECardPasswordServiceAsyncStub":
    return ecard_password_service_pb2_grpc.ECardPasswordServiceStub(service.operator.channel)


async def put(service: Served, card: ecard_pb2.ECard, password: str = RIGHT, **fields: object) -> ecard_pb2.ECard:
    given: dict[str, object] = {"proof": "face, session 4711"} | fields
    request = ecard_password_service_pb2.SetECardPasswordRequest(
        name=card.name,
        new_password=password,
        **given,  # type: ignore[arg-type]  # by name
    )
    return await stub(service).SetECardPassword(request)


async def verify(service: Served, card: ecard_pb2.ECard, password: str) -> pin_service_pb2.PinCheck:
    request = ecard_password_service_pb2.VerifyECardPasswordRequest(name=card.name, password=password)
    return await stub(service).VerifyECardPassword(request)


async def change(
    service: Served, card: ecard_pb2.ECard, current: str, new: str, request_id: str = ""
) -> pin_service_pb2.PinCheck:
    request = ecard_password_service_pb2.ChangeECardPasswordRequest(
        name=card.name, current_password=current, new_password=new, request_id=request_id
    )
    return await stub(service).ChangeECardPassword(request)


async def test_a_password_is_set_checked_and_changed_by_its_holder(service: Served) -> None:
    card = await ecard(service)
    assert (await refusal(verify(service, card, RIGHT))).reason == "PASSWORD_NOT_SET"
    assert await put(service, card, validate_only=True) == card
    assert (await refusal(verify(service, card, RIGHT))).reason == "PASSWORD_NOT_SET"
    assert await put(service, card) == card
    assert await verify(service, card, RIGHT) == pin_service_pb2.PinCheck(verified=True, tries_left=6)
    first = await change(service, card, RIGHT, NEW, "c-1")
    assert first.verified
    assert await change(service, card, RIGHT, NEW, "c-1") == first  # repeated, not tried with one that is no more
    assert (await verify(service, card, NEW)).verified
    assert await verify(service, card, RIGHT) == pin_service_pb2.PinCheck(tries_left=5)


async def test_six_wrong_passwords_at_once_lock_it_and_a_new_one_unlocks_it(service: Served) -> None:
    card = await ecard(service)
    await put(service, card)
    tried = await asyncio.gather(*(verify(service, card, WRONG) for _ in range(6)))
    assert Counter(check.tries_left for check in tried) == dict.fromkeys(range(6), 1)
    assert [check for check in tried if check.locked] == [LOCKED]
    for checking in (verify(service, card, RIGHT), change(service, card, RIGHT, NEW)):
        assert (await refusal(checking)).reason == "PASSWORD_LOCKED"
    await put(service, card, NEW)
    assert (await verify(service, card, NEW)).verified


async def test_a_card_that_may_not_be_used_has_no_use_of_its_password(service: Served) -> None:
    card = await ecard(service)
    await put(service, card)
    await lose(service, card.card, card_pb2.LOSS_KIND_FORMAL)
    for asked in (verify(service, card, RIGHT), put(service, card)):
        assert (await refusal(asked)).reason == "ECARD_STATE"


@pytest.mark.parametrize("password", ["12345", "1234567", "12345x", "１２３４５６", ""])
async def test_a_password_has_six_digits(service: Served, password: str) -> None:
    card = await ecard(service)
    found = await refusal(put(service, card, password))
    assert (found.reason, found.field) == ("INVALID_TEXT", "new_password")
    assert (await refusal(put(service, card, proof="?"))).field == "proof"
    await put(service, card)
    assert (await refusal(change(service, card, RIGHT, RIGHT))).field == "new_password"


async def test_the_password_is_neither_in_the_database_nor_in_a_hash_nor_in_a_log(
    service: Served, migrated_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    card = await ecard(service)
    await put(service, card, request_id="s-1")
    await change(service, card, RIGHT, NEW, "c-1")
    await verify(service, card, WRONG)
    kept = await everything(migrated_url)
    given = ecard_password_service_pb2.SetECardPasswordRequest(
        name=card.name, new_password=RIGHT, proof="face, session 4711", request_id="s-1"
    )
    assert hashlib.sha256(given.SerializeToString(deterministic=True)).digest() not in kept
    assert b"face, session 4711 (" in kept
    for password in (RIGHT, NEW):
        assert password.encode() not in kept
        assert all(password not in f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
