"""What a detector is given: everything known about one person, or about one account.

The order in which facts became known is not part of a history: collections are read as sets.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from services.fund_audit.domain import CertificationState, DrawKind, Scheme

OWN = ""
"""The origin of a draw that this bureau paid; every other origin is an outside payer's report."""


@dataclass(frozen=True, slots=True)
class Draw:
    """One payment as it was recorded: months since year 0, fen, the account as a keyed index ("" if unknown)."""

    event_id: str
    origin: str
    reference: str
    person: str
    entitlement_reference: str
    scheme: Scheme
    pooling_region: str
    benefit_month: int
    pay_date: date
    kind: DrawKind
    amount_fen: int
    account: str


@dataclass(frozen=True, slots=True)
class Reversal:
    """A payment that came back: it names the draw by origin and reference."""

    event_id: str
    origin: str
    reference: str


@dataclass(frozen=True, slots=True)
class Death:
    """A confirmed death of the person."""

    event_id: str
    death_date: date


@dataclass(frozen=True, slots=True)
class CertificationChange:
    """A state of the person's certification from a day on; `sequence` orders what eligibility said."""

    event_id: str
    sequence: int
    state: CertificationState
    effective_date: date


@dataclass(frozen=True)
class PersonHistory:
    """All draws, reversals, deaths and certification changes of one person."""

    person: str
    draws: tuple[Draw, ...]
    reversals: tuple[Reversal, ...] = ()
    deaths: tuple[Death, ...] = ()
    certifications: tuple[CertificationChange, ...] = ()

    @cached_property
    def standing(self) -> tuple[Draw, ...]:
        """The draws that were not reversed, in a fixed order."""
        return standing(self.draws, self.reversals)

    @cached_property
    def regular(self) -> tuple[Draw, ...]:
        """The standing draws that pay their own month: back pay and lump sums are no second pension."""
        return tuple(draw for draw in self.standing if draw.kind is DrawKind.REGULAR)


@dataclass(frozen=True, slots=True, order=True)
class Representation:
    """A guardian or agent registered with the person represented."""

    person: str
    representative: str


@dataclass(frozen=True)
class AccountHistory:
    """All draws paid to one account, and the registered representatives of its payees."""

    account: str
    draws: tuple[Draw, ...]
    reversals: tuple[Reversal, ...] = ()
    representations: tuple[Representation, ...] = ()

    @cached_property
    def standing(self) -> tuple[Draw, ...]:
        """The draws that were not reversed, in a fixed order."""
        return standing(self.draws, self.reversals)


def standing(draws: Iterable[Draw], reversals: Iterable[Reversal]) -> tuple[Draw, ...]:
    """Leave out what was reversed and order the rest by pay date, so that "first paid" means the same to every rule."""
    reversed_keys = {(reversal.origin, reversal.reference) for reversal in reversals}
    kept = (draw for draw in draws if (draw.origin, draw.reference) not in reversed_keys)
    return tuple(sorted(kept, key=lambda draw: (draw.pay_date, draw.origin, draw.reference)))
