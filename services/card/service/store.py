"""What the use cases need of a store."""

from collections.abc import Sequence
from typing import Protocol

from services.card.domain import CardEvent
from services.card.ecard_event import ECardEvent
from services.card.person import PersonEvent
from services.card.service.applications import ApplicationStore
from services.card.service.card_store import AccountStore, CardStore, ContactStore, OperationStore, PinStore
from services.card.service.delivery_store import DeliveryStore
from services.card.service.ecard_store import ECardStore
from services.card.service.making_store import MakingStore
from services.card.service.person_store import AccessStore, MergeStore, PersonStore


class Store(Protocol):
    """One transaction's view of all tables."""

    @property
    def people(self) -> PersonStore:
        """People."""
        ...

    @property
    def accesses(self) -> AccessStore:
        """Accesses."""
        ...

    @property
    def merges(self) -> MergeStore:
        """Merges."""
        ...

    @property
    def cards(self) -> CardStore:
        """Cards."""
        ...

    @property
    def accounts(self) -> AccountStore:
        """Accounts of cards."""
        ...

    @property
    def pins(self) -> PinStore:
        """PINs."""
        ...

    @property
    def passwords(self) -> PinStore:
        """Passwords of electronic cards."""
        ...

    @property
    def making(self) -> MakingStore:
        """Making batches."""
        ...

    @property
    def deliveries(self) -> DeliveryStore:
        """Deliveries."""
        ...

    @property
    def operations(self) -> OperationStore:
        """What was done to cards and people."""
        ...

    @property
    def contacts(self) -> ContactStore:
        """Contacts."""
        ...

    @property
    def applications(self) -> ApplicationStore:
        """One-card applications."""
        ...

    @property
    def ecards(self) -> ECardStore:
        """Electronic cards."""
        ...

    def tell(self, events: Sequence[CardEvent | ECardEvent | PersonEvent]) -> None:
        """Put events into the outbox; electronic cards and deliveries follow what happened to cards."""
        ...
