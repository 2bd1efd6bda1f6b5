"""Cards are sent by mail: asked for, posted, delivered or come back."""

from collections.abc import Callable, Sequence
from datetime import datetime

from services.card.access import AccessKind, Looked
from services.card.delivery import Delivery, Recipient
from services.card.domain import Card, Change
from services.card.parameters import ParameterBook
from services.card.service.cards import locked_card
from services.card.service.order import Order, record
from services.card.service.store import Store
from services.common.errors import NotFound
from services.common.ids import new_id

PURPOSE = "delivery label"
"""Stated in the access log for people whose address is written on a letter."""


def request_delivery(store: Store, card: str, recipient: Recipient, order: Order, book: ParameterBook) -> Delivery:
    """Ask for a card to be sent; a new address takes the place of the former one."""
    _move(store, card, order, book, lambda found: found.move(order.operation, order.now))
    return _kept(store, Delivery(card, recipient, order.now))


def post_card(store: Store, card: str, tracking_number: str, order: Order, book: ParameterBook) -> Delivery:
    """Record that a card was posted."""
    posted = get_delivery(store, card).post(tracking_number, order.now)
    _move(store, card, order, book, lambda found: found.move(order.operation, order.now))
    return _kept(store, posted)


def record_delivered(store: Store, card: str, order: Order, book: ParameterBook) -> Delivery:
    """Record that the receiver has the card."""
    arrived = get_delivery(store, card).arrive(order.now)
    _move(store, card, order, book, lambda found: found.deliver(order.now))
    return _kept(store, arrived)


def record_undeliverable(store: Store, card: str, order: Order, book: ParameterBook) -> Delivery:
    """Record that the letter came back."""
    back = get_delivery(store, card).come_back(order.now)
    _move(store, card, order, book, lambda found: found.move(order.operation, order.now))
    return _kept(store, back)


def get_delivery(store: Store, card: str) -> Delivery:
    """Read a card's delivery."""
    found = store.deliveries.get(card)
    if found is None:
        raise NotFound("RESOURCE_NOT_FOUND", "That card is not sent by mail.", {"resource": f"cards/{card}"})
    return found


def export_labels(store: Store, division: str, after: str, size: int, caller: str, now: datetime) -> Sequence[Delivery]:
    """Give what waits to be posted, from the one after a card, and write down whose it is."""
    found = store.deliveries.to_post(division, size, after)
    people = tuple(person for person, _ in found)
    store.accesses.add([Looked(new_id(), AccessKind.REVEAL, caller, people, now, PURPOSE, division)])
    return [delivery for _, delivery in found]


def _move(store: Store, card: str, order: Order, book: ParameterBook, move: Callable[[Card], Change]) -> None:
    """Move the card too, whose row is locked: of two who change one delivery at once the second finds it changed."""
    moved, event = move(locked_card(store, card, None, order, book))
    store.cards.save(moved)
    store.tell([event] if event is not None else [])
    record(store, order, moved)


def _kept(store: Store, delivery: Delivery) -> Delivery:
    store.deliveries.put(delivery)
    return delivery
