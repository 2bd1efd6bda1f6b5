"""Cards are changed, read, listed and verified."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime

from services.card.domain import Card, Change, check_version
from services.card.operation import Operation
from services.card.parameters import ParameterBook
from services.card.service.order import Order, admit_to_card, by_itself, record
from services.card.service.store import Store
from services.common.errors import NotFound
from services.common.filtering import Filter, renamed, values_of

FORGOTTEN_AT_ONCE = 10_000
"""Changes that are deleted in one transaction."""


def change_card(
    store: Store,
    card: str,
    version: int | None,
    operation: Callable[[Card], Change],
    order: Order,
    book: ParameterBook,
) -> Card:
    """Carry out an operation on a card; a provisional loss whose days have run out lapses before it."""
    return keep_change(store, operation(locked_card(store, card, version, order, book)), order)


def foresee_changes(store: Store, cards: Collection[str]) -> None:
    """Look up at once what changes of these cards will ask for."""
    foresee_followed(store, store.cards.foresee_locked(cards))


def foresee_followed(store: Store, cards: Collection[Card]) -> None:
    """Look up at once the electronic cards that will follow these cards."""
    store.ecards.foresee_following({card.card for card in cards}, {card.person for card in cards})


def locked_card(store: Store, card: str, version: int | None, order: Order, book: ParameterBook) -> Card:
    """Lock a card for an operation that its asker may ask for; a provisional loss that has run out lapses first."""
    found = store.cards.locked(card)
    if found is None:
        raise _no_card(card)
    check_version(found, version)
    admit_to_card(store, order, found, book)
    if not found.is_lapse_due(order.now):
        return found
    return keep_change(store, found.lapse_loss(order.now), by_itself(Operation.LAPSE_LOSS, order.now))


def keep_change(store: Store, change: Change, order: Order, account: str = "") -> Card:
    """Keep what an operation has made of a card, tell it, and record who asked; nothing when nothing changed."""
    card, event = change
    if event is not None:
        store.cards.save(card, account)
        store.tell([event])
        record(store, order, card)
    return card


def get_card(store: Store, card: str) -> Card:
    """Read a card."""
    found = store.cards.get(card)
    if found is None:
        raise _no_card(card)
    return found


def foresee_cards(store: Store, cards: Collection[str]) -> None:
    """Look up at once the cards that will be read."""
    store.cards.foresee(cards)


def list_cards(store: Store, wanted: Filter, size: int, before: str | None) -> Sequence[Card]:
    """List cards, newest first."""
    return store.cards.page(standing_people(store, wanted), size, before)


def standing_people(store: Store, wanted: Filter) -> Filter:
    """Let a filter by a merged person mean the person whose record stands for that one, who holds the cards."""
    known = store.people.known(values_of(wanted, "person"))
    return renamed(wanted, "person", {person: (standing,) for person, standing in known.items()}) if known else wanted


def list_first_cards(store: Store, wanted: Filter, size: int) -> tuple[Sequence[Card], int]:
    """List the newest cards, and give the position from which to watch on: what changes meanwhile is told twice."""
    _, end = store.cards.change_bounds()  # before the cards, as what comes between must lie after it
    return list_cards(store, wanted, size, None), end


def forget_changes(store: Store, before: datetime) -> int:
    """Delete changes that no watch may resume from any more; gives how many."""
    return store.cards.forget_changes(before, FORGOTTEN_AT_ONCE)


def verify_card(store: Store, number: str, code: str, today: date) -> bool:
    """Tell whether the card with this number or identification code is good for use."""
    found = store.cards.by_number(number, code)
    return found is not None and found.is_valid_on(today)


def foresee_numbers(store: Store, numbers: Collection[str]) -> None:
    """Look up at once the cards that will be verified by their numbers."""
    store.cards.foresee_numbers(numbers)


def foresee_codes(store: Store, codes: Collection[str]) -> None:
    """Look up at once the cards that will be verified by their identification codes."""
    store.cards.foresee_codes(codes)


def check_payees(store: Store, people: Sequence[str]) -> Sequence[bool]:
    """Tell for each of some people whether the account of the card may be paid."""
    live = store.cards.live(people)
    return [person in live and live[person].is_payable for person in people]


def _no_card(card: str) -> NotFound:
    return NotFound("RESOURCE_NOT_FOUND", "There is no such card.", {"resource": f"cards/{card}"})
