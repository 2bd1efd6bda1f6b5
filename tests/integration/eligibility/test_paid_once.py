"""Benefits that are paid once are found, granted once, and drawn once by the lists of their scheme."""

from dataclasses import replace
from datetime import date

import pytest

from services.common.errors import Conflict, InvalidInput, PreconditionFailed
from services.common.months import parse_month
from services.eligibility.domain import EntitlementGrant, EntitlementState, Scheme
from services.eligibility.draw import DrawKind, Reversal
from services.eligibility.draw_line import Line, Order
from services.eligibility.entitlement import Entitlement
from services.eligibility.evidence import Evidence, EvidenceKind, EvidenceSource
from services.eligibility.offer import Exclusion
from services.eligibility.proposal import STANDING, Ask, Channel, Proposal, ProposalState
from services.eligibility.rules.finding.finding import finding_parameters
from services.eligibility.service.draw import reverse_draws
from services.eligibility.service.draw_list import create_draw_list, plan_step, release_draw_list, take_step
from services.eligibility.service.entitlement import end_replaced, grant_entitlement
from services.eligibility.service.evidence import withdraw_evidence
from services.eligibility.service.granting import Desk
from services.eligibility.service.proposing import approve_proposal, confirm_proposal
from services.eligibility.store import EligibilityStore
from services.eligibility.store.tables.certification import CERTIFICATION
from tests.integration.eligibility.opened import BOOK, NOW, PARAMETERS, Opened, draw_of, evidence_of, grant_of
from tests.integration.eligibility.test_finding import MONTH, TODAY, City, tell_merge

INSTALLED = Desk(BOOK, PARAMETERS, finding_parameters(BOOK, TODAY), NOW)
YOUNG = date(1990, 1, 8)
OVERLAP = {"overlap_months": 12, "resident_overlap_paid_fen": 120_000, "overlap_refunded_fen": 0}
INJURY = {
    "injury_recognized": 1,
    "injury_grade": 8,
    "own_wage_fen": 600_000,
    "refuses_appraisal": 0,
    "refuses_treatment": 0,
}


async def held(store: Opened, person: str) -> list[Entitlement]:
    found = await store.read(lambda opened: opened.entitlements.of_people({person}))
    return list(found[person])


async def paid_by_list(store: Opened, scheme: Scheme, month: str) -> list[Line]:
    """Make and release the list of a month; give its lines."""
    order = Order(scheme, "370200", parse_month(month), date.fromisoformat(f"{month}-28"))

    def work_off(opened: EligibilityStore) -> None:
        while (step := plan_step(opened)) is not None:
            take_step(opened, step, step.people, NOW)

    made = await store.write(lambda opened: create_draw_list(opened, order, "operator/wang", NOW))
    await store.write(work_off)
    await store.write(lambda opened: release_draw_list(opened, made.draw_list, None, "reviewer/li", NOW))
    await store.write(work_off)
    return list((await store.read(lambda opened: opened.draw_lists.numbered(made.draw_list, range(1, 9)))).values())


async def test_what_was_paid_to_two_schemes_is_paid_back_at_once_by_the_installed_law_and_never_again(
    store: Opened,
) -> None:
    city = City(store, INSTALLED)
    person = await city.resident(YOUNG, **OVERLAP)
    await city.look_at_arrived()
    [granted] = await city.proposals(person)
    assert (granted.terms.benefit, granted.state, granted.terms.asks) == ("overlap_refund", ProposalState.GRANTED, ())
    [refund] = await held(store, person)
    assert (refund.start_month, refund.end_month, refund.monthly_amount_fen) == (MONTH, MONTH, 120_000)
    assert await store.rows(CERTIFICATION) == []  # it depends on none
    [line] = await paid_by_list(store, Scheme.RESIDENT_PENSION, "2026-12")
    assert (line.kind, line.amount_fen, line.benefit_month, line.hold_reason) == (
        DrawKind.LUMP_SUM,
        120_000,
        MONTH,
        "",
    )
    again = await store.draw(draw_of(grant_of(person), "2026-11"))
    assert again.accepted == 0
    assert await paid_by_list(store, Scheme.RESIDENT_PENSION, "2027-01") == []
    await city.tell(person, **(OVERLAP | {"overlap_months": 13}))
    await city.look_at_arrived()
    assert [(one.excluded, one.granted) for one in (await city.run()).found] == [(1, 0)]
    assert [one.excluded for one in await city.findings(person)] == [Exclusion.DRAWN]
    assert len(await held(store, person)) == 1


async def test_a_lump_that_the_bank_could_not_pay_is_on_the_next_list(store: Opened) -> None:
    city = City(store, INSTALLED)
    await city.resident(YOUNG, **OVERLAP)
    await city.look_at_arrived()
    [line] = await paid_by_list(store, Scheme.RESIDENT_PENSION, "2026-11")
    returned = Reversal("", line.draw_reference, date(2026, 11, 30), "account closed")
    await store.write(lambda opened: opened.draw_lists.save_lines([line.hold("answered")]))
    assert (await store.write(lambda opened: reverse_draws(opened, [(0, returned)], NOW))).accepted == 1
    [again] = await paid_by_list(store, Scheme.RESIDENT_PENSION, "2026-12")
    assert (again.kind, again.amount_fen, again.hold_reason) == (DrawKind.LUMP_SUM, 120_000, "")


async def test_the_lump_of_one_accident_is_granted_once_and_a_second_accident_is_for_a_reviewer(store: Opened) -> None:
    city = City(store, INSTALLED)
    person = await city.resident(YOUNG, injury_month=parse_month("2026-03"), **INJURY)
    await city.look_at_arrived()
    [waiting] = await city.proposals(person)
    assert (waiting.terms.benefit, waiting.terms.asks) == ("disability_lump", (Ask.CONSENT, Ask.REVIEW))
    await approve(store, city, waiting)
    [lump] = await held(store, person)
    assert lump.monthly_amount_fen == 11 * 600_000
    await city.look_at_arrived()
    assert [one.excluded for one in await city.findings(person)] == [Exclusion.DRAWN]
    await city.tell(person, injury_month=parse_month("2026-07"), **INJURY)
    await city.look_at_arrived()
    assert [one.terms.asks for one in await city.proposals(person)][-1] == (Ask.CONSENT, Ask.REVIEW)


async def approve(store: Opened, city: City, proposal: Proposal) -> Proposal:
    def both(opened: EligibilityStore) -> Proposal:
        confirm_proposal(opened, proposal.proposal, None, "form 7", "operator/zhao", NOW)
        return approve_proposal(opened, city.desk, proposal.proposal, None, "reviewer/li", city.known, city.payees)

    return await store.write(both)


async def test_nothing_is_found_of_an_old_accident_nor_for_whom_something_was_paid_at_once_by_hand(
    store: Opened,
) -> None:
    city = City(store, INSTALLED)
    old = await city.resident(YOUNG, injury_month=parse_month("2024-11"), **INJURY)
    paid = await city.resident(YOUNG, injury_month=parse_month("2026-03"), **INJURY)
    allowance = grant_of(paid, benefit="work_injury", scheme=Scheme.WORK_INJURY_INSURANCE)
    await store.grant(allowance)
    by_hand = await store.draw(draw_of(allowance, kind=DrawKind.LUMP_SUM, amount_fen=6_600_000))
    assert by_hand.accepted == 1
    await city.run()
    assert await city.findings(old) == []
    assert [one.excluded for one in await city.findings(paid)] == [Exclusion.OTHER_BENEFIT]


async def test_what_is_paid_once_is_not_granted_by_hand_beside_it(store: Opened) -> None:
    city = City(store, INSTALLED)
    person = await city.resident(YOUNG, **OVERLAP)
    await city.look_at_arrived()
    by_hand = grant_of(person, benefit="overlap_refund", scheme=Scheme.RESIDENT_PENSION)
    with pytest.raises(PreconditionFailed) as refused:
        await store.write(lambda opened: grant_entitlement(opened, by_hand, city.known.profiles, NOW, PARAMETERS, BOOK))
    assert refused.value.reason == "CONFLICTING_ENTITLEMENT"


DEAD = {
    "contribution_months": 240,
    "deemed_months": 0,
    "died_by_work_injury": 0,
    "funeral_grant_drawn_elsewhere": 0,
    "pension_drawn_months": 18,
    "resident_account_left_fen": 45_600,
}


async def bereaved(store: Opened, city: City, **more: int) -> tuple[EntitlementGrant, tuple[Evidence, Evidence]]:
    """Have a pensioner die, as two offices tell; give the pension and their records."""
    pension = grant_of(await city.resident(date(1960, 5, 5), **DEAD, **more))
    await store.grant(pension)
    await store.submit(evidence_of(pension.person))
    died = EvidenceKind.DEATH_REGISTERED, "2026-11-10"
    deaths = (
        evidence_of(pension.person, *died, EvidenceSource.CIVIL_AFFAIRS),
        evidence_of(pension.person, *died, EvidenceSource.HEALTH),
    )
    await store.submit(*deaths)
    await city.look_at_arrived()
    return pension, deaths


async def granted_to(store: Opened, city: City, proposal: Proposal, heir: str) -> Proposal:
    payees = {proposal.person: city.payees[heir]}

    def both(opened: EligibilityStore) -> Proposal:
        confirm_proposal(opened, proposal.proposal, None, "form 7", "operator/zhao", NOW, heir)
        return approve_proposal(opened, city.desk, proposal.proposal, None, "reviewer/li", city.known, payees)

    return await store.write(both)


async def test_what_is_due_by_a_death_is_found_by_it_and_paid_once_to_whom_the_family_names(store: Opened) -> None:
    city = City(store, INSTALLED)
    heir, other = city.add(YOUNG), city.add(YOUNG)
    pension, _ = await bereaved(store, city)
    waiting = {one.terms.benefit: one for one in await city.proposals(pension.person)}
    assert {name: (one.terms.asks, one.terms.channel) for name, one in waiting.items()} == {
        "survivors_benefit": ((Ask.CONSENT, Ask.REVIEW), Channel.COUNTER),
        "resident_account_refund": ((Ask.CONSENT,), Channel.COUNTER),  # by verified law alone
    }
    lump = waiting["survivors_benefit"]
    for payee in ("", pension.person):
        with pytest.raises(InvalidInput):
            await store.write(
                lambda opened, payee=payee: confirm_proposal(
                    opened, lump.proposal, None, "f", "operator/zhao", NOW, payee
                )  # type: ignore[misc]  # its default binds it
            )
    await granted_to(store, city, lump, heir)
    [entitlement] = await held(store, heir)
    assert (entitlement.person, entitlement.once) == (heir, f"survivors_benefit/{pension.person}")
    assert entitlement.monthly_amount_fen == lump.terms.monthly_fen > 0
    lines = await paid_by_list(store, Scheme.EMPLOYEE_PENSION, "2026-12")
    [line] = [one for one in lines if one.person == heir]
    assert (line.kind, line.amount_fen, line.hold_reason) == (DrawKind.LUMP_SUM, lump.terms.monthly_fen, "")
    await city.look_at_arrived()
    found = {one.terms.benefit: one.excluded for one in await city.findings(pension.person)}
    assert found["survivors_benefit"] is Exclusion.DRAWN
    second = replace(grant_of(other, benefit="survivors_benefit"), once=entitlement.once)
    with pytest.raises(Conflict):
        await store.grant(second)


async def withdraw(store: Opened, death: Evidence) -> None:
    await store.write(
        lambda opened: withdraw_evidence(opened, death.source, death.reference, "another man", TODAY, PARAMETERS)
    )


async def test_a_death_that_was_none_takes_back_what_was_granted_by_it(store: Opened) -> None:
    city = City(store, INSTALLED)
    heir = city.add(YOUNG)
    pension, deaths = await bereaved(store, city)
    lump = next(one for one in await city.proposals(pension.person) if one.terms.benefit == "survivors_benefit")
    await granted_to(store, city, lump, heir)
    for death in deaths:
        await withdraw(store, death)
    [revoked] = await held(store, heir)
    assert (revoked.state, revoked.never_was) == (EntitlementState.STOPPED, True)
    assert await paid_by_list(store, Scheme.EMPLOYEE_PENSION, "2026-12") == []  # the pension is another region's
    await city.look_at_arrived()
    still = [one for one in await city.proposals(pension.person) if one.state in STANDING]
    assert [one.terms.benefit for one in still] == []


async def test_facts_that_tell_of_a_death_which_the_register_does_not_know_are_cleared_first(store: Opened) -> None:
    city = City(store, INSTALLED)
    pension = grant_of(await city.resident(date(1960, 5, 5), death_month=MONTH, **DEAD))
    await store.grant(pension)
    await city.run()
    found = {one.terms.benefit: one.excluded for one in await city.findings(pension.person)}
    assert found["resident_account_refund"] is Exclusion.REPORTED
    assert await city.proposals(pension.person) == []


async def test_the_funeral_of_one_dead_is_paid_by_one_insurance_though_two_pay_by_the_death(store: Opened) -> None:
    city = City(store, INSTALLED)
    heir = city.add(YOUNG)
    injured = {"injury_recognized": 1, "injury_death_kind": 2, "family_in_need": 0, "own_wage_fen": 600_000}
    pension, _ = await bereaved(store, city, **injured)
    waiting = {one.terms.benefit: one for one in await city.proposals(pension.person)}
    await granted_to(store, city, waiting["work_injury_death"], heir)
    with pytest.raises(Conflict):  # its amount has the funeral too
        await granted_to(store, city, waiting["survivors_benefit"], heir)
    await city.look_at_arrived()
    [again] = [one for one in await city.proposals(pension.person) if one.terms.benefit == "survivors_benefit"][1:]
    assert again.terms.monthly_fen < waiting["survivors_benefit"].terms.monthly_fen
    await granted_to(store, city, again, heir)


async def test_what_was_paid_by_a_death_that_was_none_is_not_paid_again_when_the_death_is_confirmed_after_all(
    store: Opened,
) -> None:
    city = City(store, INSTALLED)
    heir = city.add(YOUNG)
    pension, deaths = await bereaved(store, city)
    left = next(one for one in await city.proposals(pension.person) if one.terms.benefit == "resident_account_refund")
    await granted_to(store, city, left, heir)
    [line] = await paid_by_list(store, Scheme.RESIDENT_PENSION, "2026-12")
    for death in deaths:
        await withdraw(store, death)
    await store.submit(*(replace(death, reference=f"{death.reference}-anew") for death in deaths))
    await city.look_at_arrived()
    found = {one.terms.benefit: one.excluded for one in await city.findings(pension.person)}
    assert found["resident_account_refund"] is Exclusion.OTHER_BENEFIT  # somebody has to look at what was paid
    returned = Reversal("", line.draw_reference, date(2026, 12, 30), "account closed")
    await store.write(lambda opened: opened.draw_lists.save_lines([line.hold("answered")]))
    await store.write(lambda opened: reverse_draws(opened, [(0, returned)], NOW))
    found = {one.terms.benefit: one.excluded for one in await city.findings(pension.person)}
    assert found["resident_account_refund"] is None


async def test_what_was_paid_once_stands_in_the_way_of_no_pension_and_takes_no_month_of_it(store: Opened) -> None:
    city = City(store)
    heir = await city.resident()
    before = next(one for one in await city.findings(heir) if one.terms.benefit == "resident_pension")
    lump = replace(grant_of(heir, "2026-11", benefit="survivors_benefit"), end_month=MONTH, once="survivors_benefit/x")
    await store.grant(replace(lump, pooling_region="370200"))
    [line] = await paid_by_list(store, Scheme.EMPLOYEE_PENSION, "2026-11")
    assert line.hold_reason == ""
    elsewhere = draw_of(lump, "2026-10", origin="370300", kind=DrawKind.LUMP_SUM, pooling_region="370300")
    assert (await store.draw(elsewhere)).accepted == 1
    found = next(one for one in await city.findings(heir) if one.terms.benefit == "resident_pension")
    assert (found.excluded, found.terms) == (before.excluded, before.terms) == (None, before.terms)


async def test_a_refund_is_not_ended_by_the_pension_that_ends_the_residents_one(store: Opened) -> None:
    city = City(store, INSTALLED)
    person = await city.resident(YOUNG, **OVERLAP)
    await city.look_at_arrived()
    is_residents = Scheme.RESIDENT_PENSION

    def end(opened: EligibilityStore) -> object:
        return end_replaced(opened, person, lambda one: one.scheme is is_residents, MONTH - 1, "retired", NOW)

    assert await store.write(end) == ()
    [refund] = await held(store, person)
    assert (refund.state, refund.never_was) == (EntitlementState.ACTIVE, False)


async def test_the_survivors_of_whom_another_city_paid_the_pension_are_paid_by_that_city(store: Opened) -> None:
    city = City(store, INSTALLED)
    pension = grant_of(
        await city.resident(date(1960, 5, 5), **DEAD), benefit="resident_pension", scheme=Scheme.RESIDENT_PENSION
    )
    await store.grant(pension)
    elsewhere = replace(grant_of(pension.person), pooling_region="370300")
    assert (await store.draw(draw_of(elsewhere, "2026-10", origin="370300"))).accepted == 1
    died = EvidenceKind.DEATH_REGISTERED, "2026-11-10"
    offices = EvidenceSource.CIVIL_AFFAIRS, EvidenceSource.HEALTH
    await store.submit(*(evidence_of(pension.person, *died, office) for office in offices))
    found = {one.terms.benefit: one.excluded for one in await city.findings(pension.person)}
    assert found == {"survivors_benefit": Exclusion.OTHER_PAYER, "resident_account_refund": None}


async def test_a_merge_that_is_undone_takes_nothing_from_the_survivors_of_one_of_the_two(store: Opened) -> None:
    city = City(store, INSTALLED)
    heir = city.add(YOUNG)
    pension, _ = await bereaved(store, city)
    lump = next(one for one in await city.proposals(pension.person) if one.terms.benefit == "survivors_benefit")
    await granted_to(store, city, lump, heir)
    alive = grant_of(city.add(), benefit="unemployment_benefit", scheme=Scheme.UNEMPLOYMENT_INSURANCE)
    await store.grant(alive)
    await store.submit(evidence_of(alive.person))
    await tell_merge(store, alive.person, pension.person)
    await tell_merge(store, alive.person, "")
    [entitlement] = await held(store, heir)
    assert (entitlement.state, entitlement.never_was) == (EntitlementState.ACTIVE, False)
