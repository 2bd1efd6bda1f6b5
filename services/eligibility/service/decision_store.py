"""What decisions need of a store: people, their facts, books, and what was decided."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from services.common.aliases import Identities
from services.common.filtering import Filter
from services.eligibility.book.content import Content
from services.eligibility.facts import MergeTold, PersonFacts
from services.eligibility.recorded import RecordedDecision


class NameStore(Protocol):
    """Which records of the identity vault are one person."""

    def identities(self, names: Collection[str]) -> Identities:
        """Tell whom these names mean now, with all other names of the same people."""
        ...

    def keep(self, told: Sequence[MergeTold]) -> None:
        """Keep what each record means; what is older than what is known changes nothing."""
        ...


class FactStore(Protocol):
    """Facts by person."""

    def of(self, people: Collection[str]) -> Mapping[str, PersonFacts]:
        """Give the newest on record of each of some people, under whichever name they were submitted."""
        ...

    def own(self, people: Collection[str]) -> Mapping[str, PersonFacts]:
        """Give those on record under these very names."""
        ...

    def people_after(self, person: str, size: int) -> Sequence[str]:
        """Give the next people of whom facts are on record, in the order of their ids."""
        ...

    def count(self) -> int:
        """Count the people of whom facts are on record."""
        ...

    def save(self, facts: Sequence[PersonFacts]) -> None:
        """Keep new and newer ones; what another process has made newer meanwhile stays."""
        ...


class BookStore(Protocol):
    """Rule books that have decided, by hash."""

    def keep(self, content: Content) -> None:
        """Keep a book, unless it is kept."""
        ...

    def get(self, book_hash: str) -> Content | None:
        """Give a book; None for one that is not kept."""
        ...


class DecisionStore(Protocol):
    """Recorded decisions."""

    def add(self, decisions: Iterable[RecordedDecision]) -> None:
        """Put new ones on record, each made small as it comes."""
        ...

    def delete(self, decisions: Collection[str]) -> None:
        """Delete some that no entitlement rests on."""
        ...

    def get(self, decision: str) -> RecordedDecision | None:
        """Give one."""
        ...

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[RecordedDecision]:
        """Give up to `size`, newest first."""
        ...

    def standing(self, wanted: Filter, book_hash: str, size: int, before: str | None) -> Sequence[RecordedDecision]:
        """Give up to `size` that another book made, newest first; of an entitlement the newest only."""
        ...
