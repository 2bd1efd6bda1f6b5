"""Lines of draw lists: what an entitlement is owed for a month, and what the bank made of it; pure."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from services.common.errors import AlreadyExists, InvalidInput, NotFound, PreconditionFailed
from services.common.months import format_month, month_of
from services.eligibility.domain import OWN, Scheme
from services.eligibility.draw import DrawKind, DrawReport, Reversal

LATEST_PAY_DAYS = 60
"""How far ahead a list may be made."""
OLDEST_MONTHS = 12
"""How many months before its pay day the month of a list may lie; what is owed for older ones is on every list."""


class LineState(StrEnum):
    """Where a line stands."""

    READY = "READY"
    HELD = "HELD"
    RELEASED = "RELEASED"
    PAID = "PAID"
    RETURNED = "RETURNED"


class BankResult(StrEnum):
    """What the bank has done with an order."""

    PAID = "PAID"
    RETURNED = "RETURNED"


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is to be made for."""

    scheme: Scheme
    pooling_region: str
    benefit_month: int
    pay_date: date

    def check(self, today: date) -> None:
        """Raise InvalidInput unless the days fit each other."""
        ahead = (self.pay_date - today).days
        if not 0 <= ahead <= LATEST_PAY_DAYS:
            raise InvalidInput(
                "draw_list.pay_date",
                "VALUE_OUT_OF_RANGE",
                f"draw_list.pay_date must be today or one of the next {LATEST_PAY_DAYS} days.",
            )
        latest = month_of(self.pay_date) + 1
        if self.benefit_month > latest:
            raise InvalidInput(
                "draw_list.benefit_month",
                "VALUE_OUT_OF_RANGE",
                f"What is paid on {self.pay_date.isoformat()} is for {format_month(latest)} at the latest.",
                {"max": format_month(latest)},
            )
        oldest = month_of(self.pay_date) - OLDEST_MONTHS
        if self.benefit_month < oldest:
            raise _too_early(self, oldest)

    def check_opening(self, first_month: int | None) -> None:
        """Raise InvalidInput for a month before the first list of the scheme and region: others have paid it."""
        if first_month is not None and self.benefit_month < first_month:
            raise _too_early(self, first_month)


@dataclass(frozen=True, slots=True)
class Line:
    """What one entitlement is paid for one month."""

    draw_list: str
    number: int
    entitlement: str
    entitlement_version: int
    """The version that the amount was counted from."""
    entitlement_reference: str
    person: str
    benefit_month: int
    kind: DrawKind
    amount_fen: int
    """What is owed."""
    masked_account: str
    offset: str = ""
    offset_fen: int = 0
    """What an offset takes of it."""
    state: LineState = LineState.READY
    hold_reason: str = ""
    return_date: date | None = None
    return_reason: str = ""

    @property
    def pay_fen(self) -> int:
        """What the bank pays."""
        return self.amount_fen - self.offset_fen

    @property
    def draw_reference(self) -> str:
        """The number of the payment."""
        return f"{self.draw_list}-{self.number}"

    def hold(self, reason: str) -> "Line":
        """Do not pay it now."""
        return replace(self, state=LineState.HELD, hold_reason=reason)

    def report(self, order: Order) -> DrawReport:
        """Give the draw that it is to become."""
        return DrawReport(
            reference=self.draw_reference,
            origin=OWN,
            person=self.person,
            entitlement_reference=self.entitlement_reference,
            scheme=order.scheme,
            pooling_region=order.pooling_region,
            benefit_month=self.benefit_month,
            pay_date=order.pay_date,
            kind=self.kind,
            amount_fen=self.pay_fen,
            account_number="",
            offset=self.offset,
            offset_fen=self.offset_fen,
        )


@dataclass(frozen=True, slots=True)
class BankReturn:
    """What the bank has done with one order."""

    number: int
    amount_fen: int
    result: BankResult
    return_date: date
    reason: str
    draw_reference: str = ""
    """The number of the payment; empty when the bank does not give it."""


def answer(line: Line | None, said: BankReturn, pay_date: date) -> Line | None:
    """Give the line as the bank's answer leaves it, None for an answer that repeats; raise when it does not fit.

    Numbers and amounts of two lists are much the same: an answer to another list shows by its payment's number, or by a
    day before the list's pay date.
    """
    if line is None:
        raise NotFound("RESOURCE_NOT_FOUND", "The list has no line with that number.")
    if said.draw_reference not in ("", line.draw_reference):
        raise InvalidInput("draw_reference", "INVALID_TEXT", f"The line's payment is {line.draw_reference}.")
    if said.return_date < pay_date:
        least = pay_date.isoformat()
        raise InvalidInput(
            "return_date", "VALUE_OUT_OF_RANGE", f"The list is paid on {least}, not before.", {"min": least}
        )
    if said.amount_fen != line.pay_fen:
        raise PreconditionFailed(
            "AMOUNT_DIFFERS",
            "The bank answers for another amount than was ordered.",
            {"found": str(said.amount_fen), "needed": str(line.pay_fen)},
        )
    state = LineState(said.result)
    answered = replace(line, state=state, return_date=said.return_date, return_reason=said.reason)
    if answered == line:
        return None
    if line.state in (LineState.PAID, LineState.RETURNED):
        raise AlreadyExists("RESOURCE_EXISTS", f"The bank has answered for that line otherwise: {line.state}.")
    if line.state is not LineState.RELEASED:
        raise wrong_state("line", line.state, LineState.RELEASED)
    return answered


def reversal_of(line: Line) -> Reversal:
    """Give the reversal of a line's draw that the bank could not pay."""
    if line.return_date is None:
        raise ValueError("the bank has not answered for the line")
    return Reversal(OWN, line.draw_reference, line.return_date, line.return_reason)


def wrong_state(what: str, found: str, *needed: str) -> PreconditionFailed:
    """Give the refusal of what a list or line is not ready for."""
    return PreconditionFailed(
        "DRAW_LIST_STATE", f"The {what} is {found}.", {"found": found, "needed": ",".join(needed)}
    )


def _too_early(order: Order, least: int) -> InvalidInput:
    return InvalidInput(
        "draw_list.benefit_month",
        "VALUE_OUT_OF_RANGE",
        f"The list of {order.scheme} in {order.pooling_region} may be for {format_month(least)} at the earliest.",
        {"min": format_month(least)},
    )
