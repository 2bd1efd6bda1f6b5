"""Follows which records of the identity vault are one person.

Of the card service's events only merges are asked for, so there are gaps between their numbers and no inbox is kept:
each event says what its record means from then on, and the one with the highest number counts.
"""

import logging
from collections.abc import Sequence

from google.protobuf.message import DecodeError

from services.common.cloud_event import Event
from services.common.errors import InvalidInput
from services.common.resources import resource_id
from services.common.transactions import Transactions
from services.eligibility.certification import CertificationLaw
from services.eligibility.facts import MergeTold
from services.eligibility.service.merges import follow_merges
from services.eligibility.service.store import Store
from socsec.card.v1 import card_events_pb2

CARD_STREAM = "SOCSEC_CARD"
SUBJECTS = ("socsec.card.v1.person.merged.*", "socsec.card.v1.person.merge_undone.*")

_MERGED = card_events_pb2.PersonMerged.DESCRIPTOR.full_name
_UNDONE = card_events_pb2.PersonMergeUndone.DESCRIPTOR.full_name

log = logging.getLogger(__name__)


class MergeConsumer:
    """Applies merges and their undoing."""

    def __init__(self, transactions: Transactions[Store], law: CertificationLaw) -> None:
        self._transactions = transactions
        self._law = law

    async def handle(self, events: Sequence[Event]) -> None:
        """Apply a batch durably; one that cannot be read is logged and left out, as the next one says it all anew."""
        told = []
        for event in events:
            try:
                told.append(_read(event))
            except (InvalidInput, DecodeError) as error:
                reason = type(error).__name__
                log.error("merges.unread", extra={"event_id": event.event_id, "reason": reason})  # noqa: TRY400  no stack
        if told:
            await self._transactions.write(lambda store: follow_merges(store, told, self._law))


def _read(event: Event) -> MergeTold:
    if event.type == _UNDONE:
        undone = card_events_pb2.PersonMergeUndone.FromString(event.data)
        return MergeTold(resource_id(undone.person, "people", "person"), "", event.aggregate_seq, event.event_id)
    if event.type != _MERGED:
        raise InvalidInput("type", "UNKNOWN_VALUE", "Only merges and their undoing are asked for.")
    merged = card_events_pb2.PersonMerged.FromString(event.data)
    return MergeTold(
        resource_id(merged.person, "people", "person"),
        resource_id(merged.survivor, "people", "survivor"),
        event.aggregate_seq,
        event.event_id,
    )
