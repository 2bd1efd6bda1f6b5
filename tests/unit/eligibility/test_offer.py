"""What speaks against granting a benefit that is due: by example, and by the fund audit's own detectors."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.aliases import Alias
from services.common.months import parse_month
from services.eligibility.domain import Account, Amount, EntitlementState, Scheme
from services.eligibility.entitlement import Entitlement
from services.eligibility.offer import (
    Exclusion,
    FindingParameters,
    Offer,
    PaidElsewhere,
    Recipient,
    exclusion,
    may_follow,
    start_of,
)
from services.eligibility.offers import OFFERS
from services.fund_audit.domain import Scheme as AuditedScheme
from tests.unit.fund_audit.worlds import World, certified, examine, make_draw

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
MONTH = parse_month("2026-11")
MONTHLY = [offer for offer in OFFERS if not offer.is_once]
BY_BENEFIT = {offer.benefit: offer for offer in OFFERS}
RESIDENT, EMPLOYEE = BY_BENEFIT["resident_pension"], BY_BENEFIT["employee_pension"]
ANNA = Recipient("anna", "370200")
PARAMETERS = FindingParameters(
    instant=frozenset({"resident_pension"}),
    instant_on_unverified_law=False,
    verified_facts_months=3,
    proposal_days=90,
    declined_months=12,
    back_months=12,
    outside_months=12,
    kept_months=24,
    once_event_months=24,
)
DOUBLE_DRAW = frozenset({"R-04", "R-05", "R-06", "R-07", "R-34"})


def held(benefit: str, scheme: Scheme = Scheme.EMPLOYEE_PENSION, **changed: object) -> Entitlement:
    fields: dict[str, object] = {"pooling_region": "370200", "start_month": MONTH - 6, "end_month": None}
    fields |= {"person": "anna", "state": EntitlementState.ACTIVE} | changed
    return Entitlement(
        entitlement=f"id of {benefit}",
        reference=f"A-{benefit}",
        benefit=benefit,
        scheme=scheme,
        amounts=(Amount(MONTH - 6, 1_000),),
        account=Account("ab" * 16, "****1234"),
        suspensions=(),
        create_time=NOW,
        update_time=NOW,
        **fields,  # type: ignore[arg-type]  # by name
    )


def excluded(offer: Offer, *found: Entitlement, outside: Scheme | None = None) -> Exclusion | None:
    paid = [PaidElsewhere("anna", outside)] if outside is not None else []
    return exclusion(offer, ANNA, found, paid, MONTH)


def test_nothing_held_excludes_nothing() -> None:
    assert [excluded(offer) for offer in MONTHLY] == [None] * len(MONTHLY)


def test_what_is_drawn_or_was_suspended_is_not_offered_again() -> None:
    assert excluded(RESIDENT, held("resident_pension", Scheme.RESIDENT_PENSION)) is Exclusion.DRAWN
    suspended = held("resident_pension", Scheme.RESIDENT_PENSION, state=EntitlementState.SUSPENDED)
    assert excluded(RESIDENT, suspended) is Exclusion.DRAWN


def test_a_pension_that_has_ended_is_not_granted_again_however_long_ago() -> None:
    stopped = {"state": EntitlementState.STOPPED, "end_month": MONTH - 30}
    assert excluded(RESIDENT, held("resident_pension", Scheme.RESIDENT_PENSION, **stopped)) is Exclusion.DRAWN
    over = {"end_month": MONTH - 2}
    spell = held("unemployment_benefit", Scheme.UNEMPLOYMENT_INSURANCE, **over)
    assert excluded(BY_BENEFIT["unemployment_benefit"], spell) is None


def test_the_residents_pension_makes_way_for_the_employees_unless_its_end_is_settled() -> None:
    resident = held("resident_pension", Scheme.RESIDENT_PENSION)
    assert excluded(EMPLOYEE, resident) is None
    assert excluded(EMPLOYEE, replace(resident, start_month=MONTH)) is Exclusion.OTHER_BENEFIT
    settled = replace(resident, state=EntitlementState.STOPPED, end_month=MONTH + 2)
    assert excluded(EMPLOYEE, settled) is Exclusion.OTHER_BENEFIT
    assert excluded(EMPLOYEE, replace(settled, end_month=MONTH - 1)) is None


def test_one_scheme_in_two_regions_is_left_to_a_person_whatever_the_benefits_are() -> None:
    injury = held("work_injury", Scheme.WORK_INJURY_INSURANCE)
    dependants = BY_BENEFIT["dependants_allowance"]
    assert excluded(dependants, injury) is None
    assert excluded(dependants, replace(injury, pooling_region="370300")) is Exclusion.OTHER_BENEFIT


def test_what_another_record_of_the_person_draws_is_left_to_a_person() -> None:
    injury = held("work_injury", Scheme.WORK_INJURY_INSURANCE, person="bo")
    assert excluded(BY_BENEFIT["dependants_allowance"], injury) is Exclusion.OTHER_BENEFIT


@pytest.mark.parametrize(
    ("offer", "scheme", "expected"),
    [
        (RESIDENT, Scheme.PUBLIC_PENSION, Exclusion.OTHER_PAYER),
        (BY_BENEFIT["illness_allowance"], Scheme.EMPLOYEE_PENSION, Exclusion.OTHER_PAYER),
        (BY_BENEFIT["unemployment_benefit"], Scheme.UNEMPLOYMENT_INSURANCE, Exclusion.OTHER_PAYER),
        (BY_BENEFIT["work_injury"], Scheme.RESIDENT_PENSION, None),
    ],
)
def test_what_another_payer_pays_of_the_scheme_or_as_a_pension_excludes(
    offer: Offer, scheme: Scheme, expected: Exclusion | None
) -> None:
    assert excluded(offer, outside=scheme) is expected


def test_it_begins_by_the_law_but_not_too_far_back_and_after_what_was_drawn() -> None:
    assert start_of(None, MONTH, None, PARAMETERS) == MONTH
    assert start_of(MONTH + 1, MONTH, None, PARAMETERS) == MONTH + 1
    assert start_of(MONTH - 60, MONTH, None, PARAMETERS) == MONTH - 12
    assert start_of(MONTH - 60, MONTH, MONTH - 2, PARAMETERS) == MONTH - 1


@st.composite
def registers(draw: st.DrawFn) -> tuple[tuple[Entitlement, ...], tuple[tuple[str, Scheme, str, int], ...]]:
    """Give what somebody holds under two names, each benefit by its scheme or a strange one, and what others paid."""
    kinds = [(offer.benefit, offer.scheme) for offer in MONTHLY]
    kinds += [("public_pension", Scheme.PUBLIC_PENSION), ("care_allowance", Scheme.EMPLOYEE_PENSION)]
    wanted = draw(st.lists(st.sampled_from(kinds), max_size=3, unique=True))
    names, regions = st.sampled_from(("anna", "anna", "bo")), st.sampled_from(("370200", "370200", "370300"))
    entitlements = []
    for benefit, scheme in wanted:
        first = draw(st.integers(MONTH - 14, MONTH + 2))
        last = draw(st.none() | st.integers(first, MONTH + 3))
        states = [EntitlementState.ACTIVE, EntitlementState.SUSPENDED] + [EntitlementState.STOPPED] * (last is not None)
        entitlements.append(
            held(
                benefit,
                scheme,
                person=draw(names),
                pooling_region=draw(regions),
                start_month=first,
                end_month=last,
                state=draw(st.sampled_from(states)),
            )
        )
    months = st.integers(MONTH - 14, MONTH + 1)
    outside = draw(st.lists(st.tuples(names, st.sampled_from(Scheme), st.just("370400"), months), max_size=2))
    return tuple(entitlements), tuple(outside)


@settings(max_examples=300)
@given(st.sampled_from(MONTHLY), registers(), st.integers(MONTH - 20, MONTH + 1))
def test_whatever_is_granted_the_fund_audit_finds_no_month_drawn_twice_by_it(
    offer: Offer, register: tuple[tuple[Entitlement, ...], tuple[tuple[str, Scheme, str, int], ...]], first: int
) -> None:
    entitlements, outside = register
    drawn = [month for one in entitlements if may_follow(offer, ANNA, one) for month in months_of(one, MONTH)]
    start = start_of(first, MONTH, max(drawn, default=None), PARAMETERS)
    recent = [PaidElsewhere(person, scheme) for person, scheme, _, month in outside if month >= MONTH - 12]
    if exclusion(offer, ANNA, entitlements, recent, start) is not None:
        return
    ended = [
        replace(one, end_month=start - 1)
        if one.benefit in offer.replaces and (one.end_month is None or one.end_month >= start)
        else one
        for one in entitlements
    ]
    new = held(offer.benefit, offer.scheme, start_month=start, person="anna")
    before = twice_drawn([(one, months_of(one, MONTH)) for one in entitlements], outside)
    until = MONTH + 4
    after = twice_drawn(
        [(new, months_of(new, until)), *((one, months_of(one, until)) for one in ended)],
        outside,
    )
    unchanged = twice_drawn([(one, months_of(one, until)) for one in ended], outside)
    assert after <= before | unchanged


def months_of(entitlement: Entitlement, through: int) -> range:
    last = through if entitlement.end_month is None else min(entitlement.end_month, through)
    return range(entitlement.start_month, last + 1)


def twice_drawn(
    paid: list[tuple[Entitlement, range]], outside: tuple[tuple[str, Scheme, str, int], ...]
) -> set[tuple[str, int]]:
    """Let the real detectors look at all that was paid; gives rule and month of what they find."""
    ours = [
        (one.reference, one.person, one.scheme, one.pooling_region, month, "")
        for one, all_of in paid
        for month in all_of
    ]
    theirs = [("E-1", person, scheme, region, month, "370400") for person, scheme, region, month in outside]
    draws = tuple(
        make_draw(
            number,
            entitlement_reference=reference,
            person=person,
            scheme=AuditedScheme(scheme),
            pooling_region=region,
            benefit_month=month,
            origin=origin,
        )
        for number, (reference, person, scheme, region, month, origin) in enumerate([*ours, *theirs])
    )
    if not draws:
        return set()
    aliases = (Alias("bo", "anna", "merge"),)
    found = examine(World(draws, certifications=(certified(date(2020, 1, 1)),), aliases=aliases))
    return {(one.rule, line.month) for one in found if one.rule in DOUBLE_DRAW for line in one.lines}
