"""Draw lists (发放名册): what is owed to whom for a month, released by two people, ordered from the bank; pure.

What is owed is counted, not remembered: the amount of a month in force less what was paid for it. So a resumption, a
raise that reaches back and a payment that came back are on the next list by themselves, and nothing is on two.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from services.common.errors import (
    AlreadyExists,
    Conflict,
    DomainError,
    InvalidInput,
    NotFound,
    PermissionDenied,
    PreconditionFailed,
)
from services.common.months import format_month, month_of
from services.eligibility.certification import Certification
from services.eligibility.domain import OWN, Entitlement, Scheme
from services.eligibility.draw import DrawKind, DrawReport, Reversal, admit_draw
from services.eligibility.offset import Offset

LATEST_PAY_DAYS = 60
"""How far ahead a list may be made."""


class DrawListState(StrEnum):
    """Where a list stands."""

    BUILDING = "BUILDING"
    BUILT = "BUILT"
    RELEASING = "RELEASING"
    RELEASED = "RELEASED"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"


WORKING = (DrawListState.BUILDING, DrawListState.RELEASING)
"""States in which the service is at work on a list."""
OPEN = (DrawListState.BUILDING, DrawListState.BUILT, DrawListState.RELEASING)
"""States of which a scheme and region has one list at most."""


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


@dataclass(frozen=True, slots=True)
class Totals:
    """Lines and fen of a list."""

    lines: int = 0
    held: int = 0
    released: int = 0
    paid: int = 0
    returned: int = 0
    amount_fen: int = 0
    held_fen: int = 0
    returned_fen: int = 0
    offset_fen: int = 0


@dataclass(frozen=True, slots=True)
class DrawList:
    """One run of payments."""

    draw_list: str
    order: Order
    opening_month: int
    creator: str
    create_time: datetime
    update_time: datetime
    state: DrawListState = DrawListState.BUILDING
    cursor: str = ""
    """While it is built the last entitlement that was looked at."""
    totals: Totals = Totals()
    released_to: int = 0
    """While it is released the last line that was looked at."""
    releaser: str = ""
    version: int = 1

    def check_version(self, version: int | None) -> None:
        """Raise Conflict when the caller has read another version; None fits every version."""
        if version is not None and version != self.version:
            raise Conflict("ETAG_MISMATCH", "The list was changed since it was read; read it again.")

    def add(self, cursor: str, lines: list[Line], now: datetime) -> "DrawList":
        """Go on behind more entitlements, which gave these lines."""
        held = [line for line in lines if line.state is LineState.HELD]
        totals = replace(
            self.totals,
            lines=self.totals.lines + len(lines),
            held=self.totals.held + len(held),
            amount_fen=self.totals.amount_fen + sum(line.amount_fen for line in lines),
            held_fen=self.totals.held_fen + sum(line.amount_fen for line in held),
        )
        return self._changed(now, cursor=cursor, totals=totals)

    def built(self, now: datetime) -> "DrawList":
        """Wait for a second person."""
        return self._changed(now, state=DrawListState.BUILT)

    def release(self, by: str, now: datetime) -> "DrawList":
        """Have its lines become draws (人社厅发〔2021〕64号: who makes a list does not release it)."""
        self._need(DrawListState.BUILT)
        if _individual(by) == _individual(self.creator):
            raise PermissionDenied("SAME_PERSON", "Who made the list cannot release it: ask a second person.")
        return self._changed(now, state=DrawListState.RELEASING, releaser=by)

    def advance(self, to: int, lines: list[Line], now: datetime) -> "DrawList":
        """Go on behind more lines, as they became."""
        held = [line for line in lines if line.state is LineState.HELD]
        totals = replace(
            self.totals,
            held=self.totals.held + len(held),
            held_fen=self.totals.held_fen + sum(line.amount_fen for line in held),
            released=self.totals.released + len(lines) - len(held),
            offset_fen=self.totals.offset_fen
            + sum(line.offset_fen for line in lines if line.state is not LineState.HELD),
        )
        return self._changed(now, released_to=to, totals=totals)

    def released(self, now: datetime) -> "DrawList":
        """Have the bank pay; a list that pays nobody is closed."""
        return self._changed(now, state=DrawListState.RELEASED)._closed_when_answered()

    def answered(self, lines: list[Line], now: datetime) -> "DrawList":
        """Note what the bank has done with some lines; the last answer closes the list."""
        returned = [line for line in lines if line.state is LineState.RETURNED]
        totals = replace(
            self.totals,
            paid=self.totals.paid + len(lines) - len(returned),
            returned=self.totals.returned + len(returned),
            returned_fen=self.totals.returned_fen + sum(line.pay_fen for line in returned),
        )
        return self._changed(now, totals=totals)._closed_when_answered()

    def cancel(self, now: datetime) -> "DrawList":
        """Give it up."""
        self._need(DrawListState.BUILDING, DrawListState.BUILT)
        return self._changed(now, state=DrawListState.CANCELLED)

    def check_released(self) -> None:
        """Raise PreconditionFailed unless the bank may have its orders."""
        self._need(DrawListState.RELEASED, DrawListState.CLOSED)

    def _closed_when_answered(self) -> "DrawList":
        answered = self.totals.paid + self.totals.returned == self.totals.released
        return replace(self, state=DrawListState.CLOSED) if answered else self

    def _need(self, *needed: DrawListState) -> None:
        if self.state not in needed:
            raise wrong_state("list", self.state, *needed)

    def _changed(self, now: datetime, **fields: object) -> "DrawList":
        return replace(self, **fields, version=self.version + 1, update_time=now)  # type: ignore[arg-type]  # by name


def owed(
    entitlement: Entitlement, paid: Mapping[int, int], opening_month: int, month: int
) -> Iterator[tuple[int, int]]:
    """Give month and fen of whatever is owed from the opening month to a month; `paid` has the fen paid for a month.

    What was paid too much for one month is not taken off another: that takes an order or an agreement (Handling
    Regulation art. 46).
    """
    for one in range(max(entitlement.start_month, opening_month), month + 1):
        if entitlement.in_force(one):
            missing = entitlement.amount_on(one) - paid.get(one, 0)
            if missing > 0:
                yield one, missing


def lines_for(
    draw_list: DrawList,
    first: int,
    entitlement: Entitlement,
    paid: Mapping[int, int],
    certification: Certification | None,
    payable: bool,
    offset: Offset | None = None,
) -> list[Line]:
    """Give the lines of an entitlement, numbered from `first`; what a draw would be refused for is held.

    An offset takes of the list's own month only: back pay is what the person has waited for.
    """
    order = draw_list.order
    lines: list[Line] = []
    for month, fen in owed(entitlement, paid, draw_list.opening_month, order.benefit_month):
        line = Line(
            draw_list=draw_list.draw_list,
            number=first + len(lines),
            entitlement=entitlement.entitlement,
            entitlement_version=entitlement.version,
            entitlement_reference=entitlement.reference,
            person=entitlement.person,
            benefit_month=month,
            kind=DrawKind.REGULAR if month == order.benefit_month and month not in paid else DrawKind.BACK_PAY,
            amount_fen=fen,
            masked_account=entitlement.account.masked,
        )
        if offset is not None and line.kind is DrawKind.REGULAR:
            line = replace(line, offset=offset.offset, offset_fen=offset.due(fen))
        try:
            admit_draw(line.report(order), entitlement, certification, payable)
        except DomainError as error:
            line = line.hold(error.reason)
        lines.append(line)
    return lines


def answer(line: Line | None, said: BankReturn) -> Line | None:
    """Give the line as the bank's answer leaves it, None for an answer that repeats; raise when it does not fit."""
    if line is None:
        raise NotFound("RESOURCE_NOT_FOUND", "The list has no line with that number.")
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


def _individual(caller: str) -> str:
    """Take the role off a caller's name: one person with certificates of two roles is one person."""
    return caller.partition("/")[2]
