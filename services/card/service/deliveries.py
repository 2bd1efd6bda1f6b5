"""Cards are sent by mail: asked for, posted, delivered or come back."""

from collections.abc import Sequence
from datetime import datetime

from services.card.access import AccessKind, Looked
from services.card.delivery import Delivery, Recipient
from services.card.domain import Card, Change
from services.card.operation import Operation
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
    found = locked_card(store, card, None, order, book)
    return _kept(store, order, found.move(Operation.REQUEST_DELIVERY, order.now), Delivery(card, recipient, order.now))


def post_card(store: Store, card: str, tracking_number: str, order: Order, book: ParameterBook) -> Delivery:
    """Record that a card was posted."""
    found, delivery = _locked(store, card, order, book)
    posted = delivery.post(tracking_number, order.now)
    return _kept(store, order, found.move(Operation.POST, order.now), posted)


def record_delivered(store: Store, card: str, order: Order, book: ParameterBook) -> Delivery:
    """Record that the receiver has the card."""
    found, delivery = _locked(store, card, order, book)
    return _kept(store, order, found.deliver(order.now), delivery.arrive(order.now))


def record_undeliverable(store: Store, card: str, order: Order, book: ParameterBook) -> Delivery:
    """Record that the letter came back."""
    found, delivery = _locked(store, card, order, book)
    return _kept(store, order, found.move(Operation.RETURN_POST, order.now), delivery.come_back(order.now))


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


def _locked(store: Store, card: str, order: Order, book: ParameterBook) -> tuple[Card, Delivery]:
    """Give a card and its delivery; the card's row is locked first, so that who changes either at once has done."""
    found = locked_card(store, card, None, order, book)
    return found, get_delivery(store, card)


def _kept(store: Store, order: Order, change: Change, delivery: Delivery) -> Delivery:
    card, event = change
    store.cards.save(card)
    store.tell([event] if event is not None else [])
    record(store, order, card)
    store.deliveries.put(delivery)
    return delivery
