"""What the use cases of cards need of a store."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from services.card.account import AccountHolder, CardAccount
from services.card.actor import Actor, OperationRecord
from services.card.change import CardChange
from services.card.contact import Contact
from services.card.domain import Card
from services.card.pin import Pin
from services.common.filtering import Filter


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

    def foresee_applicants(self, people: Collection[str]) -> None:
        """Look up at once what `live_of` and `deceased` will be asked for."""
        ...

    def foresee_locked(self, cards: Collection[str]) -> Collection[Card]:
        """Look up and lock at once the cards that `locked` will be asked for; give those that there are."""
        ...

    def by_number(self, card_no: str, identification_code: str) -> Card | None:
        """Give the card with this card number, or else with this identification code."""
        ...

    def locked(self, card: str) -> Card | None:
        """Give one card as it is now, locked for a change: others who change it wait."""
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

    def add(
        self, cards: Sequence[Card], accounts: Mapping[str, str], origin: str = "", not_kept: Collection[str] = ()
    ) -> None:
        """Keep new cards and, by card, their accounts, which are kept for the holders but by those of `not_kept`.

        `origin` is the record of the operation that brought them in one batch; empty when each has its own. Raises
        Conflict when a holder has just got another card, or somebody else the same account.
        """
        ...

    def add_successor(self, card: Card) -> None:
        """Keep a card in the place of another, with that one's account when it takes it over."""
        ...

    def save(self, card: Card, account: str = "") -> None:
        """Keep a changed card and a new account, which is kept by it.

        Raises Conflict when somebody else has just changed the card, or got the account.
        """
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
        """Keep changed cards that this transaction has locked, and by card new accounts, which are kept by them."""
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

    def foresee_sequence(self, count: int) -> None:
        """Take so many sequence numbers at once, for use cases that will take one each; what is left then is lost."""
        ...

    def numbered(self, numbers: Collection[str], codes: Collection[str]) -> Sequence[Card]:
        """Give the cards that have one of some card numbers, or one of some identification codes."""
        ...

    def identification_code(self, issuing_division: str, sequence: int) -> str:
        """Make the card identification code of a sequence number, under the vault's key."""
        ...


class AccountStore(Protocol):
    """Bank accounts of cards."""

    def of(self, cards: Collection[str]) -> Mapping[str, str]:
        """Give the accounts of some cards in clear; those without one are left out."""
        ...

    def holders(self, accounts: Collection[str]) -> Mapping[str, AccountHolder]:
        """Give those of some accounts that are kept for somebody, each with the card by which it is."""
        ...

    def foresee(self, accounts: Collection[str]) -> None:
        """Look up at once what `holders` will be asked for."""
        ...

    def leave(self, cards: Collection[str]) -> None:
        """Let accounts be kept by these cards no longer: by others of the same people they will be."""
        ...

    def go_back(self, cards: Collection[str]) -> None:
        """Let accounts that cards have taken over be kept by their predecessors again: these get others."""
        ...

    def first_unindexed(self) -> str:
        """Give the first card that has an account of which it is not known yet whether it is kept; empty for none."""
        ...

    def unindexed(self, first: str, size: int) -> Sequence[CardAccount]:
        """Give up to `size` such cards from the first on, locked."""
        ...

    def is_any_free(self) -> bool:
        """Tell whether an account is kept for nobody any more that was kept for somebody else than who has it too."""
        ...

    def look_again(self) -> None:
        """Let it be found out anew by which cards such accounts are kept."""
        ...

    def keep(self, accounts: Mapping[str, str], shared: Mapping[str, str]) -> None:
        """Let accounts be kept by cards, given by card; empty for a card by which none is.

        `shared` has, by card, those that are kept for somebody else. Raises Conflict when another has just got one.
        """
        ...


class OperationStore(Protocol):
    """The record of what was done to cards and people by whom; it only grows."""

    def add(self, record: OperationRecord) -> str:
        """Keep that an operation was done, after all that were kept in this transaction; give the record's id."""
        ...

    def applicant(self, card: str) -> Actor | None:
        """Give who applied for a card by an application of its own; None for one that came in another way."""
        ...

    def of_card(self, card: str, size: int, before: str | None) -> Sequence[OperationRecord]:
        """Give up to `size` records of a card, newest first, from the one after `before`."""
        ...

    def of_people(
        self, people: Collection[str], size: int, before: tuple[str, str] | None
    ) -> Sequence[OperationRecord]:
        """Give up to `size` records of some people and their cards, newest first, from the one after `before`."""
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
