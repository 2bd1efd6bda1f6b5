"""What the use cases need of a store."""

from collections.abc import Collection, Mapping, Sequence, Set
from datetime import datetime
from typing import Protocol

from services.card.domain import Card, CardEvent
from services.card.person import Person, PersonRegistered, Reveal
from services.common.filtering import Filter


class PersonStore(Protocol):
    """The identity vault."""

    def resolve(self, numbers: Collection[str]) -> Mapping[str, str]:
        """Give identity number -> person for those who are registered."""
        ...

    def known(self, people: Collection[str]) -> Set[str]:
        """Give those of some people who are registered, without unsealing anything."""
        ...

    def get(self, people: Collection[str]) -> Mapping[str, Person]:
        """Give those of some people who are registered, unsealed."""
        ...

    def add(self, people: Sequence[Person]) -> None:
        """Seal and keep new people; raises Conflict when somebody else has just registered one of them."""
        ...

    def record_reveal(self, reveal: Reveal) -> None:
        """Keep that somebody was revealed."""
        ...

    def reveals(self, wanted: Filter, size: int, before: str | None) -> Sequence[Reveal]:
        """Give up to `size` reveals, newest first, from the one after `before`."""
        ...


class CardStore(Protocol):
    """Cards."""

    def get(self, card: str) -> Card | None:
        """Give one card."""
        ...

    def live(self, people: Collection[str]) -> Mapping[str, Card]:
        """Give the live cards of some people."""
        ...

    def by_number(self, card_no: str, identification_code: str) -> Card | None:
        """Give the card with this card number, or else with this identification code."""
        ...

    def lapse_due(self, now: datetime, size: int) -> Sequence[Card]:
        """Give up to `size` cards whose provisional loss has lapsed, locked for a change."""
        ...

    def add(self, cards: Sequence[Card], accounts: Mapping[str, str]) -> None:
        """Keep new cards and, by card, their accounts sealed; raises Conflict when a holder has just got another."""
        ...

    def save(self, card: Card, account: str = "") -> None:
        """Keep a changed card and a new account; raises Conflict when somebody else has just changed the card."""
        ...

    def save_locked(self, cards: Sequence[Card]) -> None:
        """Keep changed cards that this transaction has locked."""
        ...

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[Card]:
        """Give up to `size` cards, newest first, from the one after `before`."""
        ...

    def take_sequence(self, count: int) -> int:
        """Take so many sequence numbers for card numbers; give the first of them."""
        ...

    def identification_code(self, issuing_division: str, sequence: int) -> str:
        """Make the card identification code of a sequence number, under the vault's key."""
        ...


class Store(Protocol):
    """One transaction's view of all tables."""

    @property
    def people(self) -> PersonStore:
        """People."""
        ...

    @property
    def cards(self) -> CardStore:
        """Cards."""
        ...

    def tell(self, events: Sequence[CardEvent | PersonRegistered]) -> None:
        """Put events into the outbox."""
        ...
