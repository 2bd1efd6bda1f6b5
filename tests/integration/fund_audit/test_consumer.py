"""Events become facts, findings, cases, ledger entries and events of our own; in any order, once."""

import asyncio
import random
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.common.cloud_event import Event
from services.common.merkle import Frontier
from services.fund_audit.domain import LIVE, Case, CaseState
from services.fund_audit.store import FundAuditStore
from tests.integration.fund_audit.conftest import Audit, followed, live
from tests.integration.fund_audit.event_streams import (
    batches,
    certification_changed,
    death_reported,
    death_withdrawn,
    draw_recorded,
    draw_reversed,
    events_of,
    id_of,
    person_registered,
    renumbered,
    sentence_told,
    with_ids,
)
from tests.unit.fund_audit.worlds import JANUARY, World, examine, make_draw, worlds

OK = certification_changed("anna", 1, "CERTIFIED", "2025-01-01", "cert-anna")
OK_BO = certification_changed("bo", 1, "CERTIFIED", "2025-01-01", "cert-bo")
TWO_REGIONS = (
    draw_recorded(make_draw(1)),
    draw_recorded(make_draw(2, pooling_region="370282", origin="agency/370282", amount_fen=100)),
)


def only(cases: list[Case]) -> Case:
    assert len(cases) == 1
    return cases[0]


async def test_two_draws_of_one_month_open_a_case_that_names_their_events(audit: Audit) -> None:
    await audit.receive(OK, *TWO_REGIONS)
    case = only(await audit.cases())
    assert (case.finding.rule, case.state, case.finding.evidence) == ("R-04", CaseState.OPEN, ("draw1", "draw2"))
    assert case.finding.amount_at_risk_fen == 100
    assert case.finding.people == (id_of("anna"),)


async def test_a_death_registered_after_three_months_of_draws_finds_them(audit: Audit) -> None:
    draws = [draw_recorded(make_draw(n, benefit_month=JANUARY + n, pay_date=date(2026, 1 + n, 15))) for n in range(4)]
    await audit.receive(OK, *draws)
    assert await audit.cases() == []
    await audit.receive(death_reported("anna", "2026-01-20", "d1", "death"))
    case = only(await audit.cases())
    assert (case.finding.rule, case.finding.evidence) == ("R-01", ("death", "draw1", "draw2", "draw3"))


async def test_a_withdrawn_death_withdraws_its_case(audit: Audit) -> None:
    await audit.receive(OK, draw_recorded(make_draw(benefit_month=JANUARY + 1)))
    await audit.receive(death_reported("anna", "2026-01-20", "d1", "death"))
    await audit.receive(death_withdrawn("anna", "d1"))
    case = only(await audit.cases())
    assert (case.state, case.version) == (CaseState.WITHDRAWN, 2)


async def test_what_was_due_before_a_sentence_and_paid_after_it_is_no_case_while_the_sentence_stands(
    audit: Audit,
) -> None:
    held = make_draw(benefit_month=JANUARY, pay_date=date(2026, 2, 15))
    lost = certification_changed("anna", 2, "LOST", "2026-02-10", "lost")
    await audit.receive(OK, lost, draw_recorded(held))
    assert only(await audit.cases()).state is CaseState.OPEN  # the sentence is told last
    await audit.receive(sentence_told("anna", "2026-01-20"))
    assert only(await audit.cases()).state is CaseState.WITHDRAWN
    await audit.receive(sentence_told("anna", "2026-01-20", withdrawn=True))
    assert [one.state for one in await audit.cases()].count(CaseState.OPEN) == 1


async def test_a_reversal_amends_a_case_and_then_closes_it(audit: Audit) -> None:
    third = make_draw(3, pooling_region="370285", origin="agency/370285", amount_fen=40)
    await audit.receive(OK, *TWO_REGIONS, draw_recorded(third))
    await audit.receive(draw_reversed(third))
    amended = only(await audit.cases())
    assert (amended.state, amended.finding.amount_at_risk_fen, amended.version) == (CaseState.OPEN, 100, 2)
    await audit.receive(draw_reversed(make_draw(1)))
    assert only(await audit.cases()).state is CaseState.WITHDRAWN


async def test_a_representative_registered_later_withdraws_the_case_about_an_account(audit: Audit) -> None:
    await audit.receive(OK, OK_BO)
    await audit.receive(draw_recorded(make_draw(1, account="a")), draw_recorded(make_draw(2, person="bo", account="a")))
    assert only(await audit.cases()).finding.rule == "R-18"
    await audit.receive(person_registered("anna", "bo"))
    assert only(await audit.cases()).state is CaseState.WITHDRAWN


async def test_a_redelivered_batch_changes_nothing(audit: Audit) -> None:
    for _ in range(3):
        await audit.receive(OK, *TWO_REGIONS)
    assert only(await audit.cases()).version == 1
    assert await audit.rows("SELECT count(*) FROM event_outbox") == [(1,)]
    assert await audit.rows("SELECT size FROM ledger_head") == [(1,)]


async def test_new_evidence_after_a_decision_opens_a_new_case_about_the_rest(audit: Audit) -> None:
    await audit.receive(OK, *TWO_REGIONS)
    first = only(await audit.cases())
    await audit.database.write(lambda c: audit.desk.take(FundAuditStore(c), first.id, "", "auditor/wang"))
    await audit.database.write(
        lambda c: audit.desk.decide(FundAuditStore(c), first.id, "", "auditor/li", "both paid", confirmed=True)
    )
    february = {"benefit_month": JANUARY + 1, "pay_date": date(2026, 2, 15)}
    await audit.receive(
        draw_recorded(make_draw(3, **february)),
        draw_recorded(make_draw(4, pooling_region="370282", origin="agency/370282", **february)),
    )
    decided, second = await audit.cases()
    assert (decided.id, decided.state) == (first.id, CaseState.CONFIRMED)
    assert (second.state, second.finding.evidence) == (CaseState.OPEN, ("draw3", "draw4"))


async def test_every_change_is_one_entry_of_the_ledger_and_one_event(audit: Audit) -> None:
    await audit.receive(OK, *TWO_REGIONS)
    await audit.receive(draw_reversed(make_draw(2)))
    assert await audit.rows("SELECT position FROM ledger_entry ORDER BY position") == [(0,), (1,)]
    sent = await audit.rows("SELECT aggregate_seq, type, division FROM event_outbox ORDER BY pos")
    assert sent == [(n, "socsec.fundaudit.v1.CaseChanged", "370200") for n in (1, 2)]
    faults = await audit.database.read(lambda c: audit.ledger.recheck(FundAuditStore(c), Frontier(), 10))
    assert faults[1] == []


@pytest.mark.parametrize("late", [False, True])
async def test_people_joined_over_somebody_who_draws_nothing_share_an_account(audit: Audit, late: bool) -> None:
    ward, guardian, agent = "anna", "chen", "bo"
    draws = [
        draw_recorded(make_draw(1, person=ward, account="joint")),
        draw_recorded(make_draw(2, person=agent, account="joint")),
    ]
    chain = [person_registered(ward, guardian), person_registered(guardian, agent)]
    for event in (*draws, *chain) if late else (*chain, *draws):
        await audit.receive(event)
    assert [case for case in await audit.cases() if case.finding.rule == "R-18" and case.state in LIVE] == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    world=worlds(),
    dice=st.randoms(use_true_random=False),
    cuts=st.lists(st.integers(0, 60), max_size=4),
    repeated=st.lists(st.integers(0, 60), max_size=5),
)
def test_events_in_any_order_and_repeated_lead_to_the_cases_of_the_whole_history(
    request: pytest.FixtureRequest,
    kind: str,
    world: World,
    dice: random.Random,
    cuts: list[int],
    repeated: list[int],
) -> None:
    url: str = request.getfixturevalue(f"emptied_{kind}_url")()
    events = events_of(world)
    events += [events[n % len(events)] for n in repeated] if events else []
    shuffled: list[Event] = dice.sample(events, len(events))

    cases, sound = asyncio.run(followed(url, batches(shuffled, cuts)))
    assert live(cases) == examine(renumbered(with_ids(world)))
    assert sound
