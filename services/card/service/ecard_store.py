"""What the use cases of electronic cards need of a store."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.card.ecard import ECard, ListPlace
from services.card.family import FamilyDelegate
from services.common.filtering import Filter


@dataclass(frozen=True, slots=True)
class ListState:
    """How far a status list has come."""

    version: int
    floor: int
    """The oldest version from which changes are still kept."""
    has_unpublished: bool
    """Whether something changed since the version was given out."""


@dataclass(frozen=True, slots=True)
class ListChanges:
    """What changed in a list after a version; indexes ascend."""

    revoked: Sequence[int]
    restored: Sequence[int]


class ECardStore(Protocol):
    """Electronic cards, their status lists, their delegates, and the tokens that were used up."""

    def get(self, ecard: str) -> ECard | None:
        """Give one electronic card."""
        ...

    def locked(self, ecard: str) -> ECard | None:
        """Give one electronic card, locked for a change."""
        ...

    def following(self, cards: Collection[str], people: Collection[str]) -> Sequence[ECard]:
        """Give the electronic cards of some physical cards and of some people, locked for a change."""
        ...

    def foresee_following(self, cards: Collection[str], people: Collection[str]) -> None:
        """Look up and lock at once what `following` will be asked for, of each of them."""
        ...

    def find(self, person: str) -> ECard | None:
        """Give a person's electronic card."""
        ...

    def hold_cards(self, cards: Collection[str]) -> None:
        """Keep others from changing some physical cards until this transaction ends."""
        ...

    def take_places(self, count: int) -> Sequence[ListPlace]:
        """Take so many places in status lists; neighbours in time are no neighbours in the list."""
        ...

    def add(self, ecards: Sequence[ECard], origin: str = "") -> None:
        """Keep new electronic cards; raises Conflict when one of the holders has just got one.

        `origin` is the record of the operation that brought them.
        """
        ...

    def save(self, ecards: Sequence[ECard], phone: str = "") -> None:
        """Keep changed electronic cards that this transaction has locked, and the reserved phone of a single one."""
        ...

    def record_changes(self, ecards: Sequence[ECard], now: datetime) -> None:
        """Keep that some electronic cards became good or stopped to be, for the next version of their lists."""
        ...

    def list_state(self, number: int) -> ListState | None:
        """Tell how far a list has come; None when there is no such list."""
        ...

    def publish(self, number: int) -> None:
        """Make what changed since the list's version its next version."""
        ...

    def changes(self, number: int, since: int, until: int) -> ListChanges:
        """Give what changed after one version up to another."""
        ...

    def revoked(self, number: int) -> Sequence[int]:
        """Give every index of a list whose card is not good."""
        ...

    def forget_changes(self, before: datetime) -> None:
        """Delete published changes that are older, and raise the lists' floors."""
        ...

    def use_token(self, token_id: bytes, expire_time: datetime) -> bool:
        """Record that a token was used; false when it had been before."""
        ...

    def is_used(self, token_id: bytes) -> bool:
        """Tell whether a token was used up."""
        ...

    def forget_tokens(self, before: datetime) -> None:
        """Delete used tokens that had expired by then."""
        ...

    def delegate(self, ecard: str, delegate: str) -> FamilyDelegate | None:
        """Give one delegate of an electronic card."""
        ...

    def count_relatives(self, delegate: str) -> int:
        """Count the electronic cards that somebody may show for others."""
        ...

    def add_delegate(self, delegate: FamilyDelegate) -> None:
        """Keep a new delegate."""
        ...

    def remove_delegate(self, ecard: str, delegate: str) -> bool:
        """Delete a delegate; false when there was none."""
        ...

    def delegates(self, wanted: Filter, size: int, after: tuple[str, str] | None) -> Sequence[FamilyDelegate]:
        """Give up to `size` delegates in the order of electronic card and delegate, from the one after `after`."""
        ...
