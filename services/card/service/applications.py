"""One-card applications are offered, opened on cards, closed, and checked by terminals."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from services.card.application import ApplicationNeed, OneCardApplication
from services.card.domain import Card
from services.card.ecard import ECard
from services.common.errors import AlreadyExists, NotFound


class ApplicationStore(Protocol):
    """The catalogue, and what is open on which card."""

    def get(self, code: str) -> OneCardApplication | None:
        """Give an application."""
        ...

    def add(self, application: OneCardApplication) -> bool:
        """Keep a new application; false when its code is taken."""
        ...

    def page(self, size: int, after: str) -> Sequence[OneCardApplication]:
        """Give up to `size` applications in the order of codes, from the one after `after`."""
        ...

    def is_open(self, card: str, code: str) -> bool:
        """Tell whether an application is open on a card."""
        ...

    def open(self, card: str, code: str) -> bool:
        """Open it; false when it was open."""
        ...

    def close(self, card: str, code: str) -> bool:
        """Close it; false when it was not open."""
        ...


class CardReader(Protocol):
    """What is read of cards."""

    def get(self, card: str) -> Card | None:
        """Give one card."""
        ...

    def by_number(self, card_no: str, identification_code: str) -> Card | None:
        """Give the card with this number or code."""
        ...


class ECardReader(Protocol):
    """What is read of electronic cards."""

    def get(self, ecard: str) -> ECard | None:
        """Give one electronic card."""
        ...

    def is_used(self, token_id: bytes) -> bool:
        """Tell whether a token was used up."""
        ...


class Store(Protocol):
    """What these use cases need of one transaction's view."""

    @property
    def applications(self) -> ApplicationStore:
        """Applications."""
        ...

    @property
    def cards(self) -> CardReader:
        """Cards."""
        ...

    @property
    def ecards(self) -> ECardReader:
        """Electronic cards."""
        ...


def create_application(store: Store, application: OneCardApplication) -> OneCardApplication:
    """Add an application to the catalogue."""
    if not store.applications.add(application):
        raise AlreadyExists("RESOURCE_EXISTS", "There is an application of that code.", {"resource": application.code})
    return application


def list_applications(store: Store, size: int, after: str) -> Sequence[OneCardApplication]:
    """List the catalogue."""
    return store.applications.page(size, after)


def open_application(store: Store, card: str, code: str, today: date) -> bool:
    """Open an application on a card; false when it was open."""
    held = store.cards.get(card)
    if held is None:
        raise NotFound("RESOURCE_NOT_FOUND", "There is no such card.", {"resource": f"cards/{card}"})
    application = store.applications.get(code)
    if application is None:
        raise NotFound("RESOURCE_NOT_FOUND", "There is no such application.", {"resource": code})
    application.check_openable(held, today)
    return store.applications.open(card, code)


def close_application(store: Store, card: str, code: str) -> bool:
    """Close an application on a card; false when it was not open."""
    return store.applications.close(card, code)


def check_by_number(store: Store, code: str, card_no: str, identification_code: str, today: date) -> bool:
    """Tell whether an application may be used with the card of this number or code."""
    return _is_usable(store, store.applications.get(code), store.cards.by_number(card_no, identification_code), today)


def check_by_token(store: Store, code: str, ecard: str, token_id: bytes, today: date) -> bool:
    """Tell whether an application may be used by an electronic card with a checked code; none that needs a chip."""
    application, shown = store.applications.get(code), store.ecards.get(ecard)
    if application is None or application.need is ApplicationNeed.CARD_APP:
        return False
    if shown is None or not shown.is_usable or store.ecards.is_used(token_id):
        return False
    return _is_usable(store, application, store.cards.get(shown.card), today)


def is_good(store: Store, identification_code: str, today: date) -> bool:
    """Tell whether the card of this code is good for use."""
    card = store.cards.by_number("", identification_code)
    return card is not None and card.is_valid_on(today)


def _is_usable(store: Store, application: OneCardApplication | None, card: Card | None, today: date) -> bool:
    if application is None or card is None:
        return False
    good = card.is_valid_on(today) and application.is_offered_on(today) and application.has_what_it_needs(card)
    return good and store.applications.is_open(card.card, application.code)
