"""The embedded stack as an operator starts it, to measure the three services together."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
from nats.js import JetStreamContext

from services.admin.stack import running
from services.common.messaging import Messaging, connect
from services.local.broker import ADMIN
from services.local.certificates import Authority
from services.local.folder import SERVICES, Folder, Settings
from tests.bench.serving import channel_to
from tests.bench.timing import memory_mib
from tests.support.database import postgres_server

STREAM = "SOCSEC_ELIGIBILITY"

_CONSUMED_SECONDS = 120.0
_LOOK_SECONDS = 0.02


@dataclass(frozen=True)
class Stack:
    """A running stack."""

    folder: Folder
    settings: Settings
    pids: dict[str, int]

    @asynccontextmanager
    async def channel(self, service: str, role: str) -> AsyncIterator[grpc.aio.Channel]:
        """Connect to a service."""
        identity = Authority(self.folder.root / "certificates").identity(role, "bench")
        async with channel_to(f"127.0.0.1:{self.settings.ports[service]}", identity) as channel:
            yield channel

    @asynccontextmanager
    async def messaging(self, user: str, *streams: str) -> AsyncIterator[Messaging]:
        """Connect to the broker as one of its users."""
        messaging = Messaging(self.folder.nats(self.settings, user), user, streams)
        task = asyncio.create_task(messaging.run())
        try:
            await asyncio.wait_for(messaging.ready(), 30)
            yield messaging
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @asynccontextmanager
    async def consumed(self) -> AsyncIterator["Consumed"]:
        """Watch how far fund audit has come."""
        client = await connect(self.folder.nats(self.settings, ADMIN), ADMIN)
        try:
            yield Consumed(client.jetstream())
        finally:
            await client.close()

    def memory_mib(self, service: str, name: str) -> float:
        """Give a figure of a process's memory."""
        return memory_mib(self.pids[service], name)


class Consumed:
    """How far fund audit has come with eligibility's events."""

    def __init__(self, jetstream: JetStreamContext) -> None:
        self._jetstream = jetstream

    async def all(self) -> None:
        """Wait until everything that was published is applied and acknowledged."""
        async with asyncio.timeout(_CONSUMED_SECONDS):
            while True:
                found = await self._jetstream.consumer_info(STREAM, "fund_audit")
                if found.num_pending == 0 and found.num_ack_pending == 0:
                    return
                await asyncio.sleep(_LOOK_SECONDS)


@contextmanager
def stack(root: Path, backend: str) -> Iterator[Stack]:
    """Run a stack on SQLite or on PostgreSQL."""
    folder = Folder(root)
    folder.root.mkdir(parents=True)
    folder.settle(postgres_server(durable=True) if backend == "postgresql" else "", "")
    with running(root):
        settings = Settings(**json.loads((root / "settings.json").read_text("utf-8")))
        state = json.loads(folder.state.read_text("utf-8"))
        yield Stack(folder, settings, {name: state["processes"][name] for name in SERVICES})
