"""Cards sent by mail, over real gRPC, on both databases."""

import asyncio
from pathlib import Path

import asyncpg

from socsec.card.v1 import (
    actor_pb2,
    card_pb2,
    card_service_pb2,
    delivery_pb2,
    delivery_service_pb2,
    delivery_service_pb2_grpc,
    person_service_pb2,
)
from tests.integration.card.city import account
from tests.integration.card.serving import Served, served
from tests.integration.card.test_api import applied, get, made, refusal

ADDRESS = "青岛市市南区香港中路17号"


def stub(service: Served) -> "delivery_service_pb2_grpc.DeliveryServiceAsyncStub":
    return delivery_service_pb2_grpc.DeliveryServiceStub(service.operator.channel)


async def requested(service: Served, card: str, **changed: object) -> delivery_pb2.Delivery:
    fields: dict[str, object] = {"card": card, "receiver": "王小明", "phone": "13900000001", "address": ADDRESS}
    request = delivery_service_pb2.RequestDeliveryRequest(**(fields | changed))  # type: ignore[arg-type]  # by name
    return await stub(service).RequestDelivery(request)


async def posted(service: Served, card: str) -> delivery_pb2.Delivery:
    return await stub(service).PostCard(delivery_service_pb2.PostCardRequest(card=card, tracking_number="EMS 1"))


async def found(service: Served, card: str) -> tuple[int, str]:
    delivery = await stub(service).GetDelivery(delivery_service_pb2.GetDeliveryRequest(card=card))
    return delivery.state, delivery.masked_address


async def labels(service: Served) -> list[delivery_pb2.DeliveryLabel]:
    request = delivery_service_pb2.ExportLabelsRequest(issuing_division="370200")
    return [label async for label in stub(service).ExportLabels(request)]


async def test_a_card_goes_by_mail_from_its_application_to_its_receiver_and_the_address_is_forgotten(
    service: Served,
) -> None:
    card = await applied(service)
    asked = await requested(service, card.name)
    assert "香港中路17号" not in asked.masked_address
    assert asked.masked_receiver == "王**"
    assert await labels(service) == []
    assert (await refusal(posted(service, card.name))).reason == "CARD_STATE"
    make = card_service_pb2.MakeCardRequest(name=card.name, bank_account=account())
    await service.operator.cards.MakeCard(make)
    (label,) = await labels(service)
    assert (label.card, label.receiver, label.address) == (card.name, "王小明", ADDRESS)
    assert (await posted(service, card.name)).tracking_number == "EMS 1"
    assert await labels(service) == []
    assert (await get(service, card.name)).progress == card_pb2.CARD_PROGRESS_POSTED
    collect = card_service_pb2.CollectCardRequest(name=card.name)
    assert (await refusal(service.operator.cards.CollectCard(collect))).metadata["found"] == "POSTED"
    request = delivery_service_pb2.RecordDeliveredRequest(card=card.name)
    delivered = await stub(service).RecordDelivered(request)
    assert (delivered.state, delivered.masked_address) == (delivery_pb2.DELIVERY_STATE_DELIVERED, "")
    await service.operator.cards.EnableCard(card_service_pb2.EnableCardRequest(name=card.name))
    assert (await get(service, card.name)).status == card_pb2.CARD_STATUS_ENABLED
    auditor = await service.client("auditor", "li")
    looked = person_service_pb2.ListAccessRequest(filter=f'person = "{card.person}" AND kind = "REVEAL"')
    assert [access.purpose for access in (await auditor.people.ListAccess(looked)).accesses] == ["delivery label"]


async def test_a_letter_that_comes_back_goes_out_again_to_another_address_or_is_collected(service: Served) -> None:
    card = await made(service)
    await requested(service, card.name)
    await posted(service, card.name)
    assert (await refusal(requested(service, card.name))).reason == "CARD_STATE"
    back = delivery_service_pb2.RecordUndeliverableRequest(card=card.name)
    returned = await stub(service).RecordUndeliverable(back)
    assert returned.state == delivery_pb2.DELIVERY_STATE_UNDELIVERABLE
    assert (await refusal(posted(service, card.name))).reason == "DELIVERY_STATE"
    await requested(service, card.name, address="青岛市黄岛区长江中路1号")
    assert [label.address for label in await labels(service)] == ["青岛市黄岛区长江中路1号"]
    await posted(service, card.name)
    await stub(service).RecordUndeliverable(back)
    await service.operator.cards.CollectCard(card_service_pb2.CollectCardRequest(name=card.name))
    assert (await get(service, card.name)).progress == card_pb2.CARD_PROGRESS_COLLECTED
    assert await found(service, card.name) == (delivery_pb2.DELIVERY_STATE_WITHDRAWN, "")


async def test_a_delivery_ends_when_its_card_is_collected_at_the_counter_or_cancelled(service: Served) -> None:
    collected, cancelled, under_way = await made(service), await applied(service), await made(service)
    for card in (collected, cancelled, under_way):
        await requested(service, card.name)
    await posted(service, under_way.name)
    await service.operator.cards.CollectCard(card_service_pb2.CollectCardRequest(name=collected.name))
    for card in (cancelled, under_way):
        cancel = card_service_pb2.CancelCardRequest(name=card.name, reason=card_pb2.CANCEL_REASON_DEATH)
        await service.operator.cards.CancelCard(cancel)
    for card in (collected, cancelled, under_way):
        assert await found(service, card.name) == (delivery_pb2.DELIVERY_STATE_WITHDRAWN, "")
    assert await labels(service) == []


async def test_what_cannot_be_sent_is_refused_by_name(service: Served) -> None:
    card = await made(service)
    assert (await refusal(posted(service, card.name))).reason == "RESOURCE_NOT_FOUND"
    assert (await refusal(requested(service, card.name, phone="at home"))).field == "phone"
    assert (await refusal(requested(service, card.name, address=""))).field == "address"
    nobody = actor_pb2.Actor(kind=actor_pb2.ACTOR_KIND_HOLDER)
    assert (await refusal(requested(service, card.name, actor=nobody))).reason == "PROOF_MISSING"
    tried = await requested(service, card.name, validate_only=True)
    assert tried.state == delivery_pb2.DELIVERY_STATE_REQUESTED
    read = delivery_service_pb2.GetDeliveryRequest(card=card.name)
    assert (await refusal(stub(service).GetDelivery(read))).reason == "RESOURCE_NOT_FOUND"


async def test_an_address_that_is_changed_while_a_card_is_posted_is_not_lost(postgresql: str, tmp_path: Path) -> None:
    """Another process has just changed the address, and not committed yet, when this one is told of the posting."""
    connection = await asyncpg.connect(postgresql.replace("+asyncpg", ""))
    sealed = "SELECT sealed_recipient FROM card_delivery"
    async with served(postgresql, tmp_path) as service:
        card = await made(service)
        await requested(service, card.name, address="济南市历下区经十路1号")
        changed = await connection.fetchval(sealed)
        await requested(service, card.name)
        async with connection.transaction():
            await connection.execute("SELECT card FROM card FOR UPDATE")
            posting = asyncio.create_task(posted(service, card.name))
            await somebody_waits(connection)
            await connection.execute("UPDATE card_delivery SET sealed_recipient = $1", changed)
        assert (await posting).masked_address.startswith("济南市")
    await connection.close()


async def somebody_waits(connection: "asyncpg.Connection") -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with asyncio.timeout(60):
        while not await connection.fetchval(waiting):  # noqa: ASYNC110  the database tells of it only when asked
            await asyncio.sleep(0.01)
