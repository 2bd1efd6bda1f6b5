"""One-card applications and internal authentication over real gRPC, on both databases."""

import tomllib
from pathlib import Path

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from services.card.application import TOKEN_BITS, card_key
from services.common.ecard_token.verifier import Refusal
from socsec.card.v1 import (
    application_pb2,
    application_service_pb2,
    application_service_pb2_grpc,
    card_pb2,
    card_service_pb2,
)
from tests.integration.card.serving import Served, served
from tests.integration.card.test_accounts import execute
from tests.integration.card.test_api import enabled, get, refusal
from tests.integration.card.test_ecards import Device, ecard, lose, redeem, shown
from tests.integration.card.test_timers import idle


def stub(service: Served) -> "application_service_pb2_grpc.ApplicationServiceAsyncStub":
    return application_service_pb2_grpc.ApplicationServiceStub(service.operator.channel)


async def create(
    service: Served, code: str, need: application_pb2.ApplicationNeed.ValueType, begin: str = "2026-01-01"
) -> application_pb2.OneCardApplication:
    application = application_pb2.OneCardApplication(
        code=code,
        domain=application_pb2.APPLICATION_DOMAIN_CULTURE,
        owner="City library",
        need=need,
        enabled_from=begin,
        enabled_to="2027-12-31",
    )
    request = application_service_pb2.CreateApplicationRequest(application=application)
    return await stub(service).CreateApplication(request)


async def opened(service: Served, card: str, code: str) -> bool:
    request = application_service_pb2.OpenApplicationRequest(card=card, application=code)
    return (await stub(service).OpenApplication(request)).opened


async def good(service: Served, code: str, **asked: str) -> bool:
    request = application_service_pb2.CheckApplicationRequest(application=code, **asked)
    return (await stub(service).CheckApplication(request)).valid


async def test_an_application_is_open_from_its_opening_to_its_closing_or_to_the_cards_loss(service: Served) -> None:
    made = await create(service, "library", application_pb2.APPLICATION_NEED_IDENTITY_ONLY)
    listed = await stub(service).ListApplications(application_service_pb2.ListApplicationsRequest())
    assert list(listed.applications) == [made]
    taken = await refusal(create(service, "library", application_pb2.APPLICATION_NEED_BANK))
    assert taken.reason == "RESOURCE_EXISTS"
    card = await enabled(service)
    assert not await good(service, "library", card_no=card.card_no)
    assert (await opened(service, card.name, "library"), await opened(service, card.name, "library")) == (True, False)
    assert await good(service, "library", card_no=card.card_no)
    assert await good(service, "library", card_identification_code=card.card_identification_code)
    assert not await good(service, "museum", card_no=card.card_no)
    await lose(service, card.name, card_pb2.LOSS_KIND_PROVISIONAL)
    assert not await good(service, "library", card_no=card.card_no)
    close = application_service_pb2.CloseApplicationRequest(card=card.name, application="library")
    assert (await stub(service).CloseApplication(close)).closed
    assert not (await stub(service).CloseApplication(close)).closed


async def test_a_good_card_is_told_with_the_applications_that_it_may_be_used_for(service: Served) -> None:
    for code, need, begin in (
        ("bus", application_pb2.APPLICATION_NEED_IDENTITY_ONLY, "2026-01-01"),
        ("library", application_pb2.APPLICATION_NEED_IDENTITY_ONLY, "2026-01-01"),
        ("museum", application_pb2.APPLICATION_NEED_IDENTITY_ONLY, "2026-01-01"),
    ):
        await create(service, code, need, begin)
    card = await enabled(service)
    for code in ("museum", "bus"):
        await opened(service, card.name, code)

    async def told(**asked: str) -> tuple[bool, list[str]]:
        request = card_service_pb2.VerifyCardRequest(with_applications=True, **asked)
        reply = await service.operator.cards.VerifyCard(request)
        return reply.valid, list(reply.applications)

    assert await told(card_no=card.card_no) == (True, ["bus", "museum"])
    close = application_service_pb2.CloseApplicationRequest(card=card.name, application="museum")
    assert (await stub(service).CloseApplication(close)).closed
    assert await told(card_identification_code=card.card_identification_code) == (True, ["bus"])
    short = card_service_pb2.VerifyCardRequest(card_no=card.card_no)
    assert not (await service.operator.cards.VerifyCard(short)).applications
    await lose(service, card.name, card_pb2.LOSS_KIND_PROVISIONAL)
    assert await told(card_no=card.card_no) == (False, [])


async def changed(
    service: Served, application: application_pb2.OneCardApplication, **fields: object
) -> application_pb2.OneCardApplication:
    wanted = application_pb2.OneCardApplication()
    wanted.CopyFrom(application)
    for name, value in fields.items():
        setattr(wanted, name, value)
    request = application_service_pb2.ChangeApplicationRequest(application=wanted, etag=application.etag)
    return await stub(service).ChangeApplication(request)


async def open_on(service: Served, card: str, size: int = 0, token: str = "") -> tuple[list[tuple[str, bool]], str]:
    request = application_service_pb2.ListOpenApplicationsRequest(card=card, page_size=size, page_token=token)
    reply = await stub(service).ListOpenApplications(request)
    return [(entry.application.code, entry.usable) for entry in reply.open_applications], reply.next_page_token


async def test_the_catalogue_changes_and_what_is_open_is_usable_as_it_says_now(service: Served) -> None:
    library = await create(service, "library", application_pb2.APPLICATION_NEED_IDENTITY_ONLY)
    await create(service, "museum", application_pb2.APPLICATION_NEED_IDENTITY_ONLY)
    card = await enabled(service)
    assert await open_on(service, card.name) == ([], "")
    for code in ("museum", "library"):
        await opened(service, card.name, code)
    first, token = await open_on(service, card.name, 1)
    rest, _ = await open_on(service, card.name, 1, token)
    assert (first, rest) == ([("library", True)], [("museum", True)])
    needing = await changed(service, library, need=application_pb2.APPLICATION_NEED_BANK, owner="The bank")
    assert (needing.owner, needing.token_bit, needing.etag) == ("The bank", library.token_bit, "2")
    assert (await refusal(changed(service, library, owner="Nobody"))).reason == "ETAG_MISMATCH"
    assert await open_on(service, card.name) == ([("library", False), ("museum", True)], "")
    assert not await good(service, "library", card_no=card.card_no)
    assert (await refusal(changed(service, library, code="nothing"))).reason == "RESOURCE_NOT_FOUND"
    assert (await refusal(changed(service, needing, enabled_to="2025-12-31"))).field == "application.enabled_to"


async def test_an_application_ends_with_a_day_and_is_taken_until_then(service: Served) -> None:
    await create(service, "library", application_pb2.APPLICATION_NEED_IDENTITY_ONLY)
    card = await enabled(service)
    await opened(service, card.name, "library")

    async def ended(day: str = "") -> application_pb2.OneCardApplication:
        request = application_service_pb2.EndApplicationRequest(application="library", last_day=day)
        return await stub(service).EndApplication(request)

    assert (await refusal(ended("2026-11-23"))).field == "last_day"
    assert (await ended("2026-11-25")).enabled_to == "2026-11-25"
    assert (await refusal(ended("2026-11-26"))).reason == "APPLICATION_NOT_OFFERED"
    assert (await ended()).enabled_to == "2026-11-24"
    assert await good(service, "library", card_no=card.card_no)
    service.clock.advance(days=1)
    assert not await good(service, "library", card_no=card.card_no)
    assert await open_on(service, card.name) == ([("library", False)], "")
    assert (await refusal(opened(service, card.name, "library"))).reason == "APPLICATION_NOT_OFFERED"


async def test_a_gate_without_a_network_sees_in_the_code_which_application_is_open(service: Served) -> None:
    library = await create(service, "library", application_pb2.APPLICATION_NEED_IDENTITY_ONLY)
    metro = await create(service, "metro", application_pb2.APPLICATION_NEED_CARD_APP)
    museum = await create(service, "museum", application_pb2.APPLICATION_NEED_IDENTITY_ONLY)
    assert (library.token_bit, metro.HasField("token_bit"), museum.token_bit) == (0, False, 1)
    held = await ecard(service)
    await opened(service, held.card, "museum")
    await opened(service, held.card, "metro")
    gate = Device(service)
    await gate.fetch()

    async def verdict(bit: int | None) -> Refusal | None:
        return gate.refusal(await shown(service, held.name), bit)

    assert [await verdict(bit) for bit in (None, 0, 1)] == [None, Refusal.APPLICATION_CLOSED, None]
    close = application_service_pb2.CloseApplicationRequest(card=held.card, application="museum")
    await stub(service).CloseApplication(close)
    assert await verdict(1) is Refusal.APPLICATION_CLOSED


async def test_a_code_opens_what_needs_no_chip_and_not_after_it_was_used(service: Served) -> None:
    await create(service, "library", application_pb2.APPLICATION_NEED_IDENTITY_ONLY)
    await create(service, "metro", application_pb2.APPLICATION_NEED_CARD_APP)
    held = await ecard(service)
    await opened(service, held.card, "library")
    await opened(service, held.card, "metro")
    text = await shown(service, held.name)
    assert await good(service, "library", token=text)
    assert not await good(service, "metro", token=text)
    assert await good(service, "metro", card_no=(await get(service, held.card)).card_no)
    assert (await redeem(service, text)).valid
    assert not await good(service, "library", token=text)
    assert not await good(service, "library", token="NO TOKEN")


async def test_what_is_not_offered_or_lacks_what_it_needs_is_not_opened(service: Served) -> None:
    await create(service, "subsidy", application_pb2.APPLICATION_NEED_BANK)
    await create(service, "later", application_pb2.APPLICATION_NEED_IDENTITY_ONLY, "2027-01-01")
    card = await enabled(service)
    assert (await refusal(opened(service, card.name, "subsidy"))).reason == "BANK_FUNCTION_STATE"
    assert (await refusal(opened(service, card.name, "later"))).reason == "APPLICATION_NOT_OFFERED"
    assert (await refusal(opened(service, card.name, "nothing"))).reason == "RESOURCE_NOT_FOUND"
    await lose(service, card.name, card_pb2.LOSS_KIND_FORMAL)
    assert (await refusal(opened(service, card.name, "subsidy"))).reason == "CARD_STATE"


async def test_a_chip_proves_itself_and_a_lost_one_does_not(service: Served, tmp_path: Path) -> None:
    card = await enabled(service)
    keys = tomllib.loads((tmp_path / "provider.toml").read_text("utf-8"))
    master = bytes.fromhex(keys["master"]["keys"]["k1"])
    chip = Cipher(algorithms.SM4(card_key(master, card.card_identification_code)), modes.ECB()).encryptor()
    challenge = bytes(range(16))

    async def authentic(cryptogram: bytes) -> bool:
        request = application_service_pb2.VerifyCryptogramRequest(
            card_identification_code=card.card_identification_code, challenge=challenge, cryptogram=cryptogram
        )
        return (await stub(service).VerifyCryptogram(request)).authentic

    answer = chip.update(challenge)
    assert await authentic(answer)
    assert not await authentic(bytes(16))
    assert (await refusal(authentic(answer[:8]))).field == "cryptogram"
    await lose(service, card.name, card_pb2.LOSS_KIND_FORMAL)
    assert not await authentic(answer)


async def test_an_application_is_opened_on_a_card_whose_provisional_loss_has_run_out(
    migrated_url: str, tmp_path: Path
) -> None:
    async with served(migrated_url, tmp_path, idle) as service:  # no timer is first
        await create(service, "library", application_pb2.APPLICATION_NEED_IDENTITY_ONLY)
        card = await enabled(service)
        await lose(service, card.name, card_pb2.LOSS_KIND_PROVISIONAL)
        assert (await refusal(opened(service, card.name, "library"))).metadata["found"] == "PROVISIONALLY_LOST"
        service.clock.advance(days=10)
        assert await opened(service, card.name, "library")
        assert (await get(service, card.name)).status == card_pb2.CARD_STATUS_ENABLED


async def test_the_last_bit_of_codes_is_told_and_the_next_application_is_checked_online_only(
    service: Served, migrated_url: str
) -> None:
    await create(service, "museum", application_pb2.APPLICATION_NEED_IDENTITY_ONLY)
    last = TOKEN_BITS - 1
    await execute(migrated_url, sa.text(f"UPDATE one_card_application SET token_bit = {last}"))
    library = await create(service, "library", application_pb2.APPLICATION_NEED_IDENTITY_ONLY)
    assert not library.HasField("token_bit")
    held, gate = await ecard(service), Device(service)
    await gate.fetch()
    assert gate.refusal(await shown(service, held.name), last) is Refusal.APPLICATION_CLOSED
    for code in ("library", "museum"):
        await opened(service, held.card, code)
    text = await shown(service, held.name)
    assert gate.refusal(text, last) is None
    assert [await good(service, code, token=text) for code in ("library", "museum")] == [True, True]
