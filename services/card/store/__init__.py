"""The store of card: rows and domain objects; rows never leave it."""

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from services.card.domain import CardEvent
from services.card.ecard_event import ECardEvent
from services.card.events import to_events
from services.card.person import PersonEvent
from services.card.service.ecards import follow_cards
from services.card.status import CardEventKind
from services.card.store.accesses import AccessTable
from services.card.store.applications import ApplicationTable
from services.card.store.cards import CardTable
from services.card.store.deliveries import DeliveryTable
from services.card.store.ecard_tables import ECARD_PASSWORD
from services.card.store.ecards import ECardTable
from services.card.store.making import MakingTable
from services.card.store.merges import MergeTable
from services.card.store.people import PersonTable
from services.card.store.pins import PinTable
from services.card.store.tables import METADATA, PIN
from services.card.store.upkeep import ContactTable, OperationTable
from services.common import outbox
from services.common.clock import Clock
from services.common.crypto import Vault

__all__ = ["METADATA", "SqlStore", "opener"]


class SqlStore:
    """All tables within one transaction."""

    def __init__(self, connection: sa.Connection, vault: Vault, clock: Clock) -> None:
        self.people = PersonTable(connection, vault)
        self.accesses = AccessTable(connection)
        self.merges = MergeTable(connection)
        self.cards = CardTable(connection, vault)
        self.applications = ApplicationTable(connection)
        self.ecards = ECardTable(connection, vault)
        self.pins = PinTable(connection, PIN)
        self.passwords = PinTable(connection, ECARD_PASSWORD)
        self.making = MakingTable(connection, vault)
        self.deliveries = DeliveryTable(connection, vault)
        self.operations = OperationTable(connection)
        self.contacts = ContactTable(connection, vault)
        self._connection = connection
        self._clock = clock

    def tell(self, events: Sequence[CardEvent | ECardEvent | PersonEvent]) -> None:
        """Put events into the outbox; electronic cards and deliveries follow the cards, in this transaction."""
        now = self._clock()
        collected, cancelled = _of(events, CardEventKind.COLLECTED), _of(events, CardEventKind.CANCELLED)
        self.deliveries.withdraw(collected, cancelled, now)
        cards = [event.card for event in events if isinstance(event, CardEvent) and event.card.status is not None]
        followed = follow_cards(self.ecards, cards, now) if cards else ()
        outbox.append(self._connection, to_events([*events, *followed], now))


def _of(events: Sequence[CardEvent | ECardEvent | PersonEvent], kind: CardEventKind) -> Sequence[str]:
    return [event.card.card for event in events if isinstance(event, CardEvent) and event.kind is kind]


def opener(vault: Vault, clock: Clock) -> Callable[[sa.Connection], SqlStore]:
    """Give what opens a store on a connection."""
    return lambda connection: SqlStore(connection, vault, clock)
