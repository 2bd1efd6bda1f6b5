"""What the identity vault needs of a store."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Protocol

from services.card.access import Access, Looked
from services.card.merge import Merge
from services.card.person import Person
from services.common.filtering import Filter
from services.common.identity import IdentityNumber


class PersonStore(Protocol):
    """The identity vault."""

    def resolve(self, numbers: Collection[str]) -> Mapping[str, str]:
        """Give identity number, present or former, -> person whose record stands for it now."""
        ...

    def owners(self, numbers: Collection[str]) -> Mapping[str, str]:
        """Give identity number, present or former, -> person whose own it is, merged or not."""
        ...

    def known(self, people: Collection[str]) -> Mapping[str, str]:
        """Give registered person -> person whose record stands for it, mostly the same; nothing is unsealed."""
        ...

    def names(self, people: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Give registered person -> all records that mean the same person, in order; mostly that one alone."""
        ...

    def foresee(self, people: Collection[str]) -> Collection[str]:
        """Look up at once what use cases will ask of people by these names; give those who stand for them."""
        ...

    def get(self, people: Collection[str]) -> Mapping[str, Person]:
        """Give those of some people who are registered, unsealed; for a merged one, who stands for it."""
        ...

    def locked(self, people: Collection[str]) -> Mapping[str, Person]:
        """Give some records as they are, and those that were merged into them, locked for a change."""
        ...

    def former_numbers(self, person: str) -> Sequence[str]:
        """Give the former numbers of a person, and all numbers of the records that were merged into it, in clear."""
        ...

    def add(self, people: Sequence[Person], origin: str = "") -> None:
        """Seal and keep new people; raises Conflict when somebody else has just registered one of them.

        `origin` is the record of the operation that brought them.
        """
        ...

    def save(self, people: Sequence[Person]) -> None:
        """Keep changed records; raises Conflict when somebody else has just changed one of them."""
        ...

    def save_renumbered(self, person: Person, former: IdentityNumber) -> None:
        """Keep a person with another number, and the former one as an alias; raises Conflict as `save` does."""
        ...


class AccessStore(Protocol):
    """The log of accesses to people."""

    def add(self, calls: Sequence[Looked], *, unsure: bool = False) -> None:
        """Keep that calls read people; when unsure, some of them may be kept already."""
        ...

    def page(self, wanted: Filter, size: int, before: tuple[int, str, int] | None) -> Sequence[Access]:
        """Give up to `size` accesses, newest first, from the one after `before`."""
        ...

    def count_reveal(self, caller: str, day: date) -> int:
        """Count one more reveal of a caller on a day, under the count's lock; give the count."""
        ...


class MergeStore(Protocol):
    """Merges of two records that are one person."""

    def get(self, merge: str) -> Merge | None:
        """Give one merge."""
        ...

    def add(self, merge: Merge) -> None:
        """Keep a new merge; raises Conflict when an open one has the same merged record."""
        ...

    def save(self, merge: Merge) -> None:
        """Keep a changed merge; raises Conflict when somebody else has just changed it."""
        ...

    def open_of(self, merged: str) -> Merge | None:
        """Give the open merge of a record into another one."""
        ...

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[Merge]:
        """Give up to `size` merges, newest first, from the one after `before`."""
        ...
