"""Draws: payments of benefits, when one of ours may be made, and what takes one back; pure."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from services.common.errors import AlreadyExists, InvalidInput, NotFound, PreconditionFailed
from services.common.months import format_month, month_of
from services.eligibility.certification import Certification, CertificationState
from services.eligibility.claim import is_told_by_months
from services.eligibility.domain import OWN, Account, Scheme
from services.eligibility.entitlement import Entitlement
from services.eligibility.payability import MonthAccount, MonthState


class DrawKind(StrEnum):
    """What a draw is for."""

    REGULAR = "REGULAR"
    BACK_PAY = "BACK_PAY"
    LUMP_SUM = "LUMP_SUM"


@dataclass(frozen=True, slots=True)
class DrawReport:
    """A payment that somebody asks to record."""

    reference: str
    origin: str
    person: str
    entitlement_reference: str
    scheme: Scheme
    pooling_region: str
    benefit_month: int
    pay_date: date
    kind: DrawKind
    amount_fen: int
    account_number: str = field(repr=False)
    offset: str = ""
    """The offset that took something of the month's benefit; empty mostly."""
    offset_fen: int = 0
    """What it took, beside the amount that is paid out."""

    @property
    def key(self) -> tuple[str, str]:
        """The natural key: who paid, and the payer's number."""
        return self.origin, self.reference

    @property
    def whole_fen(self) -> int:
        """What it settles of its month: what is paid out and what an offset took."""
        return self.amount_fen + self.offset_fen

    def without_account(self) -> "DrawReport":
        """Give what is kept of it."""
        return replace(self, account_number="")


@dataclass(frozen=True, slots=True)
class Draw:
    """A payment on record; never edited, only reversed."""

    draw: str
    report: DrawReport
    """As reported, without the account's number."""
    account: Account
    create_time: datetime
    slot: str | None = None
    """What it takes of its entitlement, see `slot_of`; None for draws of outside payers and reversed ones."""
    reverse_date: date | None = None
    reverse_reason: str = ""


@dataclass(frozen=True, slots=True)
class Reversal:
    """A payment that came back or was taken back."""

    origin: str
    reference: str
    reverse_date: date
    reason: str

    @property
    def key(self) -> tuple[str, str]:
        """The natural key of the draw."""
        return self.origin, self.reference


@dataclass(frozen=True, slots=True)
class DrawRecorded:
    """A payment is on record."""

    draw: Draw


@dataclass(frozen=True, slots=True)
class DrawReversed:
    """A payment came back."""

    draw: Draw


DrawEvent = DrawRecorded | DrawReversed


def admit_draw(
    report: DrawReport,
    entitlement: Entitlement | None,
    certification: Certification | None,
    payable: bool,
    account: MonthAccount | None = None,
) -> Entitlement:
    """Give the entitlement that a draw of ours draws, or raise a DomainError with the first thing against it.

    `account` is what the month is worth and what was paid for it; what is paid at once beside a monthly benefit has
    none. No draw pays more of a month than is owed. A regular draw needs its month in force, what was held is back pay.
    Nothing is paid for months to come, but for the next one: holidays bring its pay day forward.
    What is paid once (a funeral grant) is paid because a certification ended and does not depend on one.
    """
    if entitlement is None or not _fits(report, entitlement):
        raise PreconditionFailed(
            "ENTITLEMENT_NOT_IN_FORCE",
            f"No entitlement with that reference, person, scheme and region is in force for "
            f"{format_month(report.benefit_month)}.",
        )
    latest = month_of(report.pay_date) + 1
    if report.benefit_month > latest:
        raise InvalidInput(
            "benefit_month",
            "VALUE_OUT_OF_RANGE",
            f"A payment of {report.pay_date.isoformat()} is for {format_month(latest)} at the latest.",
            {"max": format_month(latest)},
        )
    if report.kind is not DrawKind.LUMP_SUM:
        _check_certification(report, certification)
    if account is not None:
        _check_month(report, account)
    if not payable:
        raise PreconditionFailed(
            "ACCOUNT_NOT_PAYABLE", "The account of the person's card may not be paid: lost, cancelled, or no card."
        )
    return entitlement


def _fits(report: DrawReport, entitlement: Entitlement) -> bool:
    same = (report.person, report.scheme, report.pooling_region) == (
        entitlement.person,
        entitlement.scheme,
        entitlement.pooling_region,
    )
    month = report.benefit_month
    if entitlement.is_once:
        return same and report.kind is DrawKind.LUMP_SUM and entitlement.covers(month)
    if report.kind is DrawKind.REGULAR:
        return same and entitlement.in_force(month)
    if report.kind is DrawKind.BACK_PAY:
        return same and entitlement.covers(month)
    return same and entitlement.start_month <= month


def _check_certification(report: DrawReport, certification: Certification | None) -> None:
    if certification is None:
        raise PreconditionFailed("CERTIFICATION_HOLDS_PAYMENT", "The person has no certification.", {"found": "NONE"})
    held = certification.held_on(report.pay_date)
    if held is None or (held is CertificationState.LOST and is_told_by_months(certification)):
        return
    raise PreconditionFailed(
        "CERTIFICATION_HOLDS_PAYMENT", f"The certification is, or was on the pay date, {held}.", {"found": held}
    )


def _check_month(report: DrawReport, account: MonthAccount) -> None:
    if account.state is not MonthState.DUE:
        because = account.event.kind if account.event is not None else "none"
        raise PreconditionFailed(
            "MONTH_NOT_DUE",
            f"{format_month(account.month)} is {account.state}.",
            {"found": account.state, "event": because},
        )
    if 0 < account.owed_fen < report.whole_fen:
        raise InvalidInput(
            "amount_fen",
            "AMOUNT_OUT_OF_RANGE",
            f"Of {format_month(account.month)} {account.owed_fen} fen are owed.",
            {"max": str(account.owed_fen)},
        )


def is_repeated(report: DrawReport, account_key: str, recorded: Draw) -> bool:
    """Tell whether a report says again what is on record under its key; raise AlreadyExists when it says otherwise.

    A draw of ours goes to the entitlement's account whatever that is now, so its account is not compared.
    """
    same_account = report.origin == OWN or account_key == recorded.account.key
    if report.without_account() != recorded.report or not same_account:
        raise AlreadyExists(
            "RESOURCE_EXISTS",
            "A draw with that origin and reference is on record with other content.",
            {"resource": f"draws/{recorded.draw}"},
        )
    return True


def reverse(draw: Draw | None, reversal: Reversal) -> Draw | None:
    """Give the draw as reversed, or None when it was reversed just so before; raise when it cannot be."""
    if draw is None:
        raise NotFound("RESOURCE_NOT_FOUND", "No draw with that origin and reference is on record.")
    if draw.reverse_date is not None:
        if (draw.reverse_date, draw.reverse_reason) == (reversal.reverse_date, reversal.reason):
            return None
        raise PreconditionFailed("DRAW_REVERSED", f"The draw was reversed on {draw.reverse_date.isoformat()}.")
    if reversal.reverse_date < draw.report.pay_date:
        raise InvalidInput(
            "reverse_date", "VALUE_OUT_OF_RANGE", f"The draw was paid on {draw.report.pay_date.isoformat()}."
        )
    return replace(draw, slot=None, reverse_date=reversal.reverse_date, reverse_reason=reversal.reason)
