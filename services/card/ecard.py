"""The electronic card follows the physical one (ministry's text of 2022, which is newer than those that differ).

One to one, with the same status, except that in a provisional loss the holder may authorise its use. A cancelled card
leaves it without one; it is back, without a new application, as soon as the holder collects a successor.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from services.card.domain import Card
from services.card.status import BankFunction, CardProgress, CardStatus
from services.common.errors import Conflict, PreconditionFailed

_GOOD = (CardStatus.ENABLED, CardStatus.SEALED)
LIST_SIZE = 10_000_000
"""Places in one status list: 1.25 MB at one bit each; what is more goes to a further list."""


class ECardLevel(StrEnum):
    """What an electronic card is good for."""

    L1 = "L1"
    L2 = "L2"


class ECardStatus(StrEnum):
    """Whether an electronic card may be used."""

    USABLE = "USABLE"
    AUTHORIZATION_NEEDED = "AUTHORIZATION_NEEDED"
    SUSPENDED = "SUSPENDED"
    UNLINKED = "UNLINKED"


@dataclass(frozen=True, slots=True)
class ListPlace:
    """Where the status of an electronic card stands: number of the list, from 1, and index in it."""

    number: int
    index: int


@dataclass(frozen=True, slots=True)
class ECard:
    """One electronic card; a change gives the changed one, one version higher."""

    ecard: str
    person: str
    card: str
    """Id of the physical card that it belongs to, or belonged to last."""
    place: ListPlace
    create_time: datetime
    update_time: datetime
    level: ECardLevel = ECardLevel.L1
    status: ECardStatus = ECardStatus.USABLE
    masked_phone: str = ""
    authorize_time: datetime | None = None
    """When its use was authorised during the present provisional loss."""
    authorize_proof: str = ""
    version: int = 1

    @property
    def is_usable(self) -> bool:
        """Tell whether it may be used; the status list says so too."""
        return self.status is ECardStatus.USABLE

    def follow(self, card: Card, now: datetime) -> "ECard":
        """Take over what became of the physical card, or move to its successor once that is collected."""
        if card.card != self.card and not (self.status is ECardStatus.UNLINKED and _is_in_use(card)):
            return self
        lost = card.status is CardStatus.PROVISIONALLY_LOST
        authorized = self.authorize_time if lost and card.card == self.card else None
        status = _status(card, is_authorized=authorized is not None)
        followed = replace(
            self,
            card=card.card,
            status=status,
            authorize_time=authorized,
            authorize_proof=self.authorize_proof if authorized else "",
        )
        return self if followed == self else replace(followed, update_time=now, version=self.version + 1)

    def given(self, person: str, now: datetime) -> "ECard":
        """Belong to another record of the same person from now on, to whom the physical card was given as well."""
        return replace(self, person=person, update_time=now, version=self.version + 1)

    def left(self, now: datetime) -> "ECard":
        """Be without a physical card, as it was given to a record that has an electronic card of its own."""
        return replace(
            self,
            status=ECardStatus.UNLINKED,
            authorize_time=None,
            authorize_proof="",
            update_time=now,
            version=self.version + 1,
        )

    def parted(self, person: str, card: str, now: datetime) -> "ECard":
        """Belong to a parted record again, without a physical card: the given one, which it had last, has ended."""
        return replace(self.left(now), person=person, card=card)

    def upgrade(self, card: Card, masked_phone: str, now: datetime) -> "ECard":
        """Raise it to level 2 (二级签发), or change its reserved phone."""
        self.check_usable()
        if card.bank_function is not BankFunction.ACTIVE:
            raise PreconditionFailed(
                "BANK_FUNCTION_STATE",
                "Level 2 needs an activated bank account.",
                {"found": card.bank_function, "needed": BankFunction.ACTIVE},
            )
        return replace(self, level=ECardLevel.L2, masked_phone=masked_phone, update_time=now, version=self.version + 1)

    def level_with(self, card: Card) -> ECardLevel:
        """Give the level that is worth something now: level 2 rests while the bank function does."""
        return self.level if card.bank_function is BankFunction.ACTIVE else ECardLevel.L1

    def authorize(self, proof: str, now: datetime) -> "ECard":
        """Record the holder's authorisation for the present provisional loss; repeated, it changes nothing."""
        if self.is_usable and self.authorize_time is not None:
            return self
        if self.status is not ECardStatus.AUTHORIZATION_NEEDED:
            raise _state_error(self.status, ECardStatus.AUTHORIZATION_NEEDED, "authorised")
        return replace(
            self,
            status=ECardStatus.USABLE,
            authorize_time=now,
            authorize_proof=proof,
            update_time=now,
            version=self.version + 1,
        )

    def check_usable(self) -> None:
        """Raise PreconditionFailed unless it may be used."""
        if not self.is_usable:
            raise _state_error(self.status, ECardStatus.USABLE, "used")

    def check_version(self, version: int | None) -> None:
        """Raise Conflict when the caller has read another version; None fits every version."""
        if version is not None and version != self.version:
            raise Conflict("ETAG_MISMATCH", "The electronic card was changed since it was read; read it again.")


def issue_ecard(ecard: str, card: Card, place: ListPlace, today: date, now: datetime) -> ECard:
    """Issue the electronic card of a physical one that is in use (一级签发)."""
    check_issuable(card, today)
    return ECard(ecard, card.person, card.card, place, now, now)


def follow(ecards: Sequence[ECard], card: Card, now: datetime) -> Sequence[ECard]:
    """Let the electronic cards of a physical card and of its holder take over what became of it, in their order.

    When two records of one person are merged or parted, the physical card changes its holder and takes its electronic
    card along, unless the new holder has one: it moves to the physical card then, and the other is left without.
    """
    has_own = any(ecard.person == card.person for ecard in ecards)
    followed = []
    for ecard in ecards:
        if ecard.person == card.person:
            followed.append(ecard.follow(card, now))
        elif ecard.card != card.card:
            followed.append(ecard)
        elif has_own:
            followed.append(ecard.left(now) if ecard.status is not ECardStatus.UNLINKED else ecard)
        else:
            followed.append(ecard.given(card.person, now).follow(card, now))
    return followed


def check_issuable(card: Card | None, today: date) -> None:
    """Raise PreconditionFailed unless there is a card in use whose electronic card can be issued."""
    found, needed = "NONE", ",".join(_GOOD)
    if card is not None:
        found = card.status or card.progress
        if card.status in _GOOD and _is_expired(card, today):
            found = "EXPIRED"
        elif card.status in _GOOD and not _is_in_use(card):
            found, needed = card.progress, CardProgress.COLLECTED
        elif card.status in _GOOD:
            return
    raise PreconditionFailed(
        "CARD_STATE",
        "An electronic card is issued to a card that is collected and good.",
        {"found": found, "needed": needed},
    )


def check_showable(ecard: ECard, card: Card, today: date) -> None:
    """Raise PreconditionFailed unless a code may be shown now: usable, and its card within validity."""
    ecard.check_usable()
    if _is_expired(card, today):
        raise PreconditionFailed(
            "CARD_STATE", "The card has expired; renew it.", {"found": "EXPIRED", "needed": CardStatus.ENABLED}
        )


def _status(card: Card, *, is_authorized: bool) -> ECardStatus:
    """Derive the status; with its collection a card is good here, before it is enabled."""
    match card.status:
        case CardStatus.ENABLED | CardStatus.SEALED:
            return ECardStatus.USABLE
        case CardStatus.PROVISIONALLY_LOST:
            return ECardStatus.USABLE if is_authorized else ECardStatus.AUTHORIZATION_NEEDED
        case CardStatus.CANCELLED:
            return ECardStatus.UNLINKED
        case _:
            return ECardStatus.SUSPENDED


def _is_in_use(card: Card) -> bool:
    return card.status in _GOOD and card.progress is CardProgress.COLLECTED


def _is_expired(card: Card, today: date) -> bool:
    return card.expire_date is not None and card.expire_date < today


def _state_error(found: str, needed: str, what: str) -> PreconditionFailed:
    return PreconditionFailed(
        "ECARD_STATE", f"An electronic card that is {found} cannot be {what}.", {"found": found, "needed": needed}
    )
