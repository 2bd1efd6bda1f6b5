"""A durable pull consumer: fetches events in batches, has them applied, and acknowledges them afterwards.

An acknowledgement is not durable on one replica and may be lost, so it is never relied upon: the inbox decides what is
applied. For the same reason nothing is ever given back to the broker: it would come out of order. Deliveries have no
limit, as a message beyond its last one stops without a sign.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import nats.errors
import nats.js.errors
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from services.common.cloud_event import Event
from services.common.errors import Unavailable
from services.common.failpoints import failpoint
from services.common.messaging import Messaging

Handle = Callable[[Sequence[Event]], Awaitable[None]]
"""Applies events durably, through the inbox; raises Unavailable while the database does not answer."""

FETCH = 500
"""Events in one batch, unless a consumer asks for fewer."""

_ACK_WAIT_SECONDS = 5.0  # how long after a crash the unacknowledged ones come again
_PULL_SECONDS = 5.0
_LOOK_SECONDS = 1.0
_GATHER_SECONDS = 0.002  # the rest of a burst is on its way: one commit for it instead of many
_FIRST_BACKOFF_SECONDS = 0.2
_LAST_BACKOFF_SECONDS = 5.0

_CHECKED = (
    "ack_policy",
    "deliver_policy",
    "ack_wait",
    "max_deliver",
    "max_ack_pending",
    "filter_subject",
    "filter_subjects",
)

log = logging.getLogger(__name__)


class ConsumerChanged(Exception):
    """The durable consumer exists with another configuration than this program expects."""


class Subscription:
    """One durable consumer of one stream; spawn `run`."""

    def __init__(
        self,
        messaging: Messaging,
        stream: str,
        durable: str,
        handle: Handle,
        subjects: Sequence[str] = (),
        fetch: int = FETCH,
    ) -> None:
        """Prepare to consume a stream, or only some of its subjects: an inbox would miss what is left out then.

        `fetch` is how many messages are asked for at once; fewer where each is large.
        """
        self._messaging = messaging
        self._subjects = list(subjects)
        self._client = messaging.client
        self._stream = stream
        self._durable = durable
        self._handle = handle
        self._most = fetch
        self._arrived: asyncio.Queue[Msg] = asyncio.Queue()
        self._asked = _Asked()

    async def run(self) -> None:
        """Consume until cancelled; raises ConsumerChanged."""
        await self._messaging.ready()
        await self._ensure_consumer()
        inbox = self._client.new_inbox()
        subscription = await self._client.subscribe(inbox, cb=self._arrived.put)
        try:
            while True:
                messages = await self._fetch(inbox)
                if messages:
                    failpoint("consumer.before_apply")
                    await self._apply([self._event_of(message) for message in messages])
                    failpoint("consumer.after_apply")
                    await self._acknowledge(messages)
                    failpoint("consumer.after_acks")
        finally:
            with contextlib.suppress(nats.errors.Error, OSError):
                await subscription.unsubscribe()

    async def _fetch(self, inbox: str) -> list[Msg]:
        """Give what has come, as soon as something has, and nothing after a while.

        nats-py's own `fetch` waits for the whole batch to the end of its time once the first message is there.
        """
        reconnects = self._client.stats["reconnects"]
        if self._asked.is_over(reconnects):
            question = json.dumps({"batch": self._most, "expires": int(_PULL_SECONDS * 1e9)}).encode()
            try:
                await self._client.publish(
                    f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._durable}", question, reply=inbox
                )
            except nats.errors.Error:
                await asyncio.sleep(_FIRST_BACKOFF_SECONDS)  # disconnected; the client is reconnecting
                return []
            self._asked = _Asked(self._most, time.monotonic() + _PULL_SECONDS + _LOOK_SECONDS, reconnects)
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                arrived = [await self._arrived.get()]
        except TimeoutError:
            return []
        await asyncio.sleep(_GATHER_SECONDS)
        while not self._arrived.empty() and len(arrived) < self._most:
            arrived.append(self._arrived.get_nowait())
        return [message for message in arrived if not self._is_status(message)]

    def _is_status(self, message: Msg) -> bool:
        status = (message.headers or {}).get("Status")
        if status is None:
            self._asked.open -= 1
            return False
        self._asked.open = 0  # expired, or refused while the server restarts: ask again
        if status not in {"404", "408"}:
            log.info("subscription.status", extra={"stream": self._stream, "status": status})
        return True

    async def _apply(self, events: Sequence[Event]) -> None:
        backoff = _FIRST_BACKOFF_SECONDS
        while True:
            try:
                return await self._handle(events)
            except Unavailable:
                log.warning("subscription.waits_for_database", extra={"stream": self._stream, "seconds": backoff})
                await asyncio.sleep(backoff)
                backoff = min(backoff * 2, _LAST_BACKOFF_SECONDS)

    async def _acknowledge(self, messages: Sequence[Msg]) -> None:
        with contextlib.suppress(nats.errors.Error):  # it comes again then, and is known
            for message in messages:
                await self._client.publish(message.reply, b"+ACK")
                failpoint("consumer.between_acks")

    def _event_of(self, message: Msg) -> Event:
        try:
            return Event.of_message(message.subject, message.headers, message.data)
        except ValueError as error:
            # Held under a name of its own, so that somebody looks at it: no type of ours is empty.
            log.error("subscription.no_event", extra={"stream": self._stream, "reason": str(error)})  # noqa: TRY400  no stack
            place = f"{self._stream}/{message.metadata.sequence.stream}"
            return Event(place, "", self._stream, place, place, 1, "", datetime.now(UTC), message.data)

    async def _ensure_consumer(self) -> None:
        wanted = ConsumerConfig(
            durable_name=self._durable,
            ack_policy=AckPolicy.EXPLICIT,
            deliver_policy=DeliverPolicy.ALL,
            ack_wait=_ACK_WAIT_SECONDS,
            max_deliver=-1,
            max_ack_pending=4 * self._most,
            filter_subjects=self._subjects or None,
        )
        jetstream = self._client.jetstream()
        try:
            found = (await jetstream.consumer_info(self._stream, self._durable)).config
        except nats.js.errors.NotFoundError:
            found = (await jetstream.add_consumer(self._stream, wanted)).config
        if self._subjects and set(found.filter_subjects or ()) < set(self._subjects):
            # A newer program asks for more. What of it came before now stays unheard, and no inbox waits for it.
            log.info("subscription.more_subjects", extra={"stream": self._stream, "durable": self._durable})
            await jetstream.add_consumer(self._stream, wanted)  # after its restart the server answers as it was before
            found = (await jetstream.consumer_info(self._stream, self._durable)).config
        # The server keeps the configuration that a durable consumer was made with, without a word.
        for name in _CHECKED:
            if getattr(found, name) != getattr(wanted, name):
                raise ConsumerChanged(
                    f"The consumer {self._durable} of {self._stream} has {name} {getattr(found, name)}, "
                    f"not {getattr(wanted, name)}: delete it; the inbox knows what was applied."
                )


@dataclass(slots=True)
class _Asked:
    """What is still to come of the last request."""

    open: int = 0
    deadline: float = 0.0
    reconnects: int = 0

    def is_over(self, reconnects: int) -> bool:
        return self.open <= 0 or time.monotonic() > self.deadline or reconnects != self.reconnects
