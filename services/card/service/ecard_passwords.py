"""Passwords of electronic cards are set, changed and checked.

The electronic card's row is locked before its password is looked at: of many guesses at once each waits for the one
before it.
"""

from dataclasses import replace
from datetime import datetime

from services.card.ecard import ECard
from services.card.pin import Pin, PinCheck, Tried, password_locked, password_not_set, set_pin
from services.card.service.ecards import lock_ecard, record_ecard
from services.card.service.order import Order
from services.card.service.store import Store
from services.common.errors import InvalidInput


def set_password(store: Store, ecard: str, tried: Tried, proof: str, order: Order) -> ECard:
    """Set a password for a holder who proved who they are; it unlocks the one before."""
    held = lock_ecard(store, ecard)
    held.check_usable()
    store.passwords.put(replace(set_pin(ecard, tried, is_initial=False), proof=proof), order.now)
    record_ecard(store, order, held)
    return held


def change_password(store: Store, ecard: str, current: Tried, following: Tried, tries: int, order: Order) -> PinCheck:
    """Change a password for who knows the current one; a wrong one counts as a try."""
    if current.value == following.value:
        raise InvalidInput(
            "new_password", "VALUE_OUT_OF_RANGE", "new_password must be another password than the current one."
        )
    password, check = _attempt(store, ecard, current, tries, order.now)
    if check.verified:
        store.passwords.put(replace(set_pin(ecard, following, is_initial=False), proof=password.proof), order.now)
        record_ecard(store, order, lock_ecard(store, ecard))
    return check


def verify_password(store: Store, ecard: str, tried: Tried, tries: int, now: datetime) -> PinCheck:
    """Check a password; the last wrong try locks it."""
    return _attempt(store, ecard, tried, tries, now)[1]


def _attempt(store: Store, ecard: str, tried: Tried, tries: int, now: datetime) -> tuple[Pin, PinCheck]:
    lock_ecard(store, ecard).check_usable()
    before = store.passwords.get(ecard)
    if before is None or before.key_id not in tried.values:
        raise password_not_set()
    if before.wrong_tries >= tries:
        raise password_locked()
    password, check = before.attempt(tried, tries)
    if password != before:
        store.passwords.put(password, now)
    return password, check
