"""People as the identity vault knows them."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from services.common.errors import AlreadyExists, Conflict, NotFound, PreconditionFailed
from services.common.identity import IdentityNumber


class RepresentativeKind(StrEnum):
    """In which capacity somebody acts for a person."""

    GUARDIAN = "GUARDIAN"
    AGENT = "AGENT"


class NumberChangeReason(StrEnum):
    """Why a person's identity number changes."""

    NEW_FORM = "NEW_FORM"
    OTHER_DOCUMENT = "OTHER_DOCUMENT"
    CORRECTION = "CORRECTION"


@dataclass(frozen=True, slots=True)
class Registration:
    """What is needed to register a person."""

    identity: IdentityNumber
    full_name: str = field(repr=False)
    division: str
    """Division code of the residence."""
    representative: IdentityNumber | None = None
    representative_kind: RepresentativeKind | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A registered person, in clear; only the API's answers mask it."""

    person: str
    identity: IdentityNumber
    full_name: str = field(repr=False)
    division: str
    representative: str
    """Id of the person who acts for this one; empty when nobody does."""
    representative_kind: RepresentativeKind | None
    create_time: datetime
    version: int = 1
    merged_into: str = ""
    """Id of the person whose record stands for this one too; empty for a record of its own."""

    def renumber(self, number: IdentityNumber, reason: NumberChangeReason) -> tuple["Person", "PersonEvent"]:
        """Give the person another identity number (换号)."""
        changed = self._changed(identity=number)
        return changed, IdentityNumberChanged(changed, reason)

    def rename(self, full_name: str) -> tuple["Person", "PersonEvent"]:
        """Give the person another name (更名)."""
        changed = self._changed(full_name=full_name)
        return changed, NameChanged(changed)

    def merge_into(self, survivor: str) -> tuple["Person", "PersonEvent"]:
        """Let the record mean another person's; a record that was merged before follows its survivor."""
        changed = self._changed(merged_into=survivor)
        return changed, PersonMerged(changed)

    def part(self) -> tuple["Person", "PersonEvent"]:
        """Let a merged record mean a person of its own again."""
        changed = self._changed(merged_into="")
        return changed, PersonMergeUndone(changed, self.merged_into)

    def check_own(self) -> None:
        """Raise PreconditionFailed for a record that was merged into another person's."""
        if self.merged_into:
            survivor = {"resource": f"people/{self.merged_into}"}
            raise PreconditionFailed("PERSON_MERGED", "The record was merged into another; change that one.", survivor)

    def check_version(self, version: int | None) -> None:
        """Raise Conflict when the caller has read another version; None fits every version."""
        if version is not None and version != self.version:
            raise Conflict("ETAG_MISMATCH", "The person was changed since it was read; read it again.")

    def _changed(self, **fields: object) -> "Person":
        return replace(self, **fields, version=self.version + 1)  # type: ignore[arg-type]  # by name


@dataclass(frozen=True, slots=True)
class PersonRegistered:
    """A person was registered."""

    person: Person


@dataclass(frozen=True, slots=True)
class IdentityNumberChanged:
    """A person has another identity number, and the former one as an alias."""

    person: Person
    reason: NumberChangeReason


@dataclass(frozen=True, slots=True)
class NameChanged:
    """A person has another name."""

    person: Person


@dataclass(frozen=True, slots=True)
class PersonMerged:
    """A record means another person's from now on."""

    person: Person


@dataclass(frozen=True, slots=True)
class PersonMergeUndone:
    """A record means a person of its own again; `survivor` had stood for it."""

    person: Person
    survivor: str


PersonEvent = PersonRegistered | IdentityNumberChanged | NameChanged | PersonMerged | PersonMergeUndone


def without_representative(registrations: Sequence[Registration], registered: Mapping[str, str]) -> Set[int]:
    """Find the places of those whose representative is neither registered nor will be by these registrations.

    Who is refused for that cannot represent another one of them, so the search goes on until nobody more is found.
    """
    missing: set[int] = set()
    while True:
        coming = {item.identity.number for place, item in enumerate(registrations) if place not in missing}
        found = {
            place
            for place, item in enumerate(registrations)
            if item.representative is not None
            and item.representative.number not in registered
            and item.representative.number not in coming
        }
        if found == missing:
            return missing
        missing = found


def unknown_representative() -> NotFound:
    """Give the refusal of a registration whose representative is not known."""
    return NotFound("PERSON_NOT_FOUND", "The representative is not registered; register that person first.")


def number_taken(person: str) -> AlreadyExists:
    """Give the refusal of an identity number that somebody has, or had, already."""
    return AlreadyExists(
        "PERSON_EXISTS", "A person with that identity number is registered.", {"resource": f"people/{person}"}
    )


def unknown_person(person: str) -> NotFound:
    """Give the refusal of something for a person whom the vault does not have."""
    return NotFound("PERSON_NOT_FOUND", "The vault has nobody of that name.", {"resource": f"people/{person}"})
