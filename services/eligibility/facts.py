"""What is on record about a person for the rule book; pure."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.common.errors import NotFound

AMOUNTS = ("contribution_months", "deemed_months", "avg_index_bp", "account_balance_fen")
"""Facts on record that are numbers, named as in the book."""


class RetirementGroup(StrEnum):
    """Group of the statutory retirement age before the reform of 2025 (国发〔1978〕104号)."""

    MALE_60 = "MALE_60"
    FEMALE_55 = "FEMALE_55"
    FEMALE_50 = "FEMALE_50"


@dataclass(frozen=True, slots=True)
class MergeTold:
    """What the identity vault told of a record: whom it means from now on."""

    person: str
    survivor: str
    """Empty: a person of its own again."""
    sequence: int
    """Number of the event; of several about one record the highest counts."""
    event_id: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What the identity vault tells of a person, without name and number."""

    birth_date: date | None
    division: str


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Facts of one day; None is a missing fact, not a zero."""

    person: str
    as_of_date: date
    birth_date: date | None
    retirement_group: RetirementGroup | None
    contribution_months: int | None
    deemed_months: int | None
    avg_index_bp: int | None
    account_balance_fen: int | None
    more: tuple[tuple[str, int], ...] = ()
    """Further facts by their names in the book, in the order of the names."""
    verified: bool = False
    """Whether an office's own system told them, not a person who typed them."""


def person_not_found(person: str) -> NotFound:
    """Give the refusal of what is said or asked of somebody whom the identity vault does not know."""
    resource = f"people/{person}"
    return NotFound("PERSON_NOT_FOUND", "The vault has nobody of that name.", {"resource": resource})
