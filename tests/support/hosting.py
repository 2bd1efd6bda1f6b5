"""Each service as it is started, in a thread of its own, and calls of any method with any bytes."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, cast

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.rpc import status_pb2
from grpc_status import rpc_status

from services.common.migrations import migrate
from services.common.rpc.status import Refusal, from_status
from services.local.certificates import Authority
from tests.integration.card.serving import served as serve_card
from tests.integration.eligibility.serving import served as serve_eligibility
from tests.integration.fund_audit.serving import served as serve_fund_audit
from tests.support.contracts import methods
from tests.support.rpc import credentials_of

SERVICES = ("card", "eligibility", "fund_audit")
SECONDS = 20.0


def as_is(data: bytes) -> bytes:
    """Neither read nor write a message: the bytes are the test's."""
    return data


class _Serving(Protocol):
    @property
    def address(self) -> str: ...
    @property
    def authority(self) -> Authority: ...


def _serve(service: str, url: str, folder: Path) -> AbstractAsyncContextManager[_Serving]:
    match service:
        case "card":
            return serve_card(url, folder)
        case "eligibility":
            return serve_eligibility(url, folder)
        case _:
            return serve_fund_audit(url, folder)


@dataclass(frozen=True)
class Answer:
    """What came back: a reply's bytes, or a refusal and the bytes of its status."""

    code: str
    reply: bytes = b""
    refusal: Refusal | None = None
    told: bytes = b""

    @property
    def reason(self) -> str:
        return self.refusal.reason if self.refusal else ""


@dataclass
class Hosted:
    """A service that runs beside the test."""

    service: str
    address: str
    authority: Authority
    database_url: str
    serving: object
    """What runs it, for a test that must reach behind the contract."""
    _channels: dict[str, grpc.Channel] = field(default_factory=dict)

    def methods(self) -> list[MethodDescriptor]:
        package = f"socsec.{self.service.replace('_', '')}."
        return [method for method in methods() if method.full_name.startswith(package)]

    def channel(self, role: str, name: str = "wang") -> grpc.Channel:
        if role not in self._channels:
            credentials = credentials_of(self.authority.identity(role, name))
            self._channels[role] = grpc.secure_channel(self.address, credentials)
        return self._channels[role]

    def call(self, method: MethodDescriptor, data: bytes, role: str) -> Answer:
        """Send bytes to a method; of a stream of answers the first is read."""
        channel, path = self.channel(role), f"/{method.containing_service.full_name}/{method.name}"
        try:
            if method.client_streaming:
                stream = channel.stream_stream(path, as_is, as_is)(iter([data]), timeout=SECONDS)
            elif method.server_streaming:
                stream = channel.unary_stream(path, as_is, as_is)(data, timeout=SECONDS)
            else:
                return Answer("OK", channel.unary_unary(path, as_is, as_is)(data, timeout=SECONDS))
            reply = next(stream, b"")
            stream.cancel()
            return Answer("OK", reply)
        except grpc.RpcError as error:
            return answer_of(error)

    def close(self) -> None:
        for channel in self._channels.values():
            channel.close()


def answer_of(error: grpc.RpcError) -> Answer:
    """Read what a failed call answered."""
    status: status_pb2.Status | None = rpc_status.from_call(cast("grpc.Call", error))
    if status is None:
        return Answer(error.code().name, told=(error.details() or "").encode())
    return Answer(error.code().name, refusal=from_status(status), told=status.SerializeToString())


@contextmanager
def hosting(service: str, url: str, folder: Path) -> Iterator[Hosted]:
    """Run a service on an empty database in a thread until left."""
    migrate(url, f"services.{service}")
    started: Future[_Serving] = Future()
    left = threading.Event()

    async def serve() -> None:
        try:
            async with _serve(service, url, folder) as serving:
                started.set_result(serving)
                await asyncio.to_thread(left.wait)
        except Exception as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name=f"hosting {service}")
    thread.start()
    try:
        serving = started.result(SECONDS)
        hosted = Hosted(service, serving.address, serving.authority, url, serving)
        yield hosted
        hosted.close()
    finally:
        left.set()
        thread.join(SECONDS)
