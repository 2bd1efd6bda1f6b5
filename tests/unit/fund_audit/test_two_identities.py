"""One person under several names: R-07 by example, every rule as of one person, and who is who now."""

import random
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.aliases import Alias, Identities
from services.fund_audit.detectors.history import CertificationChange, Draw
from services.fund_audit.domain import CertificationState, DrawKind, Finding, Scheme
from tests.unit.fund_audit.worlds import (
    JANUARY,
    MergeStory,
    PersonCertification,
    World,
    as_one,
    certified,
    examine,
    judged_in_sql,
    make_draw,
    merge_stories,
    verdicts,
    worlds,
)

FEBRUARY = JANUARY + 1
BO_IS_ANNA = (Alias("bo", "anna", "merge"),)
BOTH_CERTIFIED = (certified(), certified(person="bo"))


def only(findings: list[Finding]) -> Finding:
    assert len(findings) == 1
    return findings[0]


def two_pensions(**of_second: object) -> tuple[Draw, Draw]:
    second = {"person": "bo", "entitlement_reference": "E2", "amount_fen": 100} | of_second
    return make_draw(1), make_draw(2, **second)


def test_a_month_drawn_under_two_names_of_one_person_is_found_with_the_merge_as_evidence() -> None:
    world = World(two_pensions(), certifications=BOTH_CERTIFIED)
    assert examine(world) == []
    finding = only(examine(replace(world, aliases=BO_IS_ANNA)))
    assert (finding.rule, finding.subject.key, finding.people) == ("R-07", "anna", ("anna",))
    assert finding.evidence == ("draw1", "draw2", "merge")
    assert finding.amount_at_risk_fen == 100


def test_the_record_that_drew_most_of_a_month_keeps_it_and_of_equal_ones_the_smaller_name() -> None:
    draws = (
        *two_pensions(amount_fen=2000_00),
        make_draw(3, person="bo", amount_fen=2000_00, entitlement_reference="E3"),
    )
    finding = only(examine(World(draws, certifications=BOTH_CERTIFIED, aliases=BO_IS_ANNA)))
    assert (finding.rule, finding.amount_at_risk_fen) == ("R-07", 3000_00)
    equal = World(two_pensions(amount_fen=3000_00), certifications=BOTH_CERTIFIED, aliases=(Alias("anna", "bo", "m"),))
    assert only(examine(equal)).amount_at_risk_fen == 3000_00


@pytest.mark.parametrize("kind", [DrawKind.BACK_PAY, DrawKind.LUMP_SUM])
def test_back_pay_and_lump_sums_under_another_name_are_no_second_pension(kind: DrawKind) -> None:
    assert examine(World(two_pensions(kind=kind), certifications=BOTH_CERTIFIED, aliases=BO_IS_ANNA)) == []


def test_a_change_of_scheme_that_is_a_change_of_name_too_is_no_overlap() -> None:
    changing = {"person": "bo", "scheme": Scheme.RESIDENT_PENSION, "entitlement_reference": "E2"}
    draws = (
        make_draw(1, **changing),
        make_draw(2, benefit_month=FEBRUARY, **changing),
        make_draw(3, benefit_month=FEBRUARY),
        make_draw(4, benefit_month=FEBRUARY + 1),
    )
    world = World(draws, certifications=BOTH_CERTIFIED, aliases=BO_IS_ANNA)
    assert examine(world) == []
    longer = make_draw(5, benefit_month=FEBRUARY + 1, **changing)
    found = examine(replace(world, draws=(*draws, longer)))
    assert [(finding.rule, finding.months) for finding in found] == [
        (rule, (FEBRUARY, FEBRUARY + 1)) for rule in ("R-05", "R-07")
    ]


def test_one_account_of_two_names_is_no_account_of_strangers() -> None:
    world = World(two_pensions(account="acct1", kind=DrawKind.BACK_PAY), certifications=BOTH_CERTIFIED)
    draws = tuple(replace(draw, account="acct1") for draw in world.draws)
    assert only(examine(replace(world, draws=draws))).rule == "R-18"
    assert examine(replace(world, draws=draws, aliases=BO_IS_ANNA)) == []


def test_who_is_certified_under_one_name_is_certified_and_who_is_barred_under_both_is_found() -> None:
    def suspended(person: str) -> PersonCertification:
        state = CertificationState.SUSPENDED
        return PersonCertification(person, CertificationChange(f"bar-{person}", 1, state, date(2026, 1, 1)))

    world = World((make_draw(),), aliases=BO_IS_ANNA)
    assert examine(replace(world, certifications=(suspended("anna"), certified(person="bo")))) == []
    finding = only(examine(replace(world, certifications=(suspended("anna"), suspended("bo")))))
    assert (finding.rule, finding.evidence) == ("R-29", ("bar-anna", "bar-bo", "draw1"))


def test_a_chain_and_a_ring_of_merges_half_told_mean_one_person() -> None:
    chain = Identities({"anna"}, (Alias("anna", "bo", "m1"), Alias("bo", "chen", "m2"), Alias("dong", "bo", "m3")))
    assert {chain.person(name) for name in ("anna", "bo", "chen", "dong")} == {"chen"}
    ring = Identities({"anna"}, (Alias("dong", "bo", "m0"), Alias("bo", "chen", "m1"), Alias("chen", "bo", "m2")))
    assert {ring.person(name) for name in ("bo", "chen", "dong")} == {"bo"}
    assert (ring.person("anna"), ring.family("anna")) == ("anna", "anna")
    assert len({ring.family(name) for name in ("bo", "chen", "dong")}) == 1


def test_an_undone_merge_parts_the_people_and_leaves_them_one_family() -> None:
    parted = Identities({"anna"}, (Alias("bo", "anna", "m", stands=False),))
    assert parted.people() == {"anna": ("anna",), "bo": ("bo",)}
    assert parted.family("bo") == parted.family("anna")


@settings(max_examples=200, deadline=None)
@given(worlds(), merge_stories())
def test_every_rule_finds_of_several_names_what_it_finds_of_one_person(world: World, story: MergeStory) -> None:
    merged = replace(world, aliases=story.standing)
    ours = verdicts(examine(merged))
    apart = {"R-07", "R-29"}
    assert {verdict for verdict in ours if verdict[0] not in apart} == {
        verdict for verdict in judged_in_sql(as_one(merged)) if verdict[0] not in apart
    }
    assert {verdict for verdict in ours if verdict[0] in apart} == judged_draw_by_draw(merged)


def judged_draw_by_draw(world: World) -> set[tuple[str, str, int, frozenset[str], int]]:
    """Judge R-07 and R-29 of each draw by itself; shares no grouping with the detectors."""
    owner = {alias.person: alias.survivor for alias in world.aliases}
    paid = [draw for draw in world.draws if not draw.reversal]
    found: dict[tuple[str, str, int], dict[str, int]] = {}
    for draw in paid:
        person = owner.get(draw.person, draw.person)
        own = [other for other in paid if owner.get(other.person, other.person) == person]
        regular = [other for other in own if other.kind == "REGULAR"]
        if draw.kind == "REGULAR" and any(is_beside(draw, other, regular) for other in regular):
            beside = [d for d in regular if any(is_beside(d, o, regular) for o in regular)]
            sums = {
                name: sum(d.amount_fen for d in beside if (d.person, d.benefit_month) == (name, draw.benefit_month))
                for name in {d.person for d in beside if d.benefit_month == draw.benefit_month}
            }
            kept = min(sums, key=lambda name: (-sums[name], name))
            at_risk = 0 if draw.person == kept else draw.amount_fen
            found.setdefault(("R-07", person, draw.benefit_month), {})[draw.event_id] = at_risk
        words: dict[str, list[CertificationChange]] = {}
        for fact in world.certifications:
            if owner.get(fact.person, fact.person) == person:
                words.setdefault(fact.person, []).append(fact.change)
        last = [
            max(known, key=lambda change: change.sequence).state
            for told in words.values()
            if (known := [change for change in told if change.effective_date <= draw.pay_date])
        ]
        barred = bool(last) and not {state.value for state in last} - {"SUSPENDED", "LOST"}
        died = [fact.death.death_date for fact in world.deaths if owner.get(fact.person, fact.person) == person]
        month = divmod(draw.benefit_month, 12)
        due = bool(died) and month <= min((day.year, day.month - 1) for day in died)
        if set(last) == {CertificationState.LOST} and due and not draw.origin:
            barred = False
        if draw.kind != "LUMP_SUM" and (barred or (not words and not draw.origin)):
            found.setdefault(("R-29", person, draw.benefit_month), {})[draw.event_id] = draw.amount_fen
    return {(*key, frozenset(events), sum(events.values())) for key, events in found.items()}


def is_beside(one: Draw, other: Draw, regular: list[Draw]) -> bool:
    if one.person == other.person or one.benefit_month != other.benefit_month:
        return False
    first, second = ([d.benefit_month for d in regular if d.scheme == scheme] for scheme in (one.scheme, other.scheme))
    month = one.benefit_month
    takes_over = any(min(a) < min(b) == max(a) == month for a, b in ((first, second), (second, first)))
    return one.scheme == other.scheme or not takes_over


@settings(max_examples=100, deadline=None)
@given(merge_stories(), st.randoms(use_true_random=False))
def test_who_is_who_does_not_depend_on_the_order_of_what_stands(story: MergeStory, dice: random.Random) -> None:
    aliases = story.standing
    one, other = Identities((), aliases), Identities((), dice.sample(aliases, len(aliases)))
    assert one.people() == other.people()
    assert all(one.person(alias.person) == alias.survivor for alias in aliases)
