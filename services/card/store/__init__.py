"""The store of card: rows and domain objects; rows never leave it."""

from collections.abc import Callable, Sequence
from functools import cached_property

import sqlalchemy as sa

from services.card.domain import CardEvent
from services.card.ecard_event import ECardEvent
from services.card.events import to_alike, to_events
from services.card.person import PersonEvent
from services.card.service.ecards import follow_cards
from services.card.status import CardEventKind
from services.card.store.accesses import AccessTable
from services.card.store.accounts import AccountTable
from services.card.store.applications import ApplicationTable
from services.card.store.cards import CardTable
from services.card.store.contacts import ContactTable
from services.card.store.deliveries import DeliveryTable
from services.card.store.ecard_tables import ECARD_PASSWORD
from services.card.store.ecards import ECardTable
from services.card.store.making import MakingTable
from services.card.store.merges import MergeTable
from services.card.store.operations import OperationTable
from services.card.store.people import PersonTable
from services.card.store.pins import PinTable
from services.card.store.tables import METADATA, PIN
from services.common import outbox
from services.common.clock import Clock
from services.common.crypto import Vault

__all__ = ["METADATA", "SqlStore", "opener"]


class SqlStore:
    """All tables within one transaction, each made when it is asked for: most use cases need two of them."""

    people = cached_property(lambda self: PersonTable(self._connection, self._vault))
    accesses = cached_property(lambda self: AccessTable(self._connection))
    merges = cached_property(lambda self: MergeTable(self._connection))
    accounts = cached_property(lambda self: AccountTable(self._connection, self._vault))
    cards = cached_property(lambda self: CardTable(self._connection, self._vault, self.accounts))
    applications = cached_property(lambda self: ApplicationTable(self._connection))
    ecards = cached_property(lambda self: ECardTable(self._connection, self._vault))
    pins = cached_property(lambda self: PinTable(self._connection, PIN))
    passwords = cached_property(lambda self: PinTable(self._connection, ECARD_PASSWORD))
    making = cached_property(lambda self: MakingTable(self._connection, self._vault))
    deliveries = cached_property(lambda self: DeliveryTable(self._connection, self._vault))
    operations = cached_property(lambda self: OperationTable(self._connection))
    contacts = cached_property(lambda self: ContactTable(self._connection, self._vault))

    def __init__(self, connection: sa.Connection, vault: Vault, clock: Clock) -> None:
        self._connection = connection
        self._vault = vault
        self._clock = clock

    def tell(self, events: Sequence[CardEvent | ECardEvent | PersonEvent]) -> None:
        """Put events into the outbox; electronic cards and deliveries follow the cards, in this transaction."""
        now = self._clock()
        collected, cancelled = _of(events, CardEventKind.COLLECTED), _of(events, CardEventKind.CANCELLED)
        self.deliveries.withdraw(collected, cancelled, now)
        cards = [event.card for event in events if isinstance(event, CardEvent) and event.card.status is not None]
        followed = follow_cards(self.ecards, cards, now) if cards else ()
        told = [*events, *followed]
        alike = to_alike(told, now) if len(told) > 1 else None
        if alike is not None:
            outbox.append_alike(self._connection, alike)
        else:
            outbox.append(self._connection, to_events(told, now))


def _of(events: Sequence[CardEvent | ECardEvent | PersonEvent], kind: CardEventKind) -> Sequence[str]:
    return [event.card.card for event in events if isinstance(event, CardEvent) and event.kind is kind]


def opener(vault: Vault, clock: Clock) -> Callable[[sa.Connection], SqlStore]:
    """Give what opens a store on a connection."""
    return lambda connection: SqlStore(connection, vault, clock)
