"""The whole service as it is started, with clients of every role; its broker may be away."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc

from services.common.config import NatsConfig, TlsConfig
from services.common.lifecycle import Process
from services.common.rpc.client import connect
from services.fund_audit.app import load_signer, start
from services.fund_audit.config import FundAuditConfig
from services.local.certificates import Authority, Identity
from services.local.keys import make_signing_key
from socsec.fundaudit.v1 import case_service_pb2_grpc, ledger_service_pb2_grpc, quarantine_service_pb2_grpc


@dataclass
class Client:
    """What one caller can call."""

    cases: "case_service_pb2_grpc.CaseServiceAsyncStub"
    ledger: "ledger_service_pb2_grpc.LedgerServiceAsyncStub"
    quarantine: "quarantine_service_pb2_grpc.QuarantineServiceAsyncStub"


@dataclass
class Served:
    """A running service."""

    process: Process
    address: str
    authority: Authority
    _channels: AsyncExitStack

    def channel(self, role: str, name: str) -> grpc.aio.Channel:
        return connect(self.address, _tls(self.authority.identity(role, name)))

    async def client(self, role: str, name: str) -> Client:
        return client_of(await self._channels.enter_async_context(self.channel(role, name)))


def client_of(channel: grpc.aio.Channel) -> Client:
    return Client(
        case_service_pb2_grpc.CaseServiceStub(channel),
        ledger_service_pb2_grpc.LedgerServiceStub(channel),
        quarantine_service_pb2_grpc.QuarantineServiceStub(channel),
    )


@asynccontextmanager
async def served(
    url: str, folder: Path, nats: NatsConfig | None = None, listen: str = "127.0.0.1:0", **settings: object
) -> AsyncIterator[Served]:
    """Run the service on a migrated database; without `nats` its broker does not answer."""
    authority = Authority(folder / "certificates")
    tls = _tls(authority.identity("system", "fund_audit"))
    make_signing_key(folder / "checkpoint.pem")
    config = FundAuditConfig.model_validate(
        {
            "listen": listen,
            "database_url": url,
            "tls": tls,
            "nats": nats or NatsConfig(url="tls://127.0.0.1:1", tls=tls),
            "signing_key_file": folder / "checkpoint.pem",
            "drain_grace_seconds": 2.0,
        }
        | settings
    )
    async with AsyncExitStack() as channels, Process() as process:
        server = await start(config, process, *load_signer(config))
        yield Served(process, f"127.0.0.1:{server.port}", authority, channels)


def _tls(identity: Identity) -> TlsConfig:
    return TlsConfig(certificate=identity.certificate, private_key=identity.private_key, authority=identity.authority)
