"""People as the identity vault knows them."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.common.errors import NotFound
from services.common.identity import IdentityNumber


class RepresentativeKind(StrEnum):
    """In which capacity somebody acts for a person."""

    GUARDIAN = "GUARDIAN"
    AGENT = "AGENT"


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


@dataclass(frozen=True, slots=True)
class PersonRegistered:
    """A person was registered."""

    person: Person


@dataclass(frozen=True, slots=True)
class Reveal:
    """That somebody read a person in clear, and why (Handling Regulation art. 38)."""

    reveal: str
    person: str
    caller: str
    purpose: str
    case_reference: str
    reveal_time: datetime


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


def unknown_person(person: str) -> NotFound:
    """Give the refusal of something for a person whom the vault does not have."""
    return NotFound("PERSON_NOT_FOUND", "The vault has nobody of that name.", {"resource": f"people/{person}"})
