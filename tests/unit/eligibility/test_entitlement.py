"""Entitlements: their months, their transitions, and what excludes what."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import AlreadyExists, Conflict, DomainError, PreconditionFailed
from services.common.months import parse_month
from services.eligibility.domain import Account, Amount, EntitlementState, Scheme, Suspension, check_version
from services.eligibility.entitlement import (
    Entitlement,
    EntitlementAccountChanged,
    EntitlementAmountChanged,
    EntitlementEvent,
    EntitlementResumed,
    EntitlementStopped,
    EntitlementSuspended,
)
from services.eligibility.granting import first_conflict, is_repeated

NOW = datetime(2026, 1, 5, tzinfo=UTC)
JANUARY = parse_month("2026-01")
PENSION = Entitlement(
    entitlement="e1",
    reference="A-1",
    person="p",
    benefit="employee_pension",
    scheme=Scheme.EMPLOYEE_PENSION,
    pooling_region="370202",
    start_month=JANUARY,
    end_month=None,
    amounts=(Amount(JANUARY, 312_345),),
    account=Account("ab" * 16, "****1234"),
    state=EntitlementState.ACTIVE,
    suspensions=(),
    create_time=NOW,
    update_time=NOW,
)


def months_in_force(entitlement: Entitlement) -> list[int]:
    return [month - JANUARY for month in range(JANUARY - 2, JANUARY + 14) if entitlement.in_force(month)]


def test_it_is_in_force_from_its_first_month_on() -> None:
    assert months_in_force(PENSION) == list(range(14))


def test_suspended_months_are_not_in_force_and_the_others_are() -> None:
    suspended, event = PENSION.suspend(JANUARY + 3, "in custody", NOW)
    assert event == EntitlementSuspended(suspended, JANUARY + 3)
    assert months_in_force(suspended) == [0, 1, 2]
    resumed, event = suspended.resume(JANUARY + 6, NOW)
    assert event == EntitlementResumed(resumed, JANUARY + 6)
    assert months_in_force(resumed) == [0, 1, 2, 6, 7, 8, 9, 10, 11, 12, 13]
    assert resumed.suspensions == (Suspension(JANUARY + 3, JANUARY + 5, "in custody"),)


def test_a_suspension_resumed_from_its_own_month_never_was() -> None:
    resumed, _ = PENSION.suspend(JANUARY + 3, "mistake", NOW)[0].resume(JANUARY + 3, NOW)
    assert (resumed.suspensions, resumed.state) == ((), EntitlementState.ACTIVE)


def test_after_its_last_month_it_is_never_in_force_again() -> None:
    stopped, event = PENSION.stop(JANUARY + 2, "moved away", NOW)
    assert event == EntitlementStopped(stopped, JANUARY + 2)
    assert months_in_force(stopped) == [0, 1, 2]
    with pytest.raises(PreconditionFailed) as refused:
        stopped.suspend(JANUARY + 1, "x", NOW)
    assert refused.value.metadata == {"found": "STOPPED", "needed": "ACTIVE"}
    with pytest.raises(PreconditionFailed):
        stopped.resume(JANUARY + 1, NOW)
    with pytest.raises(PreconditionFailed):
        stopped.stop(JANUARY + 1, "moved away", NOW)


def test_months_outside_its_term_are_refused() -> None:
    suspended, _ = PENSION.suspend(JANUARY + 3, "x", NOW)
    again, _ = suspended.resume(JANUARY + 5, NOW)
    with pytest.raises(PreconditionFailed, match="does not fit"):
        PENSION.suspend(JANUARY - 1, "x", NOW)
    with pytest.raises(PreconditionFailed, match="does not fit"):
        PENSION.stop(JANUARY - 1, "moved away", NOW)
    with pytest.raises(PreconditionFailed, match="does not fit"):
        suspended.resume(JANUARY + 2, NOW)
    with pytest.raises(PreconditionFailed, match="does not fit"):
        again.suspend(JANUARY + 4, "x", NOW)


@pytest.mark.parametrize(
    ("other", "excluded"),
    [
        (replace(PENSION, benefit="resident_pension", scheme=Scheme.RESIDENT_PENSION), True),
        (replace(PENSION, pooling_region="371300"), True),
        (replace(PENSION, benefit="dependant_allowance"), False),
        (replace(PENSION, start_month=JANUARY - 9, end_month=JANUARY - 1), False),
        (replace(PENSION, start_month=JANUARY - 9, end_month=JANUARY), True),
        (replace(PENSION, scheme=Scheme.RESIDENT_PENSION, start_month=JANUARY - 9, end_month=JANUARY), False),
        (replace(PENSION, scheme=Scheme.RESIDENT_PENSION, start_month=JANUARY - 9, end_month=JANUARY + 1), True),
        (replace(PENSION, scheme=Scheme.RESIDENT_PENSION, start_month=JANUARY + 2, end_month=JANUARY + 1), False),
    ],
)
def test_two_pensions_exclude_each_other_but_for_the_month_of_change(other: Entitlement, excluded: bool) -> None:
    assert PENSION.conflicts_with(other) is excluded
    assert other.conflicts_with(PENSION) is excluded
    refusal = first_conflict(PENSION, [replace(other, entitlement="e2")])
    assert (refusal is not None and refusal.metadata == {"resource": "entitlements/e2"}) is excluded


def test_what_gives_way_to_a_pension_ends_before_it_and_never_was_when_it_began_later() -> None:
    active, _ = PENSION.give_way(JANUARY + 3, "retired", NOW)
    assert (active.state, months_in_force(active)) == (EntitlementState.STOPPED, [0, 1, 2, 3])
    stopped, _ = PENSION.stop(JANUARY + 8, "moved away", NOW)
    earlier, event = stopped.give_way(JANUARY + 3, "retired", NOW)
    assert event == EntitlementStopped(earlier, JANUARY + 3)
    assert (months_in_force(earlier), earlier.stop_reason) == ([0, 1, 2, 3], "retired")
    lost = PENSION.follow_loss(JANUARY + 8, "dead", NOW)
    assert lost is not None
    replaced, _ = lost[0].give_way(JANUARY + 3, "retired", NOW)
    assert replaced.follow_loss(None, "", NOW) is None
    never, _ = PENSION.give_way(JANUARY - 4, "retired", NOW)
    assert (never.end_month, months_in_force(never)) == (JANUARY - 1, [])


def test_a_stale_version_is_a_conflict() -> None:
    check_version(3, 3)
    check_version(3, None)
    with pytest.raises(Conflict):
        check_version(3, 2)


class PlainModel:
    """The months that are paid, written down one by one."""

    def __init__(self) -> None:
        self.end = JANUARY + 40
        self.paid = {month: month >= JANUARY for month in range(JANUARY - 6, JANUARY + 40)}

    def pay(self, from_month: int, paid: bool) -> None:
        self.paid.update({month: paid for month in self.paid if month >= from_month})


steps = st.lists(
    st.tuples(st.sampled_from(["suspend", "resume", "stop"]), st.integers(JANUARY - 3, JANUARY + 30)), max_size=12
)


@given(steps)
def test_any_walk_pays_the_months_that_a_plain_list_says(walk: list[tuple[str, int]]) -> None:
    entitlement, model = PENSION, PlainModel()
    for verb, month in walk:
        before = entitlement
        event: EntitlementEvent | None = None
        try:
            if verb == "suspend":
                entitlement, event = entitlement.suspend(month, "x", NOW)
                model.pay(month, paid=False)
            elif verb == "resume":
                entitlement, event = entitlement.resume(month, NOW)
                model.pay(month, paid=True)
            else:
                entitlement, event = entitlement.stop(month, "moved away", NOW)
                model.end = month
        except DomainError:
            assert entitlement == before
        else:
            assert entitlement.version == before.version + 1
            assert event is not None
            assert event.entitlement == entitlement
        found = {month: entitlement.in_force(month) for month in model.paid}
        assert found == {month: paid and month <= model.end for month, paid in model.paid.items()}


def test_an_amount_counts_from_its_month_until_the_next_one() -> None:
    raised, event = PENSION.change_amount(JANUARY + 3, 320_000, "yearly adjustment", NOW)
    assert event == EntitlementAmountChanged(raised, JANUARY + 3)
    assert [raised.amount_on(JANUARY + month) for month in (0, 2, 3, 9)] == [312_345, 312_345, 320_000, 320_000]
    assert (raised.monthly_amount_fen, raised.amounts[-1].reason) == (320_000, "yearly adjustment")


def test_an_amount_replaces_what_was_decided_for_later_months_and_keeps_what_was_granted() -> None:
    raised, _ = PENSION.change_amount(JANUARY + 3, 320_000, "yearly adjustment", NOW)
    mended, _ = raised.change_amount(JANUARY, 300_000, "years counted twice", NOW)
    assert mended.amounts == (Amount(JANUARY, 312_345), Amount(JANUARY, 300_000, "years counted twice"))
    assert {mended.amount_on(JANUARY + month) for month in range(9)} == {300_000}


def test_the_amount_of_months_that_it_does_not_cover_is_not_changed() -> None:
    stopped, _ = PENSION.stop(JANUARY + 2, "moved away", NOW)
    for entitlement, month in ((PENSION, JANUARY - 1), (stopped, JANUARY + 1)):
        with pytest.raises(PreconditionFailed):
            entitlement.change_amount(month, 1, "x", NOW)


def test_a_grant_is_the_same_after_its_amount_and_account_were_changed_and_another_amount_is_not() -> None:
    changed, _ = PENSION.change_amount(JANUARY + 3, 320_000, "yearly adjustment", NOW)
    changed, event = changed.change_account(Account("cd" * 16, "****9876"), NOW)
    assert event == EntitlementAccountChanged(changed)
    assert is_repeated(replace(PENSION, entitlement="another"), changed)
    with pytest.raises(AlreadyExists):
        is_repeated(replace(PENSION, amounts=(Amount(JANUARY, 320_000),)), changed)
    with pytest.raises(AlreadyExists):
        is_repeated(replace(PENSION, account=Account("cd" * 16, "****9876")), PENSION)
