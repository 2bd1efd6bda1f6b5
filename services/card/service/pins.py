"""PINs are checked, changed, unlocked and reset.

The card's row is locked before its PIN is looked at: of a hundred guesses at once each waits for the one before it, and
the seventh finds the card locked.
"""

from dataclasses import replace

from services.card.domain import Card
from services.card.operation import Operation
from services.card.parameters import ParameterBook
from services.card.pin import Pin, PinCheck, Tried, pin_not_set, set_pin
from services.card.service.cards import keep_change, locked_card
from services.card.service.order import Order, record
from services.card.service.store import Store
from services.common.clock import bureau_date
from services.common.errors import InvalidInput


def verify_pin(store: Store, card: str, tried: Tried, order: Order, book: ParameterBook) -> PinCheck:
    """Check a PIN by its verification value; the last wrong try locks the application."""
    found = locked_card(store, card, None, order, book)
    found.check(Operation.VERIFY_PIN)
    return _attempt(store, found, tried, order, book)[1]


def change_pin(
    store: Store, card: str, current: Tried, following: Tried, order: Order, book: ParameterBook
) -> PinCheck:
    """Change a PIN for who knows the current one; a wrong one counts as a try."""
    if current.value == following.value:
        raise InvalidInput("new_pin", "VALUE_OUT_OF_RANGE", "new_pin must be another PIN than the current one.")
    found = locked_card(store, card, None, order, book)
    found.check(Operation.CHANGE_PIN)
    pin, check = _attempt(store, found, current, order, book)
    if check.verified:
        store.pins.put(set_pin(pin.owner, following, is_initial=False), order.now)
        record(store, order, found)
    return replace(check, change_required=False)


def unlock_pin(store: Store, card: str, version: int | None, order: Order, book: ParameterBook) -> Card:
    """Unlock a card whose holder remembers the PIN after all."""
    found = locked_card(store, card, version, order, book)
    unlocked = found.unlock(Operation.UNLOCK_PIN, order.now)
    store.pins.put(_pin(store, card).forgiven(), order.now)
    return keep_change(store, unlocked, order)


def reset_pin(store: Store, card: str, version: int | None, tried: Tried, order: Order, book: ParameterBook) -> Card:
    """Set a new PIN at the counter, the first one too; it unlocks the card, and its holder is to change it."""
    found = locked_card(store, card, version, order, book)
    unlocked, event = found.unlock(Operation.RESET_PIN, order.now)
    store.pins.put(set_pin(card, tried, is_initial=True), order.now)
    if event is None:
        record(store, order, unlocked)
    return keep_change(store, (unlocked, event), order)


def _attempt(store: Store, card: Card, tried: Tried, order: Order, book: ParameterBook) -> tuple[Pin, PinCheck]:
    before = _pin(store, card.card)
    pin, check = before.attempt(tried, book.on(bureau_date(order.now)).pin_tries)
    if pin != before:
        store.pins.put(pin, order.now)
    if check.locks:
        keep_change(store, card.lock(order.now), Order(Operation.LOCK, order.actor, order.caller, order.now))
    return pin, check


def _pin(store: Store, card: str) -> Pin:
    pin = store.pins.get(card)
    if pin is None:
        raise pin_not_set()
    return pin
