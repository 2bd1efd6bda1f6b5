"""Schemes, accounts, amounts and grants; pure, time is a parameter. Months count from year 0, money is in fen."""

from dataclasses import dataclass, field
from enum import StrEnum

from services.common.errors import Conflict

MAX_MONTHLY_FEN = 10_000_000
MAX_DRAW_FEN = 1_000_000_000
OWN = ""
"""Origin of a draw that this bureau pays."""


class Scheme(StrEnum):
    """The insurance that pays a benefit."""

    EMPLOYEE_PENSION = "EMPLOYEE_PENSION"
    RESIDENT_PENSION = "RESIDENT_PENSION"
    PUBLIC_PENSION = "PUBLIC_PENSION"
    UNEMPLOYMENT_INSURANCE = "UNEMPLOYMENT_INSURANCE"
    WORK_INJURY_INSURANCE = "WORK_INJURY_INSURANCE"


PENSIONS = frozenset({Scheme.EMPLOYEE_PENSION, Scheme.RESIDENT_PENSION, Scheme.PUBLIC_PENSION})
"""Those that pay old-age pensions."""


class EntitlementState(StrEnum):
    """Where an entitlement stands; STOPPED is final."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    STOPPED = "STOPPED"


@dataclass(frozen=True, slots=True)
class Account:
    """A bank account as everybody but the store sees it."""

    key: str
    """Keyed index, equal for equal accounts."""
    masked: str
    """All but the last four digits hidden."""


@dataclass(frozen=True, slots=True)
class EntitlementGrant:
    """What is needed to grant an entitlement."""

    reference: str
    person: str
    benefit: str
    scheme: Scheme
    pooling_region: str
    start_month: int
    end_month: int | None
    monthly_amount_fen: int
    account_number: str = field(repr=False)
    once: str = ""
    """Of what is paid once: the benefit, the person and the event, by which it is never granted twice."""


@dataclass(frozen=True, slots=True)
class Suspension:
    """Months in which nothing is paid; without `to_month` it lasts."""

    from_month: int
    to_month: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Amount:
    """What an entitlement is worth a month, from a month on until the next one."""

    from_month: int
    monthly_fen: int
    reason: str = ""
    """Why it changed; empty for the amount that was granted."""
    is_adjustment: bool = False
    """Whether it is the yearly adjustment, which whoever serves a sentence does not take part in."""


@dataclass(frozen=True, slots=True)
class BeforeLoss:
    """What an entitlement was when a confirmed loss ended it, so that undoing the loss gives back exactly that."""

    state: EntitlementState
    end_month: int | None
    stop_reason: str


def check_version(found: int, expected: int | None) -> None:
    """Raise Conflict unless the version is the one that the caller has read; None asks for nothing."""
    if expected is not None and expected != found:
        raise Conflict("ETAG_MISMATCH", "The resource was changed since it was read; read it again.")
