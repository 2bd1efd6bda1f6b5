"""One-card applications are offered, opened on cards, closed, and checked by terminals."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol

from services.card.application import MOST_OPEN, ApplicationNeed, OneCardApplication
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

    def locked(self, code: str) -> OneCardApplication | None:
        """Give an application, locked for a change."""
        ...

    def save(self, application: OneCardApplication) -> None:
        """Keep a changed application that this transaction has locked."""
        ...

    def free_bit(self) -> int | None:
        """Give the next bit of codes that no application ever had; None when all are taken."""
        ...

    def page(self, size: int, after: str) -> Sequence[OneCardApplication]:
        """Give up to `size` applications in the order of codes, from the one after `after`."""
        ...

    def is_open(self, card: str, code: str) -> bool:
        """Tell whether an application is open on a card."""
        ...

    def open_on(self, card: str, size: int, after: str = "") -> Sequence[OneCardApplication]:
        """Give up to `size` applications that are open on a card, in the order of codes, from the one after `after`."""
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
    """Add an application to the catalogue; codes tell of it unless it needs the chip."""
    if application.is_told_by_codes:
        application = replace(application, token_bit=store.applications.free_bit())
    if not store.applications.add(application):
        raise AlreadyExists("RESOURCE_EXISTS", "There is an application of that code.", {"resource": application.code})
    return application


def list_applications(store: Store, size: int, after: str) -> Sequence[OneCardApplication]:
    """List the catalogue."""
    return store.applications.page(size, after)


def change_application(store: Store, wanted: OneCardApplication, version: int | None) -> OneCardApplication:
    """Change what the catalogue says of an application."""
    found = _locked(store, wanted.code, version)
    bit = found.token_bit
    if bit is None and wanted.is_told_by_codes:
        bit = store.applications.free_bit()
    return _saved(store, found.changed(wanted, bit))


def end_application(store: Store, code: str, last_day: date, version: int | None) -> OneCardApplication:
    """End an application: after that day no terminal takes it and nobody opens it any more."""
    return _saved(store, _locked(store, code, version).ended(last_day))


def list_open_applications(
    store: Store, card: str, today: date, size: int, after: str
) -> Sequence[tuple[OneCardApplication, bool]]:
    """List what is open on a card, each with whether it may be used today."""
    held = _card(store, card)
    opened = store.applications.open_on(card, size, after)
    return [(application, application.is_usable_with(held, today)) for application in opened]


def find_application(store: Store, code: str) -> OneCardApplication:
    """Read an application of the catalogue."""
    return _found(store.applications.get(code), code)


def check_by_number(store: Store, code: str, card_no: str, identification_code: str, today: date) -> bool:
    """Tell whether an application may be used with the card of this number or code."""
    return _is_usable(store, store.applications.get(code), store.cards.by_number(card_no, identification_code), today)


def verify_with_applications(
    store: Store, number: str, code: str, today: date
) -> tuple[bool, Sequence[OneCardApplication]]:
    """Tell whether a card is good for use, and for which applications."""
    card = store.cards.by_number(number, code)
    if card is None or not card.is_valid_on(today):
        return False, ()
    opened = store.applications.open_on(card.card, MOST_OPEN)
    return True, [application for application in opened if application.is_usable_with(card, today)]


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
    return application.is_usable_with(card, today) and store.applications.is_open(card.card, application.code)


def _card(store: Store, card: str) -> Card:
    held = store.cards.get(card)
    if held is None:
        raise NotFound("RESOURCE_NOT_FOUND", "There is no such card.", {"resource": f"cards/{card}"})
    return held


def _locked(store: Store, code: str, version: int | None) -> OneCardApplication:
    found = _found(store.applications.locked(code), code)
    found.check_version(version)
    return found


def _saved(store: Store, application: OneCardApplication) -> OneCardApplication:
    store.applications.save(application)
    return application


def _found(application: OneCardApplication | None, code: str) -> OneCardApplication:
    if application is None:
        raise NotFound("RESOURCE_NOT_FOUND", "There is no such application.", {"resource": code})
    return application
