"""Waiting until the parts of a stack answer."""

import asyncio
import contextlib
from collections.abc import Coroutine
from urllib.parse import urlsplit

import asyncpg
import grpc
from grpc_health.v1 import health_pb2

from services.common.config import TlsConfig
from services.common.rpc.client import connect
from services.local.folder import SERVICES, StackError
from services.local.processes import Child

START_SECONDS = 60.0
"""Longest time from a process's start to its first answer."""

_ASK_AGAIN_SECONDS = 0.05


async def until_ready(child: Child | None, answer: Coroutine[object, object, None], what: str) -> None:
    """Wait for a first answer; raise StackError when the process ends before, or the time is over."""
    answered = asyncio.create_task(answer)
    tasks: set[asyncio.Task[object]] = {answered}
    ended = asyncio.create_task(child.ended()) if child is not None else None
    if ended is not None:
        tasks.add(ended)
    try:
        await asyncio.wait(tasks, timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if answered.done():
            answered.result()
        elif child is not None and ended is not None and ended.done():
            raise child.failure()
        else:
            raise StackError(f"{what} did not answer within {START_SECONDS:.0f} s.")
    finally:
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task


async def serving(address: str, tls: TlsConfig) -> None:
    """Return once the gRPC health at an address is SERVING."""
    async with connect(address, tls, seconds=2.0) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            health_pb2.HealthCheckRequest.SerializeToString,
            health_pb2.HealthCheckResponse.FromString,
        )
        while True:
            with contextlib.suppress(grpc.aio.AioRpcError):
                reply = await check(health_pb2.HealthCheckRequest())
                if reply.status == health_pb2.HealthCheckResponse.SERVING:
                    return
            await asyncio.sleep(_ASK_AGAIN_SECONDS)


async def create_databases(server_url: str) -> None:
    """Create a database a service on a PostgreSQL server where missing; raise StackError when it does not answer."""
    try:
        connection = await asyncpg.connect(urlsplit(server_url)._replace(scheme="postgresql").geturl(), timeout=10)
        try:
            for service in SERVICES:
                name = f"socsec_{service}"
                if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
                    await connection.execute(f'CREATE DATABASE "{name}"')
        finally:
            await connection.close()
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StackError(f"The PostgreSQL server cannot be used: {error}") from error
