"""What the use cases need of a store."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from services.card.access import Access, Looked
from services.card.actor import OperationRecord
from services.card.change import CardChange
from services.card.contact import Contact
from services.card.domain import Card, CardEvent
from services.card.ecard_event import ECardEvent
from services.card.merge import Merge
from services.card.person import Person, PersonEvent
from services.card.pin import Pin
from services.card.service.applications import ApplicationStore
from services.card.service.delivery_store import DeliveryStore
from services.card.service.ecard_store import ECardStore
from services.card.service.making_store import MakingStore
from services.common.filtering import Filter
from services.common.identity import IdentityNumber


class PersonStore(Protocol):
    """The identity vault."""

    def resolve(self, numbers: Collection[str]) -> Mapping[str, str]:
        """Give identity number, present or former, -> person whose record stands for it now."""
        ...

    def owners(self, numbers: Collection[str]) -> Mapping[str, str]:
        """Give identity number, present or former, -> person whose own it is, merged or not."""
        ...

    def known(self, people: Collection[str]) -> Mapping[str, str]:
        """Give registered person -> person whose record stands for it, mostly the same; nothing is unsealed."""
        ...

    def names(self, people: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Give registered person -> all records that mean the same person, in order; mostly that one alone."""
        ...

    def foresee(self, people: Collection[str]) -> Collection[str]:
        """Look up at once what use cases will ask of people by these names; give those who stand for them."""
        ...

    def get(self, people: Collection[str]) -> Mapping[str, Person]:
        """Give those of some people who are registered, unsealed; for a merged one, who stands for it."""
        ...

    def locked(self, people: Collection[str]) -> Mapping[str, Person]:
        """Give some records as they are, and those that were merged into them, locked for a change."""
        ...

    def former_numbers(self, person: str) -> Sequence[str]:
        """Give the former numbers of a person, and all numbers of the records that were merged into it, in clear."""
        ...

    def add(self, people: Sequence[Person]) -> None:
        """Seal and keep new people; raises Conflict when somebody else has just registered one of them."""
        ...

    def save(self, people: Sequence[Person]) -> None:
        """Keep changed records; raises Conflict when somebody else has just changed one of them."""
        ...

    def save_renumbered(self, person: Person, former: IdentityNumber) -> None:
        """Keep a person with another number, and the former one as an alias; raises Conflict as `save` does."""
        ...


class AccessStore(Protocol):
    """The log of accesses to people."""

    def add(self, calls: Sequence[Looked]) -> None:
        """Keep that calls read people."""
        ...

    def page(self, wanted: Filter, size: int, before: tuple[int, str, int] | None) -> Sequence[Access]:
        """Give up to `size` accesses, newest first, from the one after `before`."""
        ...

    def count_reveal(self, caller: str, day: date) -> int:
        """Count one more reveal of a caller on a day, under the count's lock; give the count."""
        ...


class MergeStore(Protocol):
    """Merges of two records that are one person."""

    def get(self, merge: str) -> Merge | None:
        """Give one merge."""
        ...

    def add(self, merge: Merge) -> None:
        """Keep a new merge; raises Conflict when an open one has the same merged record."""
        ...

    def save(self, merge: Merge) -> None:
        """Keep a changed merge; raises Conflict when somebody else has just changed it."""
        ...

    def open_of(self, merged: str) -> Merge | None:
        """Give the open merge of a record into another one."""
        ...

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[Merge]:
        """Give up to `size` merges, newest first, from the one after `before`."""
        ...


class CardStore(Protocol):
    """Cards."""

    def get(self, card: str) -> Card | None:
        """Give one card."""
        ...

    def foresee(self, cards: Collection[str]) -> None:
        """Look up at once the cards that `get` will be asked for."""
        ...

    def foresee_numbers(self, numbers: Collection[str]) -> None:
        """Look up at once the cards that `by_number` will be asked for by their numbers."""
        ...

    def foresee_codes(self, codes: Collection[str]) -> None:
        """Look up at once the cards that `by_number` will be asked for by their identification codes."""
        ...

    def live(self, people: Collection[str]) -> Mapping[str, Card]:
        """Give the live cards of some people, by the name asked: for a merged one, the card of who stands for it."""
        ...

    def deceased(self, people: Collection[str]) -> Collection[str]:
        """Give those of some people whose last card was cancelled for death."""
        ...

    def live_of(self, person: str) -> Card | None:
        """Give the live card of a person whose record stands for itself."""
        ...

    def foresee_live(self, people: Collection[str]) -> None:
        """Look up at once the live cards that `live_of` will be asked for."""
        ...

    def foresee_locked(self, cards: Collection[str]) -> None:
        """Look up and lock at once the cards that `locked` will be asked for."""
        ...

    def by_number(self, card_no: str, identification_code: str) -> Card | None:
        """Give the card with this card number, or else with this identification code."""
        ...

    def locked(self, card: str) -> Card | None:
        """Give one card as it is now, locked for a change: others who change it wait."""
        ...

    def account(self, card: str) -> str:
        """Give a card's account in clear; empty without one."""
        ...

    def making_overdue(self, today: date, size: int) -> Sequence[Card]:
        """Give up to `size` cards whose last day for being made has passed untold, locked for a change."""
        ...

    def renewal_due(self, today: date, size: int) -> Sequence[Card]:
        """Give up to `size` cards whose renewal window has opened untold, locked for a change."""
        ...

    def temporary_expired(self, today: date, size: int) -> Sequence[Card]:
        """Give up to `size` cards whose temporary card has passed its last day, locked for a change."""
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

    def waiting(self, division: str, bank: str, size: int) -> Sequence[Card]:
        """Give up to `size` applications that wait for making, oldest first, locked for a change."""
        ...

    def overdue(self, wanted: Filter, size: int, after: str) -> Sequence[Card]:
        """Give up to `size` cards that were told to be overdue and wait still, oldest first, from the one after."""
        ...

    def some(self, cards: Collection[str]) -> Sequence[Card]:
        """Give some cards."""
        ...

    def locked_some(self, cards: Collection[str]) -> Sequence[Card]:
        """Give some cards as they are now, locked for a change: others who change them wait."""
        ...

    def save_locked(self, cards: Sequence[Card], accounts: Mapping[str, str] = {}) -> None:
        """Keep changed cards that this transaction has locked, and by card new accounts sealed."""
        ...

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[Card]:
        """Give up to `size` cards, newest first, from the one after `before`."""
        ...

    def changes(self, start: int, size: int) -> Sequence[CardChange]:
        """Give up to `size` changes from a position on, with the cards as they are now."""
        ...

    def change_bounds(self) -> tuple[int, int]:
        """Give the first position of a change that is kept, and the position after the last."""
        ...

    def forget_changes(self, before: datetime, size: int) -> int:
        """Delete changes older than a moment, up to `size` of them; give how many."""
        ...

    def take_sequence(self, count: int) -> int:
        """Take so many sequence numbers for card numbers; give the first of them."""
        ...

    def numbered(self, numbers: Collection[str], codes: Collection[str]) -> Sequence[Card]:
        """Give the cards that have one of some card numbers, or one of some identification codes."""
        ...

    def identification_code(self, issuing_division: str, sequence: int) -> str:
        """Make the card identification code of a sequence number, under the vault's key."""
        ...


class OperationStore(Protocol):
    """The record of what was done to cards by whom; it only grows."""

    def add(self, record: OperationRecord) -> None:
        """Keep that an operation was done."""
        ...

    def page(self, card: str, size: int, before: str | None) -> Sequence[OperationRecord]:
        """Give up to `size` records of a card, newest first, from the one after `before`."""
        ...


class ContactStore(Protocol):
    """How holders are reached."""

    def get(self, person: str) -> Contact | None:
        """Give a person's contact, unsealed; None when none is known."""
        ...

    def put(self, person: str, contact: Contact, now: datetime) -> None:
        """Seal and keep a person's contact."""
        ...


class PinStore(Protocol):
    """PINs of cards, or passwords of electronic cards, by their verification values."""

    def get(self, owner: str) -> Pin | None:
        """Give a card's PIN; None when none has been set."""
        ...

    def put(self, pin: Pin, now: datetime) -> None:
        """Keep a card's PIN as it is now; the caller has locked the card."""
        ...


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
        """What was done to cards."""
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
