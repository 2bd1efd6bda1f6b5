"""Follows which records of the identity vault are one person, and births that are corrected there.

Of the card service's events only these are asked for, so there are gaps between their numbers and no inbox is kept. An
event of a merge says what its record means from then on, and the one with the highest number counts; after a number was
changed the vault is asked for the birth as it is now, whatever order the events come in.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from google.protobuf.message import DecodeError

from services.common.cloud_event import Event
from services.common.errors import InvalidInput
from services.common.resources import resource_id
from services.common.transactions import Transactions
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.facts import MergeTold, Profile
from services.eligibility.service.merges import follow_births, follow_merges
from services.eligibility.service.store import Store
from socsec.card.v1 import card_events_pb2

CARD_STREAM = "SOCSEC_CARD"
SUBJECTS = (
    "socsec.card.v1.person.merged.*",
    "socsec.card.v1.person.merge_undone.*",
    "socsec.card.v1.identity.number_changed.*",
)

_MERGED = card_events_pb2.PersonMerged.DESCRIPTOR.full_name
_NUMBER_CHANGED = card_events_pb2.IdentityNumberChanged.DESCRIPTOR.full_name
_UNDONE = card_events_pb2.PersonMergeUndone.DESCRIPTOR.full_name

log = logging.getLogger(__name__)


class PeopleOfVault(Protocol):
    """The identity vault, as it is asked here."""

    async def profiles(self, people: Collection[str]) -> Mapping[str, Profile]:
        """Give the profiles of those whom the vault knows."""


class PersonConsumer:
    """Applies merges, their undoing, and births that came with another identity number."""

    def __init__(self, transactions: Transactions[Store], vault: PeopleOfVault, law: CertificationLaw) -> None:
        self._transactions = transactions
        self._vault = vault
        self._law = law

    async def handle(self, events: Sequence[Event]) -> None:
        """Apply a batch durably; one that cannot be read is logged and left out, as the next one says it all anew."""
        told: list[MergeTold] = []
        people: set[str] = set()
        for event in events:
            try:
                if event.type == _NUMBER_CHANGED:
                    people.add(_whose(event))
                else:
                    told.append(_read(event))
            except (InvalidInput, DecodeError) as error:
                reason = type(error).__name__
                log.error("people.unread", extra={"event_id": event.event_id, "reason": reason})  # noqa: TRY400  no stack
        people |= {name for one in told for name in (one.person, one.survivor) if name}
        if not people:
            return
        profiles = await self._vault.profiles(people)

        def follow(store: Store) -> None:
            follow_merges(store, told, self._law)
            follow_births(store, profiles, self._law)

        await self._transactions.write(follow)


def _whose(event: Event) -> str:
    changed = card_events_pb2.IdentityNumberChanged.FromString(event.data)
    return resource_id(changed.person, "people", "person")


def _read(event: Event) -> MergeTold:
    if event.type == _UNDONE:
        undone = card_events_pb2.PersonMergeUndone.FromString(event.data)
        return MergeTold(resource_id(undone.person, "people", "person"), "", event.aggregate_seq, event.event_id)
    if event.type != _MERGED:
        raise InvalidInput("type", "UNKNOWN_VALUE", "Only merges, their undoing and changed numbers are asked for.")
    merged = card_events_pb2.PersonMerged.FromString(event.data)
    return MergeTold(
        resource_id(merged.person, "people", "person"),
        resource_id(merged.survivor, "people", "survivor"),
        event.aggregate_seq,
        event.event_id,
    )
