"""What is known beside a card: how its holder is reached, and who did what to it."""

from collections.abc import Mapping, Sequence

from services.card.actor import OperationRecord
from services.card.contact import Contact
from services.card.domain import Card
from services.card.parameters import ParameterBook
from services.card.person import unknown_person
from services.card.service.cards import change_card, get_card
from services.card.service.order import Order
from services.card.service.store import Store


def change_contact(
    store: Store, card: str, version: int | None, contact: Contact, order: Order, book: ParameterBook
) -> Card:
    """Change how a card's holder is reached."""
    changed = change_card(store, card, version, lambda found: found.change_contact(order.now), order, book)
    store.contacts.put(changed.person, contact, order.now)
    return changed


def get_contact(store: Store, card: str) -> tuple[str, Contact]:
    """Read a card's holder and how he is reached; an empty contact when nothing is known."""
    person = get_card(store, card).person
    return person, store.contacts.get(person) or Contact("", "")


def payee_accounts(store: Store, people: Sequence[str]) -> Mapping[str, str]:
    """Give the account of each of some people whose card account may be paid now."""
    payable = {person: card.card for person, card in store.cards.live(people).items() if card.is_payable}
    accounts = store.accounts.of(set(payable.values()))
    return {person: accounts[card] for person, card in payable.items() if accounts.get(card)}


def list_operations(store: Store, card: str, size: int, before: str | None) -> Sequence[OperationRecord]:
    """List what was done to a card, newest first."""
    get_card(store, card)
    return store.operations.of_card(card, size, before)


def list_person_operations(
    store: Store, person: str, size: int, before: tuple[str, str] | None
) -> Sequence[OperationRecord]:
    """List what was done to a person by any name, and to the cards that the person holds or held, newest first."""
    names = store.people.names([person]).get(person)
    if names is None:
        raise unknown_person(person)
    return store.operations.of_people(names, size, before)
