"""What becomes of the months of a pension when something happens."""

from dataclasses import replace
from datetime import date
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.months import format_month, parse_month
from services.eligibility.book.book import Book
from services.eligibility.domain import Scheme
from services.eligibility.life_event import LifeEvent, LifeEventKind
from services.eligibility.payability import (
    AmountStep,
    Claim,
    MonthState,
    Settlement,
    is_survivors_benefit_barred,
    settle,
)
from services.eligibility.payability_law import DatedEffect, Effect, PayabilityLaw
from services.eligibility.rules.payability.payability import payability_law

START, END = parse_month("2022-01"), parse_month("2022-12")
FEN = 300_000
LETTERS = {MonthState.DUE: "D", MonthState.HELD: "h", MonthState.LOST: "-", MonthState.UNKNOWN: "?"}


@cache
def law() -> PayabilityLaw:
    return payability_law(Book.load())


def claim(scheme: Scheme = Scheme.EMPLOYEE_PENSION, *steps: AmountStep, start: int = START) -> Claim:
    return Claim(scheme, start, None, (AmountStep(start, FEN), *steps))


def settled(*events: LifeEvent, of: Claim | None = None, paid: int = 0, through: int = END) -> Settlement:
    """Settle the year 2022, of which the first `paid` months were paid."""
    of = of or claim()
    return settle(of, events, {of.start_month + month: FEN for month in range(paid)}, through, law())


def letters(settlement: Settlement) -> str:
    return "".join(LETTERS[account.state] for account in settlement.months)


def event(kind: str, since: str, until: str = "", *, convicted: bool = False) -> LifeEvent:
    to_date = date.fromisoformat(until) if until else None
    return LifeEvent(LifeEventKind(kind), date.fromisoformat(since), to_date, convicted)


MONTHS = [
    # what happened, in 2022                                                             the twelve months
    ([], "DDDDDDDDDDDD"),
    ([event("DEATH", "2022-04-01")], "DDDD--------"),
    ([event("DEATH", "2022-04-30")], "DDDD--------"),
    ([event("MISSING", "2022-03-10")], "DDDhhhhhhhhh"),
    ([event("MISSING", "2022-03-10", "2022-09-01")], "DDDDDDDDDDDD"),
    ([event("CUSTODY", "2022-03-10")], "DDDhhhhhhhhh"),
    ([event("CUSTODY", "2022-03-10", "2022-06-15")], "DDDDDDDDDDDD"),
    ([event("CUSTODY", "2022-03-10", "2022-06-15", convicted=True)], "DDD---DDDDDD"),
    ([event("PRISON", "2022-03-10")], "DDD---------"),
    ([event("PRISON", "2022-03-10", "2022-09-05")], "DDD------DDD"),
    ([event("PRISON", "2022-03-10", "2022-03-25")], "DDDDDDDDDDDD"),
    (
        [event("CUSTODY", "2022-02-10", "2022-05-20", convicted=True), event("PRISON", "2022-05-20", "2022-09-05")],
        "DD-------DDD",
    ),
    ([event("PAROLE", "2022-02-01", "2022-06-10"), event("PAROLE_REVOKED", "2022-06-10")], "DDDDD-------"),
    ([event("SENTENCE_OUTSIDE", "2022-02-01", "2022-10-01")], "DDDDDDDDDDDD"),
    ([event("ABROAD", "2022-02-01")], "DDDDDDDDDDDD"),
    ([event("UNCERTIFIED", "2022-06-30")], "DDDDDDhhhhhh"),
    ([event("UNCERTIFIED", "2022-06-30", "2022-11-02")], "DDDDDDDDDDDD"),
    ([event("ACCOUNT_UNPAYABLE", "2022-01-15")], "Dhhhhhhhhhhh"),
    ([event("LOSS_SUSPECTED", "2022-05-15")], "DDDDDhhhhhhh"),
    ([event("UNCERTIFIED", "2022-06-30"), event("DEATH", "2022-08-09")], "DDDDDDhh----"),
    ([event("LOSS_SUSPECTED", "2022-05-15", "2022-06-20"), event("DEATH", "2022-04-02")], "DDDD--------"),
]


@pytest.mark.parametrize(("events", "months"), MONTHS, ids=lambda value: str(len(value)))
def test_an_event_holds_or_ends_the_months_after_it(events: list[LifeEvent], months: str) -> None:
    settlement = settled(*events)
    assert letters(settlement) == months
    decided = [account for account in settlement.months if account.state is not MonthState.DUE]
    assert all(account.article and account.event in events for account in decided)
    assert settlement.owed_fen == months.count("D") * FEN
    assert settlement.held_fen == months.count("h") * FEN
    assert settlement.overpaid_fen == 0


@pytest.mark.parametrize(
    ("scheme", "kind", "months"),
    [
        (Scheme.EMPLOYEE_PENSION, "NATIONALITY_LOST", "DDDDDDDDDDDD"),
        (Scheme.RESIDENT_PENSION, "NATIONALITY_LOST", "DDD---------"),
        (Scheme.RESIDENT_PENSION, "OTHER_PENSION", "DDD---------"),
    ],
)
def test_a_scheme_may_have_a_rule_of_its_own(scheme: Scheme, kind: str, months: str) -> None:
    assert letters(settled(event(kind, "2022-03-10"), of=claim(scheme))) == months


def test_what_was_paid_after_a_death_is_overpaid_and_cites_the_article() -> None:
    settlement = settled(event("DEATH", "2024-04-20"), paid=32, through=parse_month("2024-12"))
    assert settlement.overpaid_fen == 4 * FEN  # May to August 2024
    assert settlement.owed_fen == 0
    assert "社会保险经办条例 第二十五条" in settlement.months[-1].article


def test_a_death_that_turns_out_to_be_wrong_leaves_the_same_months_owed_back() -> None:
    wrong = settled(event("DEATH", "2022-04-20"), paid=4)
    assert (wrong.owed_fen, wrong.overpaid_fen) == (0, 0)
    assert settled(paid=4).owed_fen == 8 * FEN


def test_a_held_month_that_was_paid_is_claimed_back_only_after_the_sentence() -> None:
    open_one = settled(event("CUSTODY", "2022-03-10"), paid=6)
    assert (open_one.overpaid_fen, open_one.held_fen) == (0, 6 * FEN)
    convicted = settled(event("CUSTODY", "2022-03-10", "2022-07-01", convicted=True), paid=6)
    assert convicted.overpaid_fen == 3 * FEN
    acquitted = settled(event("CUSTODY", "2022-03-10", "2022-07-01"), paid=3)
    assert (acquitted.owed_fen, acquitted.overpaid_fen) == (9 * FEN, 0)


def test_an_effect_that_has_ended_leaves_the_months_after_it_to_be_looked_at() -> None:
    june = parse_month("2022-06")
    ended = DatedEffect(START - 120, Effect.WITHHOLD, "art. 1", unverified=False, until=june)
    changed = replace(law(), effects={**law().effects, (LifeEventKind.PRISON, None): (ended,)})
    account = settle(claim(), (event("PRISON", "2022-02-10"),), {}, END, changed)
    assert letters(account) == "DD----??????"


def test_whether_the_first_and_the_last_month_of_prison_are_paid_is_the_law_of_that_month() -> None:
    july = parse_month("2022-07")
    changed = replace(
        law(),
        prison_first_month_paid=((START, True), (july, False)),
        prison_release_month_paid=((START, False), (july, True)),
    )
    for since, until, months in (
        ("2022-02-10", "2022-05-10", "DD---DDDDDDD"),
        ("2022-08-10", "2022-11-10", "DDDDDDD---DD"),
        ("2022-02-10", "2022-11-10", "DD--------DD"),
    ):
        account = settle(claim(), (event("PRISON", since, until),), {}, END, changed)
        assert letters(account) == months


def test_after_prison_the_old_amount_goes_on_with_later_adjustments_only() -> None:
    steps = [
        AmountStep(parse_month(f"{year}-01"), FEN + 10_000 * (year - 2022), is_adjustment=True)
        for year in (2023, 2024, 2025)
    ]
    told = settled(
        event("PRISON", "2022-11-20", "2024-03-10"),
        of=claim(Scheme.EMPLOYEE_PENSION, *steps),
        through=parse_month("2025-02"),
    )
    worth = {format_month(account.month): account.worth_fen for account in told.months}
    assert worth["2022-11"] == worth["2024-04"] == worth["2024-12"] == FEN
    assert worth["2025-01"] == FEN + 10_000


def test_a_correction_is_no_adjustment_and_holds_through_a_sentence() -> None:
    step = AmountStep(parse_month("2022-06"), FEN + 5_000)
    told = settled(event("SENTENCE_OUTSIDE", "2022-02-01"), of=claim(Scheme.EMPLOYEE_PENSION, step))
    assert told.months[-1].worth_fen == FEN + 5_000
    assert told.months[-1].article == "劳社厅函〔2001〕44号"


def test_a_raise_that_reaches_back_is_owed_for_the_months_already_paid() -> None:
    step = AmountStep(START, FEN + 5_000, is_adjustment=True)
    assert settled(of=claim(Scheme.EMPLOYEE_PENSION, step), paid=6, through=START + 5).owed_fen == 6 * 5_000


def test_an_event_before_the_book_has_a_rule_leaves_its_months_to_be_looked_at() -> None:
    told = settled(
        event("PRISON", "1999-03-10"), of=claim(start=parse_month("1999-01")), paid=12, through=parse_month("1999-12")
    )
    assert letters(told) == "DDD?????????"
    assert told.months[5].unverified
    assert told.overpaid_fen == 0
    dead = settled(event("PRISON", "2000-01-10"), event("DEATH", "2001-04-10"), of=claim(start=parse_month("2001-01")))
    assert letters(dead)[:6] == "??----"


def test_a_month_outside_the_benefit_that_was_paid_is_overpaid() -> None:
    early = settle(claim(), (), {START - 2: FEN}, START, law())
    assert [format_month(account.month) for account in early.months] == ["2021-11", "2022-01"]
    assert early.overpaid_fen == FEN
    ended = Claim(Scheme.EMPLOYEE_PENSION, START, START + 1, (AmountStep(START, FEN),))
    assert settle(ended, (), {START + 2: FEN}, END, law()).overpaid_fen == FEN


@pytest.mark.parametrize(("death", "barred"), [("2022-05-01", True), ("2022-08-01", False), ("2022-02-01", False)])
def test_who_dies_while_serving_leaves_no_survivors_benefit(death: str, barred: bool) -> None:
    assert is_survivors_benefit_barred([event("PRISON", "2022-03-10", "2022-07-01"), event("DEATH", death)]) is barred


_days = st.dates(date(2021, 6, 1), date(2023, 6, 1))


@st.composite
def _events(draw: st.DrawFn) -> list[LifeEvent]:
    kinds = draw(st.lists(st.sampled_from(LifeEventKind), max_size=4))
    found = []
    for kind in kinds:
        since, until = sorted((draw(_days), draw(_days)))
        found.append(LifeEvent(kind, since, draw(st.sampled_from([None, until])), draw(st.booleans())))
    return found


@given(events=_events(), paid=st.sets(st.integers(START, END)), data=st.data())
def test_nothing_is_both_owed_and_overpaid_and_the_order_of_events_does_not_matter(
    events: list[LifeEvent], paid: set[int], data: st.DataObject
) -> None:
    payments = dict.fromkeys(paid, FEN)
    told = settle(claim(), events, payments, END, law())
    for account in told.months:
        assert sorted((account.owed_fen > 0, account.held_fen > 0, account.overpaid_fen > 0))[1] is False
        if account.state is MonthState.DUE:
            assert account.owed_fen - account.overpaid_fen == account.worth_fen - account.paid_fen
    mixed = settle(claim(), data.draw(st.permutations(events)), payments, END, law())
    assert [account.state for account in mixed.months] == [account.state for account in told.months]
    assert (mixed.owed_fen, mixed.held_fen, mixed.overpaid_fen) == (told.owed_fen, told.held_fen, told.overpaid_fen)


@given(events=_events(), kind=st.sampled_from(LifeEventKind), since=_days)
def test_one_more_event_never_makes_more_due(events: list[LifeEvent], kind: LifeEventKind, since: date) -> None:
    before, after = settled(*events), settled(*events, LifeEvent(kind, since))
    assert after.owed_fen <= before.owed_fen


@pytest.mark.parametrize("benefit", ["unemployment_benefit", "dependants_allowance"])
def test_a_benefit_that_is_no_pension_has_its_own_rule_of_a_sentence_and_none_of_custody(benefit: str) -> None:
    of = Claim(Scheme.EMPLOYEE_PENSION, START, None, (AmountStep(START, FEN),), is_pension=False, benefit=benefit)
    served = settled(event("PRISON", "2022-03-10", "2022-09-05"), of=of)
    assert letters(served) == "DDD------DDD"
    assert all(account.article for account in served.months if account.state is MonthState.LOST)
    assert letters(settled(event("SENTENCE_REPORTED", "2022-03-10"), of=of)) == "DDDhhhhhhhhh"
    assert letters(settled(event("CUSTODY", "2022-03-10"), of=of)) == "DDD?????????"


def test_of_a_benefit_that_is_no_pension_nobody_knows_what_a_sentence_makes() -> None:
    of = Claim(Scheme.EMPLOYEE_PENSION, START, None, (AmountStep(START, FEN),), is_pension=False)
    settlement = settled(event("PRISON", "2022-03-10", "2022-09-05"), of=of)
    assert letters(settlement) == "DDD??????DDD"
    assert letters(settled(event("DEATH", "2022-04-20"), of=of)) == "DDDD--------"
