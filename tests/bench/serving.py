"""A card service to measure: its own process, a migrated database, a client by mTLS."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc

from services.common.config import TlsConfig
from services.common.migrations import migrate
from services.local.certificates import Authority, Identity
from services.local.keys import make_field_keys, make_signing_key
from tests.bench.timing import CpuClock, Send, memory_mib
from tests.support.database import new_postgres_url, new_sqlite_url

BACKENDS = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Served:
    """A running service and a channel to it."""

    channel: grpc.aio.Channel
    pid: int
    cpu: CpuClock
    database_url: str

    def send(self, method: str) -> Send:
        """Call a unary method with bytes: encoding messages in the client is not what is measured."""
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = self.channel.unary_unary(method)
        return call

    def stream(self, method: str, requests: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Call a method with a stream of bytes, and give its answers."""
        call: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = self.channel.stream_stream(method)
        return aiter(call(requests))

    def memory_mib(self, name: str) -> float:
        """Give a figure of the process's memory: VmRSS is what it has, VmHWM the most that it has had."""
        return memory_mib(self.pid, name)


@asynccontextmanager
async def card_service(folder: Path, backend: str) -> AsyncIterator[Served]:
    """Run one service on an empty database."""
    async with serve_cards(folder, await asyncio.to_thread(new_migrated_url, folder, backend)) as served:
        yield served


@asynccontextmanager
async def serve_cards(folder: Path, url: str) -> AsyncIterator[Served]:
    """Run one service on a database; its keys stay in the folder."""
    authority = Authority(folder / "certificates")
    make_field_keys(folder / "card.keys")
    make_signing_key(folder / "token.pem")
    config = folder / "card.toml"
    config.write_text(_configuration(url, authority.identity("system", "card"), folder / "card.keys"), "utf-8")
    with (folder / "card.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.card_server", config, stdout=asyncio.subprocess.PIPE, stderr=log
        )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            port = (await process.stdout.readline()).decode().strip()
        if not port:
            raise RuntimeError((folder / "card.log").read_text("utf-8", "replace"))
        async with channel_to(f"127.0.0.1:{port}", authority.identity("operator", "bench")) as channel:
            yield Served(channel, process.pid, CpuClock(process.pid), url)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@asynccontextmanager
async def serve_eligibility(folder: Path, url: str, role: str) -> AsyncIterator[Served]:
    """Run eligibility on a database as a process of its own; card service and broker are away."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    authority = Authority(folder / "certificates")
    make_field_keys(folder / "eligibility.keys")
    with (folder / "eligibility.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.bench.eligibility_server",
            str(folder),
            url,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            address = (await process.stdout.readline()).decode().strip()
        async with channel_to(address, authority.identity(role, "bench")) as channel:
            yield Served(channel, process.pid, CpuClock(process.pid), url)
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def channel_to(address: str, identity: Identity) -> AsyncIterator[grpc.aio.Channel]:
    """Open a channel without the defaults of our own client: they are not what is measured."""
    credentials = grpc.ssl_channel_credentials(
        identity.authority.read_bytes(), identity.private_key.read_bytes(), identity.certificate.read_bytes()
    )
    async with grpc.aio.secure_channel(address, credentials) as channel:
        await asyncio.wait_for(channel.channel_ready(), 30)
        yield channel


def new_migrated_url(folder: Path, backend: str, package: str = "services.card") -> str:
    """Create a database with a service's tables; not inside an event loop."""
    url = new_postgres_url(durable=True) if backend == "postgresql" else new_sqlite_url(folder)
    migrate(url, package)
    return url


def _configuration(url: str, identity: Identity, keys: Path) -> str:
    files = TlsConfig(certificate=identity.certificate, private_key=identity.private_key, authority=identity.authority)
    tls = "".join(f'{name} = "{path}"\n' for name, path in files.model_dump().items())
    return (
        f'listen = "127.0.0.1:0"\ndatabase_url = "{url}"\nkeys_file = "{keys}"\n'
        f'token_keys_file = "{keys.with_name("token.pem")}"\n\n[tls]\n{tls}\n'
        f'[nats]\nurl = "tls://127.0.0.1:1"\n\n[nats.tls]\n{tls}'
    )
