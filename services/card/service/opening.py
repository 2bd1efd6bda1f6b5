"""One-card applications are opened on a card and closed again, for who may ask for that."""

from services.card.parameters import ParameterBook
from services.card.service.applications import find_application
from services.card.service.cards import locked_card
from services.card.service.order import Order, record
from services.card.service.store import Store
from services.common.clock import bureau_date


def open_application(store: Store, card: str, code: str, order: Order, book: ParameterBook) -> bool:
    """Open an application on a card; false when it was open."""
    held = locked_card(store, card, None, order, book)
    find_application(store, code).check_openable(held, bureau_date(order.now))
    opened = store.applications.open(card, code)
    if opened:
        record(store, order, held, f"applications/{code}")
    return opened


def close_application(store: Store, card: str, code: str, order: Order, book: ParameterBook) -> bool:
    """Close an application on a card; false when it was not open."""
    held = locked_card(store, card, None, order, book)
    closed = store.applications.close(card, code)
    if closed:
        record(store, order, held, f"applications/{code}")
    return closed
