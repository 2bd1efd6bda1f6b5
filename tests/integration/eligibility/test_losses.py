"""A confirmed death ends the entitlement and finds what was paid too much; taking it back gives everything back."""

from datetime import date

import pytest

from services.common.months import parse_month
from services.eligibility.certification import CertificationState
from services.eligibility.domain import EntitlementGrant, EntitlementState
from services.eligibility.entitlement import Entitlement
from services.eligibility.evidence import EvidenceKind, EvidenceSource
from services.eligibility.feed_decision import FeedDecisionKind
from services.eligibility.service.back_pay import balance_of
from services.eligibility.service.entitlement import change_entitlement
from services.eligibility.service.evidence import withdraw_evidence
from tests.integration.eligibility.feeding import Feeding, row_of
from tests.integration.eligibility.opened import NOW, PARAMETERS, Opened, draw_of, evidence_of, grant_of

POLICE, CIVIL = EvidenceSource.POLICE, EvidenceSource.CIVIL_AFFAIRS


@pytest.fixture
def feeding(store: Opened) -> Feeding:
    return Feeding(store)


async def entitlement(store: Opened, grant: EntitlementGrant) -> Entitlement:
    return (await store.read(lambda opened: opened.entitlements.by_reference({grant.reference})))[grant.reference]


async def lose(feeding: Feeding, grant: EntitlementGrant, day: str = "2026-08-20") -> str:
    """Have two offices report a death; gives the second one's delivery."""
    await feeding.store.submit(evidence_of(grant.person, EvidenceKind.DEATH_REGISTERED, day, POLICE))
    return (await feeding.send(CIVIL, row_of(grant.person, EvidenceKind.CREMATED, day[:8] + "23"))).batch


async def test_two_offices_stop_the_entitlement_from_the_month_after_the_death(store: Opened, feeding: Feeding) -> None:
    grant = await store.pensioner()
    for month in ("2026-08", "2026-09"):
        assert (await store.draw(draw_of(grant, month))).accepted == 1
    await lose(feeding, grant)
    found = await entitlement(store, grant)
    assert (found.state, found.end_month) == (EntitlementState.STOPPED, parse_month("2026-08"))
    assert await store.told("EntitlementStopped") == [(f"entitlements/{found.entitlement}", 2)]
    assert len(await store.told("OverpaymentFound")) == 1
    certification = await store.read(lambda opened: opened.certifications.get(grant.person))
    assert certification is not None
    assert certification.assessment.lost_on == date(2026, 8, 20)
    balance = await store.read(lambda opened: balance_of(opened, certification))
    assert balance.overpaid is not None
    assert (balance.overpaid.months, balance.overpaid.amount_fen) == ((parse_month("2026-09"),), 312_345)


async def test_undoing_the_second_report_gives_the_entitlement_back_and_leaves_the_hold(
    store: Opened, feeding: Feeding
) -> None:
    grant = await store.pensioner()
    before = await entitlement(store, grant)
    batch = await lose(feeding, grant)
    undone = await feeding.decide(batch, FeedDecisionKind.UNDO)
    after = await entitlement(store, grant)
    assert (after.state, after.end_month, after.before_loss) == (before.state, before.end_month, None)
    assert await store.told("EntitlementReinstated") == [(f"entitlements/{after.entitlement}", 3)]
    certification = await store.read(lambda opened: opened.certifications.get(grant.person))
    assert certification is not None
    assert certification.state is CertificationState.UNDER_VERIFICATION
    assert undone.counts.back_pay_months == 0  # still held


async def test_taking_back_a_wrong_death_owes_the_held_months_and_tells_so(store: Opened, feeding: Feeding) -> None:
    grant = await store.pensioner()
    batch = await lose(feeding, grant)
    await feeding.decide(batch, FeedDecisionKind.UNDO)
    death = next(row for row in await store.rows_of_evidence(grant.person) if row["source"] == POLICE)
    reference, today = str(death["reference"]), date(2026, 11, 24)
    await store.write(lambda opened: withdraw_evidence(opened, POLICE, reference, "another person", today, PARAMETERS))
    certification = await store.read(lambda opened: opened.certifications.get(grant.person))
    assert certification is not None
    name = f"certifications/{grant.person}"
    assert await store.told("BackPayOwed") == [(name, certification.event_count)]


async def test_while_payment_is_held_nothing_is_owed_yet(store: Opened) -> None:
    grant = await store.pensioner()
    await store.submit(evidence_of(grant.person, EvidenceKind.DEATH_REGISTERED, "2026-09-02", POLICE))
    held = await store.read(lambda opened: opened.certifications.get(grant.person))
    assert held is not None
    assert (await store.read(lambda opened: balance_of(opened, held))).back_pay == ()


async def test_an_entitlement_granted_to_somebody_dead_is_stopped_at_once(store: Opened, feeding: Feeding) -> None:
    grant = await store.pensioner()
    await lose(feeding, grant)
    later = grant_of(grant.person, "2026-07", benefit="injury_allowance")
    await store.grant(later)
    assert (await entitlement(store, later)).end_month == parse_month("2026-08")


async def test_what_was_stopped_before_stays_as_it_was(store: Opened, feeding: Feeding) -> None:
    grant = await store.pensioner()
    found = await entitlement(store, grant)
    stop = parse_month("2026-07")
    stopped = await store.write(
        lambda opened: change_entitlement(
            opened, found.entitlement, None, lambda one: one.stop(stop, "moved abroad", NOW)
        )
    )
    await lose(feeding, grant)
    assert await entitlement(store, grant) == stopped
