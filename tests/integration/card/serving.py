"""The whole service as it is started, with clients of every role; its broker is away."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc

from services.card.app import load_token_keys, load_vault, start
from services.card.config import CardConfig
from services.common.config import NatsConfig, TlsConfig
from services.common.lifecycle import Process
from services.common.rpc.client import connect
from services.local.certificates import Authority, Identity
from services.local.keys import make_field_keys, make_provider_keys, make_signing_key
from socsec.card.v1 import (
    card_register_service_pb2_grpc,
    card_service_pb2_grpc,
    card_upkeep_service_pb2_grpc,
    ecard_service_pb2_grpc,
    merge_service_pb2_grpc,
    person_service_pb2_grpc,
    pin_service_pb2_grpc,
)

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that a test moves."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass
class Client:
    """What one caller can call."""

    people: "person_service_pb2_grpc.PersonServiceAsyncStub"
    cards: "card_service_pb2_grpc.CardServiceAsyncStub"
    register: "card_register_service_pb2_grpc.CardRegisterServiceAsyncStub"
    merges: "merge_service_pb2_grpc.MergeServiceAsyncStub"
    ecards: "ecard_service_pb2_grpc.ECardServiceAsyncStub"
    pins: "pin_service_pb2_grpc.PinServiceAsyncStub"
    upkeep: "card_upkeep_service_pb2_grpc.CardUpkeepServiceAsyncStub"
    channel: grpc.aio.Channel


@dataclass
class Served:
    """A running service."""

    address: str
    authority: Authority
    clock: Clock
    operator: Client
    channels: AsyncExitStack = field(repr=False)

    async def client(self, role: str, name: str) -> Client:
        channel = connect(self.address, tls_of(self.authority.identity(role, name)))
        await self.channels.enter_async_context(channel)
        return client_of(channel)


def client_of(channel: grpc.aio.Channel) -> Client:
    return Client(
        person_service_pb2_grpc.PersonServiceStub(channel),
        card_service_pb2_grpc.CardServiceStub(channel),
        card_register_service_pb2_grpc.CardRegisterServiceStub(channel),
        merge_service_pb2_grpc.MergeServiceStub(channel),
        ecard_service_pb2_grpc.ECardServiceStub(channel),
        pin_service_pb2_grpc.PinServiceStub(channel),
        card_upkeep_service_pb2_grpc.CardUpkeepServiceStub(channel),
        channel,
    )


def configuration(url: str, folder: Path) -> CardConfig:
    """Give a configuration whose broker does not answer."""
    tls = tls_of(Authority(folder / "certificates").identity("system", "card"))
    make_field_keys(folder / "card.keys")
    make_provider_keys(folder / "provider.toml")
    make_signing_key(folder / "token.pem")
    return CardConfig(
        listen="127.0.0.1:0",
        database_url=url,
        tls=tls,
        nats=NatsConfig(url="tls://127.0.0.1:1", tls=tls),
        keys_file=folder / "card.keys",
        provider_keys_file=folder / "provider.toml",
        token_keys_file=folder / "token.pem",
        timer_seconds=0.05,
        drain_grace_seconds=2.0,
    )


@asynccontextmanager
async def served(
    url: str, folder: Path, change: Callable[[CardConfig], CardConfig] = lambda config: config
) -> AsyncIterator[Served]:
    """Run the service on a migrated database."""
    authority, clock = Authority(folder / "certificates"), Clock()
    config = change(configuration(url, folder))
    async with AsyncExitStack() as channels, Process() as process:
        server = await start(config, process, load_vault(config), load_token_keys(config), clock)
        address = f"127.0.0.1:{server.port}"
        channel = await channels.enter_async_context(connect(address, tls_of(authority.identity("operator", "wang"))))
        yield Served(address, authority, clock, client_of(channel), channels)
        await channels.aclose()


def tls_of(identity: Identity) -> TlsConfig:
    return TlsConfig(certificate=identity.certificate, private_key=identity.private_key, authority=identity.authority)
