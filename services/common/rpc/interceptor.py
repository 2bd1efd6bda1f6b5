"""One call's life: span, caller, permission, deadline, method, error, one log line, one metric.

Messages are parsed here, because grpcio answers bytes that are no message with INTERNAL.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import code_pb2
from grpc_status import rpc_status
from opentelemetry import metrics, propagate, trace
from opentelemetry.trace import SpanKind, StatusCode

from services.common.errors import DomainError, Exhausted, InvalidInput, Unavailable
from services.common.rpc import auth
from services.common.rpc.call import Call, Caller
from services.common.rpc.status import to_status

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
UNARY_SECONDS = 30.0
"""Longest time for a unary call whose caller set no deadline."""
READER_SECONDS = 30.0
"""Longest time that the reader of a stream may take for one answer."""

log = logging.getLogger("access")
_tracer = trace.get_tracer("socsec.rpc")
_duration = metrics.get_meter("socsec.rpc").create_histogram("rpc.server.duration", "s", "Duration of calls.")

T = TypeVar("T")
Context = grpc.aio.ServicerContext[bytes, Message]
UnaryMethod = Callable[[Message, Call], Awaitable[Message]]
StreamMethod = Callable[[Message, Call], AsyncGenerator[Message, None]]
BatchMethod = Callable[[AsyncIterator[Message], Call], AsyncGenerator[Message, None]]


@dataclass
class _Entered:
    """What is known of a call so far; filled as it goes on."""

    caller: Caller | None = None


class Endpoint:
    """One method of a service, wrapped once at start."""

    def __init__(self, method: MethodDescriptor, draining: asyncio.Event) -> None:
        self._name = f"/{method.containing_service.full_name}/{method.name}"
        self._roles = auth.allowed_roles(method)
        self._request: type[Message] = GetMessageClass(method.input_type)
        self._draining = draining
        self._attributes = {
            "rpc.system": "grpc",
            "rpc.service": method.containing_service.full_name,
            "rpc.method": method.name,
        }

    def unary(self, method: UnaryMethod) -> Callable[[bytes, Context], Awaitable[Message]]:
        """Wrap a method with one request and one answer."""

        async def handle(data: bytes, context: Context) -> Message:
            async def answer(entered: _Entered) -> Message:
                call = self._enter(context, entered)
                request = self._parse(data)
                remaining = context.time_remaining()
                async with asyncio.timeout(UNARY_SECONDS if remaining is None else remaining):
                    return await method(request, call)

            return await self._observe(context, answer)

        return handle

    def server_stream(self, method: StreamMethod) -> Callable[[bytes, Context], Awaitable[None]]:
        """Wrap a method with one request and a stream of answers."""

        async def handle(data: bytes, context: Context) -> None:
            async def answer(entered: _Entered) -> None:
                call = self._enter(context, entered)
                await _send(context, method(self._parse(data), call))

            await self._observe(context, answer)

        return handle

    def batch_stream(self, method: BatchMethod) -> Callable[[AsyncIterator[bytes], Context], Awaitable[None]]:
        """Wrap a method with a stream of requests and a stream of answers."""

        async def handle(stream: AsyncIterator[bytes], context: Context) -> None:
            async def answer(entered: _Entered) -> None:
                call = self._enter(context, entered)
                await _send(context, method(self._requests(stream), call))

            await self._observe(context, answer)

        return handle

    def _enter(self, context: Context, entered: _Entered) -> Call:
        entered.caller = auth.caller_of(context.auth_context())
        auth.check(entered.caller, self._roles)
        return Call(entered.caller, self._name, self._draining)

    async def _requests(self, stream: AsyncIterator[bytes]) -> AsyncIterator[Message]:
        async for data in stream:
            if self._draining.is_set():
                raise Unavailable("DRAINING", "The service is stopping; go on with the batch after the last result.")
            yield self._parse(data)

    def _parse(self, data: bytes) -> Message:
        if len(data) > MAX_MESSAGE_BYTES:
            raise Exhausted(
                "MESSAGE_TOO_LARGE",
                f"A message has at most {MAX_MESSAGE_BYTES} bytes; send smaller batches.",
                {"max": str(MAX_MESSAGE_BYTES)},
            )
        try:
            return self._request.FromString(data)
        except DecodeError as error:
            raise InvalidInput(
                "", "MALFORMED_MESSAGE", f"The bytes are no message {self._request.DESCRIPTOR.full_name}."
            ) from error

    async def _observe(self, context: Context, answer: Callable[[_Entered], Awaitable[T]]) -> T:
        started, entered, code, reason = time.perf_counter(), _Entered(), "OK", ""
        carrier = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
        parent = propagate.extract(carrier) if "traceparent" in carrier else None
        with _tracer.start_as_current_span(
            self._name[1:],
            parent,
            SpanKind.SERVER,
            self._attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                return await answer(entered)
            except asyncio.CancelledError:
                code = "CANCELLED"
                raise
            except Exception as error:
                status = to_status(error)
                code = code_pb2.Code.Name(status.code)
                reason = error.reason if isinstance(error, DomainError) else ""
                if status.code == code_pb2.INTERNAL:
                    log.exception("call.defect", extra={"method": self._name})
                span.set_status(StatusCode.ERROR, code)
                await context.abort_with_status(rpc_status.to_status(status))
                raise  # not reached: abort raises
            finally:
                seconds = time.perf_counter() - started
                _duration.record(seconds, {**self._attributes, "rpc.grpc.status": code})
                span.set_attribute("rpc.grpc.status", code)
                log.info(
                    "call",
                    extra={
                        "method": self._name,
                        "caller": entered.caller.name if entered.caller else "",
                        "code": code,
                        "reason": reason,
                        "milliseconds": round(seconds * 1000, 2),
                    },
                )


async def _send(context: Context, replies: AsyncGenerator[Message, None]) -> None:
    """Write answers as fast as they are read; a reader that stands still holds its place in the limits no longer."""
    async with contextlib.aclosing(replies):
        async for reply in replies:
            try:
                async with asyncio.timeout(READER_SECONDS):
                    await context.write(reply)
            except TimeoutError as error:
                sentence = "The stream was not read for too long; resume with the last token."
                raise Exhausted("SLOW_READER", sentence) from error
