"""What a draw list owes whom, and what becomes of it and its lines."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import (
    AlreadyExists,
    Conflict,
    DomainError,
    InvalidInput,
    NotFound,
    PermissionDenied,
    PreconditionFailed,
)
from services.common.months import parse_month
from services.eligibility.book.book import Book
from services.eligibility.claim import claim_of, events_of
from services.eligibility.domain import Account, Amount, EntitlementState, Scheme
from services.eligibility.draw import DrawKind
from services.eligibility.draw_line import LATEST_PAY_DAYS, BankResult, BankReturn, Line, LineState, Order, answer
from services.eligibility.draw_list import DrawList, DrawListState, lines_for
from services.eligibility.entitlement import Entitlement
from services.eligibility.offset import Offset, OffsetOrder, OffsetState
from services.eligibility.payability import MonthAccount, settle
from services.eligibility.rules.payability.payability import payability_law

NOW = datetime(2026, 3, 10, tzinfo=UTC)
TODAY = date(2026, 3, 10)
MARCH = parse_month("2026-03")
PENSION = Entitlement(
    entitlement="e1",
    reference="A-1",
    person="p",
    benefit="employee_pension",
    scheme=Scheme.EMPLOYEE_PENSION,
    pooling_region="370202",
    start_month=MARCH - 5,
    end_month=None,
    amounts=(Amount(MARCH - 5, 3_000),),
    account=Account("ab" * 16, "****1234"),
    state=EntitlementState.ACTIVE,
    suspensions=(),
    create_time=NOW,
    update_time=NOW,
)
ORDER = Order(Scheme.EMPLOYEE_PENSION, "370202", MARCH, date(2026, 3, 15))
LIST = DrawList("L", ORDER, MARCH - 2, "operator/wang", NOW, NOW)
LINE = Line("L", 1, "e1", 1, "A-1", "p", MARCH, DrawKind.REGULAR, 3_000, "****1234")


LAW = payability_law(Book.load())


def accounts(entitlement: Entitlement, paid: dict[int, int], through: int = MARCH) -> Sequence[MonthAccount]:
    """Account for the months since the list's opening, of somebody to whom nothing has happened."""
    events = events_of(entitlement, None)
    return settle(claim_of(entitlement), events, paid, through, LAW, LIST.opening_month).months


def owed(entitlement: Entitlement, paid: dict[int, int], through: int = MARCH) -> list[tuple[int, int]]:
    return [(one.month, one.owed_fen) for one in accounts(entitlement, paid, through) if one.owed_fen]


def test_months_since_the_opening_are_owed_less_what_was_paid() -> None:
    assert owed(PENSION, {}) == [(MARCH - 2, 3_000), (MARCH - 1, 3_000), (MARCH, 3_000)]
    paid = {MARCH - 2: 3_000, MARCH - 1: 2_900, MARCH: 3_100}
    assert owed(PENSION, paid) == [(MARCH - 1, 100)]


def test_a_raise_that_reaches_back_is_owed_for_the_months_that_were_paid() -> None:
    raised, _ = PENSION.change_amount(MARCH - 1, 3_200, "yearly adjustment", NOW)
    paid = {MARCH - 2: 3_000, MARCH - 1: 3_000}
    assert owed(raised, paid) == [(MARCH - 1, 200), (MARCH, 3_200)]


@pytest.mark.parametrize("back", [0, 1])
def test_what_a_suspension_holds_is_not_listed_and_is_paid_back_when_it_is_resumed(back: int) -> None:
    suspended, _ = PENSION.suspend(MARCH - 1, "being looked into", NOW)
    assert lines_for(LIST, 1, suspended, accounts(suspended, {MARCH - 2: 3_000}), None, payable=True) == []
    resumed, _ = suspended.resume(MARCH - back, NOW)
    assert owed(resumed, {MARCH - 2: 3_000}) == [(MARCH - 1, 3_000), (MARCH, 3_000)]
    held, month = lines_for(LIST, 1, resumed, accounts(resumed, {MARCH - 2: 3_000}), None, payable=True)
    assert (held.kind, month.kind) == (DrawKind.BACK_PAY, DrawKind.REGULAR)


def test_the_lists_own_month_is_regular_and_everything_else_is_back_pay() -> None:
    raised, _ = PENSION.change_amount(MARCH, 3_200, "yearly adjustment", NOW)
    lines = lines_for(LIST, 7, raised, accounts(raised, {MARCH - 2: 3_000, MARCH: 3_000}), None, payable=True)
    found = [(line.number, line.benefit_month, line.kind, line.amount_fen) for line in lines]
    assert found == [(7, MARCH - 1, DrawKind.BACK_PAY, 3_000), (8, MARCH, DrawKind.BACK_PAY, 200)]
    (regular,) = lines_for(
        LIST, 1, PENSION, accounts(PENSION, {MARCH - 2: 3_000, MARCH - 1: 3_000}), None, payable=True
    )
    assert (regular.kind, regular.amount_fen) == (DrawKind.REGULAR, 3_000)


def test_what_a_draw_would_be_refused_for_is_held() -> None:
    for line in lines_for(LIST, 1, PENSION, accounts(PENSION, {}), None, payable=True):
        assert (line.state, line.hold_reason) == (LineState.HELD, "CERTIFICATION_HOLDS_PAYMENT")


@given(
    st.lists(
        st.tuples(st.sampled_from(["raise", "suspend", "resume", "return", "hold", "run"]), st.integers(1, 6)),
        max_size=24,
    )
)
def test_whatever_happens_each_month_in_force_is_paid_its_amount_and_no_more(walk: list[tuple[str, int]]) -> None:
    pension, paid, month, amount = PENSION, dict[int, int](), MARCH - 2, 3_000
    most: dict[int, int] = {}
    for verb, back in walk:
        try:
            if verb == "raise":
                amount += 100
                pension, _ = pension.change_amount(month - back, amount, "yearly adjustment", NOW)
            elif verb == "suspend":
                pension, _ = pension.suspend(month - back, "in custody", NOW)
            elif verb == "resume":
                pension, _ = pension.resume(month - back, NOW)
            elif verb == "return":
                paid.pop(month - back, None)
            else:
                month += verb == "run"
                for one, fen in owed(pension, paid, month):
                    paid[one] = paid.get(one, 0) + fen
        except DomainError:
            continue
        most |= {one: max(most.get(one, 0), fen) for one, fen in paid.items()}
        assert all(fen <= amount for fen in most.values())
    for one, fen in owed(pension, paid, month):
        paid[one] = paid.get(one, 0) + fen
    for one in range(MARCH - 2, month + 1):
        if not pension.is_paused(one):
            assert paid[one] >= pension.amount_on(one)
    assert owed(pension, paid, month) == []


def test_a_list_is_made_by_one_and_released_by_another() -> None:
    built = LIST.add("e1", [LINE, replace(LINE, number=2).hold("ACCOUNT_NOT_PAYABLE")], NOW).built(NOW)
    assert (built.totals.lines, built.totals.held, built.totals.amount_fen, built.totals.held_fen) == (
        2,
        1,
        6_000,
        3_000,
    )
    for same in ("operator/wang", "reviewer/wang"):
        with pytest.raises(PermissionDenied, match="second person"):
            built.release(same, NOW)
    releasing = built.release("reviewer/li", NOW)
    assert (releasing.state, releasing.releaser) == (DrawListState.RELEASING, "reviewer/li")
    released = releasing.advance(1, [replace(LINE, state=LineState.RELEASED)], NOW).released(NOW)
    assert (released.state, released.totals.released) == (DrawListState.RELEASED, 1)
    assert released.answered([replace(LINE, state=LineState.PAID)], NOW).state is DrawListState.CLOSED


def test_a_list_that_pays_nobody_is_closed_with_its_release() -> None:
    assert LIST.built(NOW).release("reviewer/li", NOW).released(NOW).state is DrawListState.CLOSED


def test_a_list_is_changed_from_the_right_states_only() -> None:
    built = LIST.built(NOW)
    assert LIST.cancel(NOW).state is built.cancel(NOW).state is DrawListState.CANCELLED
    with pytest.raises(PreconditionFailed) as refused:
        built.cancel(NOW).release("reviewer/li", NOW)
    assert refused.value.metadata == {"found": "CANCELLED", "needed": "BUILT"}
    with pytest.raises(PreconditionFailed):
        built.release("reviewer/li", NOW).cancel(NOW)
    with pytest.raises(PreconditionFailed):
        built.check_released()
    with pytest.raises(Conflict):
        built.check_version(1)


def test_the_bank_answers_each_order_once() -> None:
    released = replace(LINE, state=LineState.RELEASED)
    paid = BankReturn(1, 3_000, BankResult.PAID, TODAY, "")
    returned = BankReturn(1, 3_000, BankResult.RETURNED, TODAY, "account closed")
    found = answer(released, paid, TODAY)
    assert found is not None
    assert (found.state, found.return_date) == (LineState.PAID, TODAY)
    assert answer(found, paid, TODAY) is None
    with pytest.raises(AlreadyExists):
        answer(found, returned, TODAY)
    with pytest.raises(NotFound):
        answer(None, paid, TODAY)
    with pytest.raises(PreconditionFailed) as other:
        answer(released, replace(paid, amount_fen=2_999), TODAY)
    assert (other.value.reason, other.value.metadata) == ("AMOUNT_DIFFERS", {"found": "2999", "needed": "3000"})
    with pytest.raises(PreconditionFailed) as held:
        answer(LINE.hold("ACCOUNT_NOT_PAYABLE"), paid, TODAY)
    assert held.value.metadata == {"found": "HELD", "needed": "RELEASED"}


OFFSET = Offset("o1", OffsetOrder("e1", 1_000, 400, 2_700, "cases/1"), "operator/wang", NOW, NOW)


def test_an_offset_takes_its_share_of_the_lists_own_month_and_leaves_the_floor() -> None:
    before, month = lines_for(
        LIST, 1, PENSION, accounts(PENSION, {MARCH - 2: 3_000}), None, payable=True, offset=OFFSET
    )
    assert (before.kind, before.offset_fen, before.pay_fen) == (DrawKind.BACK_PAY, 0, 3_000)
    assert (month.kind, month.amount_fen, month.offset_fen, month.pay_fen) == (DrawKind.REGULAR, 3_000, 300, 2_700)
    assert (month.report(ORDER).amount_fen, month.report(ORDER).offset_fen) == (2_700, 300)
    rich = replace(OFFSET, order=replace(OFFSET.order, floor_fen=1))
    assert rich.due(3_000) == 400
    assert replace(rich, taken_fen=800).due(3_000) == 200
    assert OFFSET.due(2_000) == 0


def test_an_offset_is_settled_by_its_last_fen_and_open_again_when_a_draw_comes_back() -> None:
    settled = OFFSET.take(700, NOW).take(300, NOW)
    assert (settled.state, settled.taken_fen, settled.due(9_000)) == (OffsetState.SETTLED, 1_000, 0)
    assert settled.take(-300, NOW).due(9_000) == 300
    ended = OFFSET.end("returned in cash", NOW)
    assert (ended.take(-300, NOW).state, ended.due(9_000)) == (OffsetState.ENDED, 0)
    with pytest.raises(PreconditionFailed):
        settled.end("again", NOW)
    with pytest.raises(Conflict):
        ended.check_version(1)


@pytest.mark.parametrize(
    ("pay_date", "month", "field"),
    [
        (TODAY - timedelta(days=1), MARCH, "draw_list.pay_date"),
        (TODAY + timedelta(days=LATEST_PAY_DAYS + 1), MARCH, "draw_list.pay_date"),
        (TODAY, MARCH + 2, "draw_list.benefit_month"),
        (TODAY, MARCH - 13, "draw_list.benefit_month"),
    ],
)
def test_a_list_for_days_that_do_not_fit_is_refused(pay_date: date, month: int, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        replace(ORDER, pay_date=pay_date, benefit_month=month).check(TODAY)
    assert refused.value.field == field
    replace(ORDER, pay_date=TODAY, benefit_month=MARCH + 1).check(TODAY)
