"""Who may do what on the bus: the certificate decides, and the broker enforces it."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable

import nats.errors
import pytest
from nats.aio.client import Client
from nats.js.api import ConsumerConfig

from services.common.messaging import Messaging, connect
from tests.integration.messaging.broker import TestBroker
from tests.integration.messaging.connections import messaging_of, stored
from tests.integration.messaging.events import card_event, draw_event

FORGED = [
    ("card", "socsec.eligibility.v1.draw.recorded.370299"),
    ("card", "socsec.fundaudit.v1.case.changed.370299"),
    ("eligibility", "socsec.card.v1.card.issued.370299"),
    ("fund_audit", "socsec.eligibility.v1.draw.recorded.370299"),
    ("fund_audit", "socsec.card.v1.card.issued.370299"),
    ("eligibility", "socsec.evidence.v1.feed.piece_sent.HEALTH"),
    ("office-health", "socsec.evidence.v1.feed.piece_sent.POLICE"),
    ("office-health", "socsec.eligibility.v1.draw.recorded.370299"),
]


STREAMS = ("CARD", "ELIGIBILITY", "FUNDAUDIT", "EVIDENCE")


async def refused(client: Client, work: Callable[[], Awaitable[object]]) -> bool:
    """Tell whether the broker answers with a permissions violation."""
    seen = asyncio.Event()

    async def on_error(error: Exception) -> None:
        if "permissions violation" in str(error).lower():
            seen.set()

    client._error_cb = on_error
    task = asyncio.ensure_future(work())
    try:
        async with asyncio.timeout(3):
            await seen.wait()
    except TimeoutError:
        return False
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return True


@pytest.mark.parametrize(("service", "subject"), FORGED)
async def test_a_service_cannot_forge_another_ones_event(broker: TestBroker, service: str, subject: str) -> None:
    client = await connect(broker.config(service), service)
    assert await refused(client, lambda: client.request(subject, b"forged", timeout=3))
    await client.close()
    assert [await stored(broker, f"SOCSEC_{each}") for each in STREAMS] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("service", "subject"),
    [
        ("card", "socsec.eligibility.>"),
        ("eligibility", "socsec.card.>"),
        ("card", ">"),
        ("card", "_INBOX_fund_audit.>"),
        ("fund_audit", "socsec.card.>"),
    ],
)
async def test_a_service_cannot_listen_to_others(broker: TestBroker, service: str, subject: str) -> None:
    client = await connect(broker.config(service), service)

    async def listen() -> None:
        await client.subscribe(subject)

    assert await refused(client, listen)
    await client.close()


@pytest.mark.parametrize(
    ("service", "subject"),
    [
        ("card", "$JS.API.STREAM.MSG.GET.SOCSEC_ELIGIBILITY"),
        ("card", "$JS.API.CONSUMER.CREATE.SOCSEC_ELIGIBILITY.card"),
        ("fund_audit", "$JS.API.STREAM.PURGE.SOCSEC_CARD"),
        ("fund_audit", "$JS.API.STREAM.DELETE.SOCSEC_CARD"),
        ("card", "$JS.API.STREAM.CREATE.SOCSEC_MORE"),
        ("card", "$JS.API.STREAM.UPDATE.SOCSEC_CARD"),
    ],
)
async def test_a_service_cannot_read_or_change_streams_beyond_its_part(
    broker: TestBroker, service: str, subject: str
) -> None:
    client = await connect(broker.config(service), service)
    assert await refused(client, lambda: client.request(subject, b"{}", timeout=3))
    await client.close()


async def test_each_service_may_do_its_own_part(broker: TestBroker) -> None:
    async with messaging_of(broker, "card", "SOCSEC_CARD") as card:
        await card.publish([card_event("cards/1", 1)])
    async with messaging_of(broker, "eligibility", "SOCSEC_ELIGIBILITY") as eligibility:
        await eligibility.publish([draw_event("draws/1", 1)])
    streams = ("SOCSEC_FUNDAUDIT", "SOCSEC_CARD", "SOCSEC_ELIGIBILITY")
    async with messaging_of(broker, "fund_audit", *streams) as audit:
        for stream in streams[1:]:
            config = ConsumerConfig(durable_name="fund_audit")
            assert (await audit.client.jetstream().add_consumer(stream, config)).num_pending == 1


async def test_a_certificate_that_is_no_user_is_turned_away(broker: TestBroker) -> None:
    messaging = Messaging(broker.config("stranger"), "stranger", [])
    task = asyncio.create_task(messaging.run())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.5):
            await messaging.ready()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_nothing_is_said_in_plain_text_nor_without_a_certificate(broker: TestBroker) -> None:
    def plain() -> bytes:
        with socket.create_connection(("127.0.0.1", broker.port), timeout=1) as connection:
            connection.sendall(b"CONNECT {}\r\nPING\r\n")
            return connection.recv(100)

    assert b"INFO" not in await asyncio.to_thread(plain)
    context = ssl.create_default_context(cafile=broker.authority.certificate_file)
    client = Client()
    with pytest.raises((nats.errors.Error, OSError, TimeoutError)):
        await client.connect(
            f"tls://127.0.0.1:{broker.port}",
            tls=context,
            tls_handshake_first=True,
            allow_reconnect=False,
            max_reconnect_attempts=1,
        )
