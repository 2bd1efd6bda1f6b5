"""A server of one contract with a service object that a test hands in, and channels to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from google.protobuf.descriptor import ServiceDescriptor

from services.common.config import NatsConfig, ServiceConfig, TlsConfig
from services.common.rpc.client import connect
from services.common.rpc.server import RpcServer
from services.local.certificates import Authority, Identity


def tls_of(identity: Identity) -> TlsConfig:
    """Give an identity as a configuration names it."""
    return TlsConfig(certificate=identity.certificate, private_key=identity.private_key, authority=identity.authority)


def credentials_of(identity: Identity) -> grpc.ChannelCredentials:
    """Give an identity as a channel of one's own needs it."""
    files = (identity.authority, identity.private_key, identity.certificate)
    return grpc.ssl_channel_credentials(*(file.read_bytes() for file in files))


def configuration(authority: Authority, **settings: object) -> ServiceConfig:
    """Give what a server without database and broker needs."""
    tls = tls_of(authority.identity("system", "tested"))
    away = {"listen": "127.0.0.1:0", "database_url": "", "tls": tls, "nats": NatsConfig(url="", tls=tls)}
    return ServiceConfig.model_validate(away | settings)


@dataclass
class Serving:
    """A server that runs; `draining` is what the process would set."""

    address: str
    authority: Authority
    server: RpcServer
    draining: asyncio.Event
    _channels: AsyncExitStack = field(repr=False)

    async def channel(self, role: str, name: str) -> grpc.aio.Channel:
        """Connect as a caller; closed with the server."""
        channel = connect(self.address, tls_of(self.authority.identity(role, name)))
        return await self._channels.enter_async_context(channel)


@asynccontextmanager
async def serving(
    folder: Path, contract: ServiceDescriptor, service: object, **settings: object
) -> AsyncIterator[Serving]:
    """Serve an object by a contract, on a free port."""
    authority, draining = Authority(folder / "certificates"), asyncio.Event()
    server = RpcServer(configuration(authority, **settings), {contract: service}, draining)
    await server.start()
    async with AsyncExitStack() as channels:
        yield Serving(f"127.0.0.1:{server.port}", authority, server, draining, channels)
    await server.drain()
