"""What a detector is given: everything known about one person, or about one account.

The order in which facts became known is not part of a history: collections are read as sets.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from services.common.aliases import Alias
from services.fund_audit.domain import CertificationState, DrawKind, Scheme

OWN = ""
"""The origin of a draw that this bureau paid; every other origin is an outside payer's report."""


@dataclass(frozen=True, slots=True)
class Draw:
    """One payment as it was recorded: months since year 0, fen, the account as a keyed index ("" if unknown).

    `person` is the name under which it was recorded, even where another one stands for that person now.
    """

    id: str
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
    reversal: str = ""
    """Id of the event by which the payment came back; empty while it stands."""


@dataclass(frozen=True, slots=True)
class Death:
    """A report of the person's death that was not withdrawn."""

    event_id: str
    death_date: date


@dataclass(frozen=True, slots=True)
class CertificationChange:
    """A state of the person's certification from a day on; `sequence` orders what eligibility said of one name."""

    event_id: str
    sequence: int
    state: CertificationState
    effective_date: date
    name: str = ""
    """Which of the person's names it is about; of no matter for a person with one name."""


@dataclass(frozen=True)
class PersonHistory:
    """All draws, deaths and certification changes of one person, under whichever name they were told."""

    person: str
    draws: tuple[Draw, ...]
    deaths: tuple[Death, ...] = ()
    certifications: tuple[CertificationChange, ...] = ()
    aliases: tuple[Alias, ...] = ()
    """The standing merges by which other names mean this person."""
    sentences: tuple[date, ...] = ()
    """The days of the sentences that were reported and not taken back, in order."""

    @cached_property
    def standing(self) -> tuple[Draw, ...]:
        """The draws that were not reversed, in a fixed order."""
        return standing(self.draws)

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
    representations: tuple[Representation, ...] = ()

    @cached_property
    def standing(self) -> tuple[Draw, ...]:
        """The draws that were not reversed, in a fixed order."""
        return standing(self.draws)


def standing(draws: Iterable[Draw]) -> tuple[Draw, ...]:
    """Leave out what was reversed and order the rest by pay date, so that "first paid" means the same to every rule."""
    kept = (draw for draw in draws if not draw.reversal)
    return tuple(sorted(kept, key=lambda draw: (draw.pay_date, draw.origin, draw.reference)))


def handled_in(draws: Iterable[Draw]) -> str:
    """Give the pooling region that handles these draws: where this bureau, else anybody, paid last."""
    return max(draws, key=lambda draw: (draw.origin == OWN, draw.pay_date, draw.pooling_region)).pooling_region
