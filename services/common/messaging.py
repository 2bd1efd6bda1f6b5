"""NATS JetStream: the process's connection, and publishing events in atomic batches.

Nothing here creates a stream: with a wrong at-rest key the server starts with its streams "not found", and making new
ones would lose every event in the old ones.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable, Sequence

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, PersistMode, RetentionPolicy, StorageType
from pydantic import BaseModel

from services.common.cloud_event import Event
from services.common.config import NatsConfig
from services.common.failpoints import failpoint
from services.common.ids import new_id

MAX_BATCH = 500
"""Events in one atomic batch; the server's own limit is 1,000."""

_ACK_SECONDS = 10.0
_CLOSE_SECONDS = 2.0
_DUPLICATE_IN_BATCH = 10201

log = logging.getLogger(__name__)


class BrokerUnavailable(Exception):
    """The broker did not confirm; what was sent may or may not have been stored, and can be sent again."""


class StreamUnfit(Exception):
    """A stream is missing or configured so that acknowledged events could be lost."""


class Messaging:
    """The process's connection to the broker; spawn `run`, and use it from other tasks."""

    def __init__(self, config: NatsConfig, name: str, streams: Sequence[str]) -> None:
        """Prepare a connection as `name` that needs these streams."""
        self._config = config
        self._name = name
        self._streams = streams
        self._client = Client()
        self._ready = asyncio.Event()
        self._lost = asyncio.Event()

    async def run(self) -> None:
        """Connect, however long it takes, check the streams, and hold the connection until cancelled.

        Raises StreamUnfit when a stream is missing or unsafe.
        """
        try:
            await connect(self._config, self._name, self._client, self._lose)
            jetstream = self._client.jetstream()
            for stream in self._streams:
                await _check_stream(jetstream, stream)
            self._ready.set()
            await asyncio.Event().wait()
        finally:
            self._ready.clear()
            with contextlib.suppress(nats.errors.Error, OSError, TimeoutError):
                async with asyncio.timeout(_CLOSE_SECONDS):  # nats-py may wait forever for a connection that is lost
                    await self._client.close()

    async def ready(self) -> None:
        """Wait until the first connection stands and the streams are good."""
        await self._ready.wait()

    @property
    def client(self) -> Client:
        """The NATS client, for the pull loop."""
        return self._client

    async def publish(self, events: Sequence[Event]) -> None:
        """Store events, in order; when this returns, the broker has synced all of them to disk.

        One atomic batch costs the same few fsyncs as one message. A batch that holds an event which is stored already
        is refused whole; its events are then sent one by one, and the broker drops the known ones.
        Raises BrokerUnavailable: some may be stored then; send all of them again.
        """
        if not self._ready.is_set():
            raise BrokerUnavailable("There is no connection to the broker yet.")
        try:
            for start in range(0, len(events), MAX_BATCH):
                await self._publish_batch(events[start : start + MAX_BATCH])
        except (nats.errors.Error, nats.js.errors.Error, OSError, TimeoutError) as error:
            raise BrokerUnavailable(f"The broker did not confirm: {type(error).__name__}.") from error

    def _lose(self) -> None:
        self._lost.set()  # wakes those who wait now
        self._lost.clear()

    async def _publish_batch(self, events: Sequence[Event]) -> None:
        if len(events) > 1:
            answer = await self._publish_atomically(events)
            if answer.error is None and answer.count == len(events):
                return
            if answer.error is None or answer.error.err_code != _DUPLICATE_IN_BATCH:
                raise BrokerUnavailable(answer.refusal())
            log.info("messaging.batch_holds_known_events", extra={"events": len(events)})
        for event in events:
            answer = await self._request(event, event.headers())
            if answer.error is not None:
                raise BrokerUnavailable(answer.refusal())

    async def _publish_atomically(self, events: Sequence[Event]) -> "_Answer":
        batch = new_id()
        headers: dict[str, str] = {}
        for number, event in enumerate(events, 1):
            headers = event.headers() | {"Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(number)}
            if number < len(events):
                await self._client.publish(event.nats_subject, event.data, headers=headers)
                failpoint("relay.inside_batch")
        failpoint("relay.before_batch_commit")
        return await self._request(events[-1], headers | {"Nats-Batch-Commit": "1"})

    async def _request(self, event: Event, headers: dict[str, str]) -> "_Answer":
        request = asyncio.create_task(
            self._client.request(event.nats_subject, event.data, timeout=_ACK_SECONDS, headers=headers)
        )
        lost = asyncio.create_task(self._lost.wait())
        try:
            # An answer never comes over the next connection: waiting for it would only delay the repetition.
            await asyncio.wait({request, lost}, return_when=asyncio.FIRST_COMPLETED)
            if not request.done():
                raise BrokerUnavailable("The connection was lost before the broker confirmed.")
            return _Answer.model_validate_json(request.result().data)
        finally:
            lost.cancel()
            if not request.done():
                request.cancel()


class _Error(BaseModel):
    err_code: int = 0
    description: str = ""


class _Answer(BaseModel):
    """The broker's answer to a message or to the last of a batch."""

    error: _Error | None = None
    count: int = 1

    def refusal(self) -> str:
        if self.error is None:
            return "The broker confirmed another number of events than was sent."
        return f"The broker refused: {self.error.description} ({self.error.err_code})."


async def connect(
    config: NatsConfig, name: str, client: Client | None = None, on_loss: Callable[[], None] | None = None
) -> Client:
    """Connect by mTLS as `name`, trying until it succeeds; afterwards the client reconnects by itself.

    Nothing is buffered while disconnected: a message sent late could come after the broker has forgotten its id. A
    `tls://` address begins with the TLS handshake; `nats://` lets the server ask for it in plain text first.
    """
    context = ssl.create_default_context(cafile=config.tls.authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(config.tls.certificate, config.tls.private_key)
    client = client or Client()

    told: set[type[Exception]] = set()

    async def on_error(error: Exception) -> None:
        # While the broker is away each attempt fails, five times a second and in the same way.
        if not client.is_connected and type(error) in told:
            return
        told.add(type(error))
        log.warning("messaging.error", extra={"error": type(error).__name__, "detail": str(error)})

    async def on_disconnect() -> None:
        log.warning("messaging.disconnected")
        if on_loss is not None:
            on_loss()

    async def on_reconnect() -> None:
        told.clear()
        log.info("messaging.reconnected")

    await client.connect(
        config.url,
        name=name,
        tls=context,
        tls_handshake_first=config.url.startswith("tls://"),
        pending_size=0,
        inbox_prefix=inbox_prefix(name),
        connect_timeout=5,
        reconnect_time_wait=0.2,  # type: ignore[arg-type]  # annotated int, used as seconds in a sleep
        max_reconnect_attempts=-1,
        ping_interval=10,
        error_cb=on_error,
        disconnected_cb=on_disconnect,
        reconnected_cb=on_reconnect,
    )
    return client


def inbox_prefix(name: str) -> str:
    """Give the prefix of a connection's reply subjects; each user may read its own only."""
    return f"_INBOX_{name}"


async def _check_stream(jetstream: JetStreamContext, stream: str) -> None:
    try:
        config = (await jetstream.stream_info(stream)).config
    except nats.js.errors.NotFoundError as error:
        raise StreamUnfit(f"There is no stream {stream}; an operator creates streams, a service never does.") from error
    limited = any(limit is not None and limit > 0 for limit in (config.max_msgs, config.max_bytes))
    faults = [
        text
        for wrong, text in (
            (config.storage != StorageType.FILE, "storage must be file"),
            (not config.allow_atomic, "allow_atomic must be on"),
            (config.persist_mode == PersistMode.ASYNC, "persist_mode async answers before it has synced to disk"),
            (config.no_ack, "no_ack must be off"),
            (config.retention != RetentionPolicy.LIMITS, "retention must be limits"),
            (
                limited and config.discard != DiscardPolicy.NEW,
                "a limited stream must discard new, not unread old events",
            ),
        )
        if wrong
    ]
    if faults:
        raise StreamUnfit(f"The stream {stream} is unsafe: {'; '.join(faults)}.")
