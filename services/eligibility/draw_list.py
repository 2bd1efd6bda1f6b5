"""Draw lists (发放名册): what is owed to whom for a month, released by two people, ordered from the bank; pure.

What is owed is counted, not remembered: the amount of a month in force less what was paid for it. So a resumption, a
raise that reaches back and a payment that came back are on the next list by themselves, and nothing is on two.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import takewhile

from services.common.callers import are_one_individual
from services.common.errors import Conflict, DomainError, PermissionDenied
from services.eligibility.certification import Certification
from services.eligibility.draw import DrawKind, admit_draw
from services.eligibility.draw_line import Line, LineState, Order, wrong_state
from services.eligibility.entitlement import Entitlement
from services.eligibility.offset import Offset
from services.eligibility.payability import MonthAccount, MonthState


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
SETTLED_AT_ONCE = 3
"""How many more months of an entitlement have to be settled for that to be kept."""
OPEN = (DrawListState.BUILDING, DrawListState.BUILT, DrawListState.RELEASING)
"""States of which a scheme and region has one list at most."""


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
        if are_one_individual(by, self.creator):
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


def lines_for(
    draw_list: DrawList,
    first: int,
    entitlement: Entitlement,
    accounts: Iterable[MonthAccount],
    certification: Certification | None,
    payable: bool,
    offset: Offset | None = None,
) -> list[Line]:
    """Give the lines of an entitlement, numbered from `first`; what a draw would be refused for is held.

    What is open of a month is listed; months that a suspension of the entitlement holds are not: somebody took it off
    the list. An offset takes of the list's own month only: back pay is what the person has waited for. What was paid
    too much for one month is not taken off another: that takes an order or an agreement (Handling Regulation art. 46).
    """
    order = draw_list.order
    lines: list[Line] = []
    for account in accounts:
        paused = account.state is MonthState.HELD and entitlement.is_paused(account.month)
        if not account.open_fen or paused:
            continue
        is_own = account.month == order.benefit_month and not account.paid_fen and entitlement.in_force(account.month)
        line = Line(
            draw_list=draw_list.draw_list,
            number=first + len(lines),
            entitlement=entitlement.entitlement,
            entitlement_version=entitlement.version,
            entitlement_reference=entitlement.reference,
            person=entitlement.person,
            benefit_month=account.month,
            kind=_kind_of(entitlement, is_own=is_own),
            amount_fen=account.open_fen,
            masked_account=entitlement.account.masked,
        )
        if offset is not None and line.kind is DrawKind.REGULAR:
            line = replace(line, offset=offset.offset, offset_fen=offset.due(line.amount_fen))
        try:
            admit_draw(line.report(order), entitlement, certification, payable, account)
        except DomainError as error:
            line = line.hold(error.reason)
        lines.append(line)
    return lines


def _kind_of(entitlement: Entitlement, *, is_own: bool) -> DrawKind:
    if entitlement.is_once:
        return DrawKind.LUMP_SUM
    return DrawKind.REGULAR if is_own else DrawKind.BACK_PAY


def open_from(entitlement: Entitlement, opening_month: int, law: str) -> int:
    """Give the first month that a list has to look at: all before it were found settled by the same law.

    What is paid once is on the first list after its grant: no other payer has paid it.
    """
    if entitlement.is_once:
        return entitlement.start_month if entitlement.settled_to is None else entitlement.settled_to + 1
    if entitlement.settled_to is None or entitlement.settled_by != law:
        return opening_month
    return max(opening_month, entitlement.settled_to + 1)


def settled_by(entitlement: Entitlement, accounts: Iterable[MonthAccount], law: str) -> Entitlement | None:
    """Give the entitlement with more of its months settled, as far as nothing is open; None when it is not worth it.

    `accounts` are those since `open_from`. What is settled is kept once it is a few months: a write for each month
    costs more than it saves.
    """
    settled = list(takewhile(lambda account: not account.open_fen, accounts))
    if len(settled) < (1 if entitlement.is_once else SETTLED_AT_ONCE):
        return None
    return replace(entitlement, settled_to=settled[-1].month, settled_by=law)
