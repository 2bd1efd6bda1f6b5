"""Connections of services to a test's broker."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine

from services.common.messaging import Messaging, connect
from tests.integration.messaging.broker import TestBroker


@contextlib.asynccontextmanager
async def running(work: Coroutine[object, object, None]) -> AsyncIterator["asyncio.Task[None]"]:
    """Run a part of a process beside the test; what it raised is raised at the end."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def messaging_of(broker: TestBroker, name: str, *streams: str) -> AsyncIterator[Messaging]:
    """Connect as a service; raises what keeps the connection from being ready."""
    messaging = Messaging(broker.config(name), name, streams)
    async with running(messaging.run()) as task, running(messaging.ready()) as ready:
        await asyncio.wait({ready, task}, timeout=15, return_when=asyncio.FIRST_COMPLETED)
        assert ready.done() or task.done()
        if ready.done():
            yield messaging


async def stored(broker: TestBroker, stream: str) -> int:
    """Count the messages in a stream."""
    client = await connect(broker.config("nats-admin"), "nats-admin")
    state = (await client.jetstream().stream_info(stream)).state
    await client.close()
    return int(state.messages)
