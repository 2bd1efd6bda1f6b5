"""Channels to services: mTLS, a deadline on every unary call, retries where they are safe."""

import json
from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc
from grpc.aio import ClientCallDetails, Metadata, UnaryUnaryCall

from services.common.config import TlsConfig
from services.common.rpc.interceptor import MAX_MESSAGE_BYTES
from services.common.telemetry import current_traceparent

Q = TypeVar("Q")
A = TypeVar("A")

# Only UNAVAILABLE is repeated: nothing was done then, or the request id makes the repetition harmless.
_RETRY = json.dumps(
    {
        "methodConfig": [
            {
                "name": [{}],
                "retryPolicy": {
                    "maxAttempts": 4,
                    "initialBackoff": "0.1s",
                    "maxBackoff": "2s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ]
    }
)


def connect(target: str, tls: TlsConfig, seconds: float = 10.0) -> grpc.aio.Channel:
    """Open a channel whose unary calls end after `seconds` unless a call sets its own timeout."""
    credentials = grpc.ssl_channel_credentials(
        tls.authority.read_bytes(), tls.private_key.read_bytes(), tls.certificate.read_bytes()
    )
    options = (
        ("grpc.service_config", _RETRY),
        ("grpc.max_receive_message_length", 4 * MAX_MESSAGE_BYTES),
        ("grpc.keepalive_time_ms", 60_000),
    )
    return grpc.aio.secure_channel(target, credentials, options, interceptors=[_Defaults(seconds)])


class _Defaults(grpc.aio.UnaryUnaryClientInterceptor):
    """Sets the deadline that the caller left out, and passes the trace on."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def intercept_unary_unary(
        self,
        continuation: Callable[[ClientCallDetails, Q], Awaitable[UnaryUnaryCall[Q, A]]],
        client_call_details: ClientCallDetails,
        request: Q,
    ) -> A | UnaryUnaryCall[Q, A]:
        details = client_call_details
        metadata = details.metadata or Metadata()
        traceparent = current_traceparent()
        if traceparent:
            metadata.add("traceparent", traceparent)
        changed = ClientCallDetails(
            details.method,
            details.timeout if details.timeout is not None else self._seconds,
            metadata,
            details.credentials,
            details.wait_for_ready,
        )
        return await continuation(changed, request)
