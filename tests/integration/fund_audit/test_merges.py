"""Two records become one person and part again: the cases follow, in any order of what is told."""

import asyncio
import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.common.cloud_event import Event
from services.common.errors import PermissionDenied
from services.common.inbox import Waiting
from services.fund_audit.domain import LIVE, Case, CaseState
from services.fund_audit.store import FundAuditStore
from tests.integration.fund_audit.conftest import Audit, followed, live
from tests.integration.fund_audit.event_streams import (
    batches,
    certification_changed,
    death_reported,
    draw_recorded,
    events_of,
    id_of,
    merges_told,
    person_registered,
    renumbered,
    with_ids,
)
from tests.unit.fund_audit.worlds import JANUARY, MergeStory, Told, World, examine, make_draw, merge_stories, worlds

FEBRUARY = JANUARY + 1
CERTIFIED = tuple(
    certification_changed(name, 1, "CERTIFIED", "2025-01-01", f"cert-{name}") for name in ("anna", "bo", "chen")
)
MERGED, PARTED = merges_told([Told("bo", "anna", "merge"), Told("bo", "", "undo")])
PENSIONS = (
    draw_recorded(make_draw(1)),
    draw_recorded(make_draw(2, person="bo", entitlement_reference="E2", amount_fen=100)),
)


def told_live(cases: list[Case]) -> list[tuple[str, str]]:
    return [(finding.rule, finding.subject.key) for finding in live(cases)]


@pytest.mark.parametrize("place", range(3))
async def test_two_pensions_of_one_person_open_a_case_whenever_the_merge_is_told(audit: Audit, place: int) -> None:
    events = list(PENSIONS)
    events.insert(place, MERGED)
    await audit.receive(*CERTIFIED)
    for event in events:
        await audit.receive(event)
    (finding,) = live(await audit.cases())
    assert (finding.rule, finding.subject.key) == ("R-07", id_of("anna"))
    assert (finding.evidence, finding.amount_at_risk_fen) == (("draw1", "draw2", "merge"), 100)
    (case,) = await audit.cases()
    view = await audit.database.read(lambda c: audit.desk.get(FundAuditStore(c), case.id))
    assert [note.event_type.rpartition(".")[2] for note in view.evidence] == ["DrawRecorded"] * 2 + ["PersonMerged"]


async def test_undoing_a_merge_withdraws_what_stood_only_because_of_it_and_nothing_else(audit: Audit) -> None:
    dead = draw_recorded(make_draw(3, person="bo", benefit_month=FEBRUARY, entitlement_reference="E2"))
    await audit.receive(*CERTIFIED, *PENSIONS, dead, death_reported("bo", "2026-01-20", "d1", "death"))
    before = live(await audit.cases())
    await audit.receive(MERGED)
    assert told_live(await audit.cases()) == [("R-01", id_of("anna")), ("R-07", id_of("anna"))]
    await audit.receive(PARTED)
    assert live(await audit.cases()) == before
    assert told_live(await audit.cases()) == [("R-01", id_of("bo"))]
    sizes = await audit.rows("SELECT size FROM ledger_head")
    changes = sum(case.version for case in await audit.cases())
    assert sizes == [(changes,)]


async def test_a_death_under_one_name_stops_the_pension_under_the_other(audit: Audit) -> None:
    await audit.receive(*CERTIFIED, MERGED, death_reported("bo", "2026-01-20", "d1", "death"))
    await audit.receive(draw_recorded(make_draw(1, benefit_month=FEBRUARY)))
    (finding,) = live(await audit.cases())
    assert (finding.rule, finding.evidence) == ("R-01", ("death", "draw1"))


async def test_what_was_decided_about_one_name_stays_decided_about_the_person(audit: Audit) -> None:
    await audit.receive(*CERTIFIED, death_reported("bo", "2026-01-20", "d1", "death"))
    await audit.receive(draw_recorded(make_draw(1, person="bo", benefit_month=FEBRUARY)))
    await decide(audit, (await audit.cases())[0])
    await audit.receive(MERGED)
    await audit.receive(PARTED)
    assert [case.state for case in await audit.cases()] == [CaseState.CONFIRMED]


async def test_what_was_decided_while_a_merge_stood_stays_decided_after_it(audit: Audit) -> None:
    await audit.receive(*CERTIFIED, MERGED, death_reported("bo", "2026-01-20", "d1", "death"))
    await audit.receive(draw_recorded(make_draw(1, person="bo", benefit_month=FEBRUARY)))
    await decide(audit, (await audit.cases())[0])
    await audit.receive(PARTED)
    assert [case.state for case in await audit.cases()] == [CaseState.CONFIRMED]


async def test_a_taken_case_stays_on_its_auditors_desk_when_the_person_gets_another_name(audit: Audit) -> None:
    await audit.receive(*CERTIFIED, death_reported("bo", "2026-01-20", "d1", "death"))
    await audit.receive(draw_recorded(make_draw(1, person="bo", benefit_month=FEBRUARY)))
    (case,) = await audit.cases()
    await audit.database.write(lambda c: audit.desk.take(FundAuditStore(c), case.id, "", "auditor/wang"))
    for told, name in ((MERGED, "anna"), (PARTED, "bo")):
        await audit.receive(told)
        (gone_on,) = [case for case in await audit.cases() if case.state in LIVE]
        assert (gone_on.state, gone_on.taken_by) == (CaseState.TAKEN, "auditor/wang")
        assert gone_on.finding.subject.key == id_of(name)
    with pytest.raises(PermissionDenied):
        await audit.database.write(
            lambda c: audit.desk.decide(FundAuditStore(c), gone_on.id, "", "auditor/wang", "mine", confirmed=True)
        )


async def decide(audit: Audit, case: Case) -> None:
    await audit.database.write(lambda c: audit.desk.take(FundAuditStore(c), case.id, "", "auditor/wang"))
    await audit.database.write(
        lambda c: audit.desk.decide(FundAuditStore(c), case.id, "", "auditor/li", "as it was told", confirmed=True)
    )


async def test_two_names_of_one_person_may_share_an_account_also_over_a_guardian_of_one_of_them(audit: Audit) -> None:
    paid = {"account": "joint", "kind": "BACK_PAY"}
    await audit.receive(
        *CERTIFIED, draw_recorded(make_draw(1, **paid)), draw_recorded(make_draw(2, person="bo", **paid))
    )
    assert told_live(await audit.cases()) == [("R-18", "joint")]
    await audit.receive(MERGED)
    assert live(await audit.cases()) == []
    await audit.receive(draw_recorded(make_draw(3, person="chen", **paid)))
    assert [finding.people for finding in live(await audit.cases())] == [tuple(sorted((id_of("anna"), id_of("chen"))))]
    await audit.receive(person_registered("chen", "dong"), *merges_told([Told("dong", "bo", "another")]))
    assert live(await audit.cases()) == []
    await audit.receive(PARTED)
    assert told_live(await audit.cases()) == [("R-18", "joint")]


async def test_a_record_merged_with_itself_is_quarantined(audit: Audit) -> None:
    await audit.receive(*merges_told([Told("bo", "bo", "odd")]))
    held = await audit.database.read(lambda c: audit.consumer.inbox(c).list_held(10))
    assert [(one.waiting, one.event.event_id) for one in held] == [(Waiting.FAILED, "odd")]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    world=worlds(),
    story=merge_stories(),
    dice=st.randoms(use_true_random=False),
    cuts=st.lists(st.integers(0, 60), max_size=4),
)
def test_merges_and_facts_in_any_order_lead_to_the_cases_of_the_whole_history(
    request: pytest.FixtureRequest, kind: str, world: World, story: MergeStory, dice: random.Random, cuts: list[int]
) -> None:
    url: str = request.getfixturevalue(f"emptied_{kind}_url")()
    events = events_of(world)
    events += merges_told(story.told, {pair.person for pair in world.representations})
    shuffled: list[Event] = dice.sample(events, len(events))

    cases, sound = asyncio.run(followed(url, batches(shuffled, cuts)))
    assert live(cases) == examine(renumbered(with_ids(replace(world, aliases=story.standing))))
    assert sound
