"""The whole service as it is started, with clients of every role; its broker is away."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path

import grpc

from services.common.config import NatsConfig, TlsConfig
from services.common.lifecycle import Process
from services.common.rpc.client import connect
from services.eligibility.app import load_book, load_vault, start
from services.eligibility.book.book import Book
from services.eligibility.config import EligibilityConfig
from services.local.certificates import Authority, Identity
from services.local.keys import make_field_keys
from socsec.eligibility.v1 import (
    certification_service_pb2_grpc,
    certifying_service_pb2_grpc,
    decision_service_pb2_grpc,
    draw_list_service_pb2_grpc,
    draw_service_pb2_grpc,
    eligibility_service_pb2_grpc,
    entitlement_service_pb2_grpc,
    evidence_service_pb2_grpc,
    feed_service_pb2_grpc,
    offset_service_pb2_grpc,
    rule_service_pb2_grpc,
    sweep_report_service_pb2_grpc,
)
from tests.integration.eligibility.card_service import CardService, card_service

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@cache
def installed_law() -> Book:
    """Give the law, which never changes while tests run."""
    return Book.load()


@dataclass
class Client:
    """What one caller can call."""

    evidence: "evidence_service_pb2_grpc.EvidenceServiceAsyncStub"
    certifications: "certification_service_pb2_grpc.CertificationServiceAsyncStub"
    certifying: "certifying_service_pb2_grpc.CertifyingServiceAsyncStub"
    feeds: "feed_service_pb2_grpc.FeedServiceAsyncStub"
    entitlements: "entitlement_service_pb2_grpc.EntitlementServiceAsyncStub"
    draws: "draw_service_pb2_grpc.DrawServiceAsyncStub"
    draw_lists: "draw_list_service_pb2_grpc.DrawListServiceAsyncStub"
    offsets: "offset_service_pb2_grpc.OffsetServiceAsyncStub"
    eligibility: "eligibility_service_pb2_grpc.EligibilityServiceAsyncStub"
    decisions: "decision_service_pb2_grpc.DecisionServiceAsyncStub"
    rules: "rule_service_pb2_grpc.RuleServiceAsyncStub"
    sweeps: "sweep_report_service_pb2_grpc.SweepReportServiceAsyncStub"
    channel: grpc.aio.Channel


@dataclass
class Calendar:
    """The service's clock, which a test moves on."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def turn_to(self, day: str) -> None:
        self.now = datetime.combine(date.fromisoformat(day), time(2), UTC)


@dataclass
class Served:
    """A running service and the card service that it asks."""

    address: str
    authority: Authority
    calendar: Calendar
    cards: CardService
    operator: Client
    _channels: AsyncExitStack

    async def client(self, role: str, name: str) -> Client:
        channel = connect(self.address, tls_of(self.authority.identity(role, name)))
        await self._channels.enter_async_context(channel)
        return client_of(channel)


def client_of(channel: grpc.aio.Channel) -> Client:
    return Client(
        evidence_service_pb2_grpc.EvidenceServiceStub(channel),
        certification_service_pb2_grpc.CertificationServiceStub(channel),
        certifying_service_pb2_grpc.CertifyingServiceStub(channel),
        feed_service_pb2_grpc.FeedServiceStub(channel),
        entitlement_service_pb2_grpc.EntitlementServiceStub(channel),
        draw_service_pb2_grpc.DrawServiceStub(channel),
        draw_list_service_pb2_grpc.DrawListServiceStub(channel),
        offset_service_pb2_grpc.OffsetServiceStub(channel),
        eligibility_service_pb2_grpc.EligibilityServiceStub(channel),
        decision_service_pb2_grpc.DecisionServiceStub(channel),
        rule_service_pb2_grpc.RuleServiceStub(channel),
        sweep_report_service_pb2_grpc.SweepReportServiceStub(channel),
        channel,
    )


def configuration(
    url: str, folder: Path, card_address: str, listen: str = "127.0.0.1:0", law: Path | None = None
) -> EligibilityConfig:
    """Give a configuration whose broker does not answer."""
    tls = tls_of(Authority(folder / "certificates").identity("system", "eligibility"))
    make_field_keys(folder / "eligibility.keys")
    return EligibilityConfig(
        listen=listen,
        database_url=url,
        tls=tls,
        nats=NatsConfig(url="tls://127.0.0.1:1", tls=tls),
        keys_file=folder / "eligibility.keys",
        card_address=card_address,
        law_folder=str(law or ""),
        drain_grace_seconds=2.0,
    )


@asynccontextmanager
async def served(url: str, folder: Path, law: Path | None = None) -> AsyncIterator[Served]:
    """Run the service on a migrated database, by the installed law or that of a folder."""
    authority, calendar = Authority(folder / "certificates"), Calendar()
    async with card_service(authority.identity("system", "card")) as cards, AsyncExitStack() as channels:
        config = configuration(url, folder, cards.address, law=law)
        async with Process() as process:
            server = await start(
                config, process, load_vault(config), load_book(config) if law else installed_law(), calendar
            )
            address = f"127.0.0.1:{server.port}"
            channel = await channels.enter_async_context(
                connect(address, tls_of(authority.identity("operator", "wang")))
            )
            yield Served(address, authority, calendar, cards, client_of(channel), channels)
            await channels.aclose()


def tls_of(identity: Identity) -> TlsConfig:
    return TlsConfig(certificate=identity.certificate, private_key=identity.private_key, authority=identity.authority)
