"""A gRPC server: mTLS, health, reflection, and every method behind the one interceptor."""

import asyncio
from collections.abc import Mapping

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from services.common.config import ServiceConfig, TlsConfig
from services.common.rpc.interceptor import MAX_MESSAGE_BYTES, Endpoint

_OPTIONS = (
    ("grpc.so_reuseport", 0),  # a second server on the port fails instead of sharing it silently
    # Larger than allowed, so that it is the interceptor that refuses an oversized message, with a reason.
    ("grpc.max_receive_message_length", 2 * MAX_MESSAGE_BYTES),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
)


class MissingMethod(Exception):
    """A service object does not answer a method of its contract."""


class RpcServer:
    """Serves service objects whose methods are named as in the contract.

    A unary method is `async def Name(self, request, call) -> reply`; a streaming one is an async generator that takes
    the request, or an async iterator of requests.
    """

    def __init__(
        self, config: ServiceConfig, services: Mapping[ServiceDescriptor, object], draining: asyncio.Event
    ) -> None:
        self._config = config
        self._draining = draining
        self._server = grpc.aio.server(options=_OPTIONS)
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = [service.full_name for service in services]
        reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], self._server)
        for descriptor, service in services.items():
            self.add(descriptor, service)
        self.port = self._server.add_secure_port(config.listen, _credentials(config.tls))
        """The port that was bound; of use when the configuration asked for port 0."""

    def add(self, descriptor: ServiceDescriptor, service: object) -> None:
        """Serve one more service object behind the same interceptor."""
        handlers = {method.name: _handler(method, service, self._draining) for method in descriptor.methods}
        generic = grpc.method_handlers_generic_handler(descriptor.full_name, handlers)
        self._server.add_generic_rpc_handlers((generic,))

    async def start(self) -> None:
        """Start answering, and say so."""
        await self._health.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
        await self._server.start()
        await self._health.set("", health_pb2.HealthCheckResponse.SERVING)

    async def drain(self) -> None:
        """Say NOT_SERVING, wait for balancers to notice, let running calls end, stop."""
        await self._health.enter_graceful_shutdown()
        await asyncio.sleep(self._config.drain_delay_seconds)
        await self._server.stop(self._config.drain_grace_seconds)


def _handler(
    method: MethodDescriptor, service: object, draining: asyncio.Event
) -> "grpc.RpcMethodHandler[bytes, bytes]":
    implementation = getattr(service, method.name, None)
    if implementation is None:
        raise MissingMethod(f"{type(service).__name__} does not answer {method.full_name}.")
    endpoint = Endpoint(method, draining)

    def serialize(reply: object) -> bytes:
        return reply.SerializeToString()  # type: ignore[attr-defined,no-any-return]  # a generated message

    if not method.server_streaming:
        return grpc.unary_unary_rpc_method_handler(endpoint.unary(implementation), None, serialize)
    if not method.client_streaming:
        return grpc.unary_stream_rpc_method_handler(endpoint.server_stream(implementation), None, serialize)
    return grpc.stream_stream_rpc_method_handler(endpoint.batch_stream(implementation), None, serialize)


def _credentials(tls: TlsConfig) -> grpc.ServerCredentials:
    pair = (tls.private_key.read_bytes(), tls.certificate.read_bytes())
    return grpc.ssl_server_credentials([pair], tls.authority.read_bytes(), require_client_auth=True)
