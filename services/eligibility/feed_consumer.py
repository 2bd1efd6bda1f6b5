"""Takes deliveries in that offices publish on the bus, piece by piece.

The broker repeats what was not acknowledged, and after a crash brings later pieces before earlier ones: a delivery
counts its pieces in whatever order they come, and one that comes again changes nothing.
What cannot be taken rejects its delivery, with the reason for the office to read; others go on. A message that names no
delivery is kept as refused, for an operator to read.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from google.protobuf.message import DecodeError

from services.common.clock import Clock
from services.common.cloud_event import Event
from services.common.errors import DomainError, InvalidInput
from services.common.failpoints import failpoint
from services.common.identity import holds_identity_number
from services.common.ids import new_id
from services.common.rpc.requests import batch_of, number_of, text_of
from services.common.transactions import Transactions
from services.eligibility.api.feed_messages import delivered_of
from services.eligibility.evidence import EvidenceSource
from services.eligibility.feed import RefusedMessage
from services.eligibility.service.feed import Delivered, Piece, receive_piece, refuse_delivery
from services.eligibility.service.store import Store
from socsec.evidence.v1 import feed_piece_pb2

EVIDENCE_STREAM = "SOCSEC_EVIDENCE"
FETCH = 8
"""Messages asked for at once: each holds up to 1,000 rows."""

_SENT = feed_piece_pb2.FeedPieceSent.DESCRIPTOR.full_name
_LONGEST_ID = 100
_MOST_PIECES = 1_000_000
_MOST_ROWS = 1_000_000_000

log = logging.getLogger(__name__)


class FeedConsumer:
    """Applies pieces, each in a transaction of its own."""

    def __init__(self, transactions: Transactions[Store], clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    async def handle(self, events: Sequence[Event]) -> None:
        """Take pieces in durably, in their order."""
        for event in events:
            await self._take(event)
            failpoint("feed_consumer.after_piece")

    async def _take(self, event: Event) -> None:
        now = self._clock()
        try:
            source = _office(event)
            message = _message(event)
            reference = text_of(message.reference, "reference")
        except DomainError as error:
            log.error("feed_consumer.unread", extra={"reason": error.reason})  # noqa: TRY400  no stack
            refused = _refused(event, str(error), now)
            await self._transactions.write(lambda store: store.refused.keep(refused))
            return
        try:
            piece = _piece(message)
        except DomainError as error:
            refusal = f"Piece {message.number}: {error}"
            await self._transactions.write(lambda store: refuse_delivery(store, source, reference, refusal, now))
            return
        await self._transactions.write(lambda store: receive_piece(store, source, reference, piece, now))


def _office(event: Event) -> EvidenceSource:
    """Tell who sends: the last word of the subject, on which the broker lets that office alone publish."""
    try:
        return EvidenceSource(event.division)
    except ValueError as error:
        raise InvalidInput("subject", "UNKNOWN_VALUE", "The subject ends in no office's word.") from error


def _refused(event: Event, refusal: str, now: datetime) -> RefusedMessage:
    """Give what somebody has to read: the message names no delivery that could be rejected for it."""
    message = event.event_id[:_LONGEST_ID]
    if holds_identity_number(message):
        message = ""
    try:
        source: EvidenceSource | None = _office(event)
    except DomainError:
        source = None
    name = new_id()
    return RefusedMessage(name, message or name, source, refusal, now)


def _message(event: Event) -> feed_piece_pb2.FeedPieceSent:
    if event.type != _SENT:
        raise InvalidInput("type", "UNKNOWN_VALUE", f"Only {_SENT} is taken in.")
    try:
        return feed_piece_pb2.FeedPieceSent.FromString(event.data)
    except DecodeError as error:
        raise InvalidInput("data", "MALFORMED_MESSAGE", f"It is no {_SENT}.") from error


def _piece(message: feed_piece_pb2.FeedPieceSent) -> Piece:
    number = number_of(message.number, "number", 1, _MOST_PIECES)
    row_count = number_of(message.row_count, "row_count", 0, _MOST_ROWS)
    rows: list[tuple[int, Delivered]] = []
    for place, item in enumerate(batch_of(message.rows, "rows")):
        try:
            if item.identity_number:
                raise InvalidInput("identity_number", "INVALID_TEXT", "Rows on the bus name people/{person}.")
            rows.append((place, delivered_of(item)))
        except DomainError as error:
            raise InvalidInput(f"rows[{place}]", error.reason, f"rows[{place}]: {error}") from error
    return Piece(number, rows, row_count)
