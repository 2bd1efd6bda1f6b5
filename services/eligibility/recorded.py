"""Decisions that were recorded, and what they rest on; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from services.eligibility.book.decision import Decision


class FactOrigin(StrEnum):
    """Where the value of a fact was taken from."""

    RECORD = "RECORD"
    """Facts of the person that were on record."""
    VAULT = "VAULT"
    """The identity vault."""
    REQUEST = "REQUEST"
    """Whoever asked for the decision."""


@dataclass(frozen=True, slots=True)
class GivenFact:
    """A fact that a decision rests on."""

    value: int
    origin: FactOrigin
    as_of_date: date
    """The day that the value was of: that of the facts on record, else the day on which it was told."""


@dataclass(frozen=True, slots=True)
class RecordedDecision:
    """A decision, kept with all that is needed to make it again."""

    name: str
    """Its id."""
    person: str
    entitlement: str
    """Id of the entitlement that it was made for; empty for none. The newest one of an entitlement stands."""
    as_of_date: date
    """The day it was decided for."""
    known_date: date | None
    """Publications after that day did not count; None: all that the book held."""
    facts: Mapping[str, GivenFact]
    decision: Decision
    transcript: str
    """The decision as the text that was kept."""
    create_time: datetime
    create_date: date
    """The bureau's day of it."""

    @property
    def values(self) -> Mapping[str, int]:
        """The facts that it rests on, as the book takes them."""
        return {name: fact.value for name, fact in self.facts.items()}
