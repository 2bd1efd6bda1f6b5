"""What the service does to cards by itself when a day or a moment comes.

Each use case is one transaction of bounded size over locked rows and gives how many cards it moved: two processes never
move one card twice, and after downtime everything that has come due meanwhile is found. None needs to run at a certain
time to be right.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from services.card.domain import Card, Change
from services.card.operation import Operation
from services.card.service.order import by_itself, record
from services.card.service.store import Store
from services.card.temporary import expire_temporary
from services.common.clock import bureau_date

MOVED_AT_ONCE = 1_000
"""Cards that a timer moves in one transaction."""

Timer = Callable[[Store, datetime], int]


def lapse_losses(store: Store, now: datetime) -> int:
    """Let provisional losses whose days have run out lapse."""
    cards = store.cards.lapse_due(now, MOVED_AT_ONCE)
    return _move(store, cards, Operation.LAPSE_LOSS, lambda card: card.lapse_loss(now), now)


def tell_makings_overdue(store: Store, now: datetime) -> int:
    """Tell which cards should have been made by yesterday."""
    cards = store.cards.making_overdue(bureau_date(now), MOVED_AT_ONCE)
    return _move(store, cards, Operation.TELL_MAKING_OVERDUE, lambda card: card.tell_making_overdue(now), now)


def tell_renewals_due(store: Store, now: datetime) -> int:
    """Tell which cards may be renewed from now on, each once."""
    cards = store.cards.renewal_due(bureau_date(now), MOVED_AT_ONCE)
    return _move(store, cards, Operation.TELL_RENEWAL_DUE, lambda card: card.tell_renewal_due(now), now)


def expire_temporary_cards(store: Store, now: datetime) -> int:
    """End temporary cards whose last day was yesterday or before."""
    cards = store.cards.temporary_expired(bureau_date(now), MOVED_AT_ONCE)
    return _move(store, cards, Operation.EXPIRE_TEMPORARY_CARD, lambda card: expire_temporary(card, now), now)


TIMERS: Mapping[str, Timer] = {
    "losses_lapsed": lapse_losses,
    "makings_overdue": tell_makings_overdue,
    "renewals_due": tell_renewals_due,
    "temporary_cards_expired": expire_temporary_cards,
}
"""Every timer, by what its log line tells."""


def _move(
    store: Store, cards: Sequence[Card], operation: Operation, change: Callable[[Card], Change], now: datetime
) -> int:
    changes, order = [change(card) for card in cards], by_itself(operation, now)
    store.cards.save_locked([card for card, _ in changes])
    store.tell([event for _, event in changes if event is not None])
    for card, _ in changes:
        record(store, order, card)
    return len(changes)
