"""Two processes on one database: what one decides, the other knows, in whatever order their statements interleave."""

import asyncio
import time
from collections.abc import Sequence
from datetime import date

import pytest
from sqlalchemy.util import await_only

from services.common.errors import DomainError
from services.common.ids import new_id
from services.common.months import first_day, parse_month
from services.eligibility.certification import CertificationState
from services.eligibility.domain import EntitlementGrant, Scheme
from services.eligibility.draw import DrawKind
from services.eligibility.evidence import EvidenceKind, EvidenceSource
from services.eligibility.facts import Profile
from services.eligibility.service.entitlement import change_entitlement
from services.eligibility.service.outcome import Outcome
from services.eligibility.service.retirement import (
    Confirmation,
    Granted,
    RetirementPlan,
    RetirementState,
    grant_retirement,
    plan_retirement,
)
from services.eligibility.service.sweep import create_sweep
from services.eligibility.store import EligibilityStore
from services.eligibility.store.tables.certification import CERTIFICATION, SWEEP
from services.eligibility.store.tables.draw import DRAW
from services.eligibility.store.tables.entitlement import ENTITLEMENT
from tests.integration.eligibility.opened import BOOK, NOW, PARAMETERS, Opened, draw_of, evidence_of, grant_of, reasons

ROUNDS = 8


def two_pensions(person: str) -> tuple[EntitlementGrant, EntitlementGrant]:
    """Give two pensions of one person that must not both be granted."""
    return grant_of(person), grant_of(person, "2026-01", benefit="resident_pension", scheme=Scheme.RESIDENT_PENSION)


def rest(opened: EligibilityStore, seconds: float) -> None:
    """Keep a transaction open for a while."""
    if opened.evidence._connection.dialect.name == "postgresql":
        await_only(asyncio.sleep(seconds))
    else:
        time.sleep(seconds)


def accepted(outcomes: Sequence[Outcome]) -> int:
    return sum(outcome.accepted for outcome in outcomes)


@pytest.mark.parametrize("known", [False, True])
async def test_two_processes_never_grant_one_person_two_pensions(store: Opened, second: Opened, known: bool) -> None:
    people = [new_id() for _ in range(ROUNDS)]
    if known:
        await store.grant(*(grant_of(person, benefit="funeral_grant") for person in people))
    for person in people:
        one, other = two_pensions(person)
        outcomes = await asyncio.gather(store.grant(one), second.grant(other))
        assert accepted(outcomes) == 1
        assert [reason for outcome in outcomes for _, reason in reasons(outcome)] == ["CONFLICTING_ENTITLEMENT"]
    assert len(await store.rows(ENTITLEMENT)) == ROUNDS * (2 if known else 1)


RETIREE = {
    "birth_month": 1965 * 12 + 11,
    "retirement_group": 1,
    "contribution_months": 300,
    "deemed_months": 60,
    "avg_index_bp": 8_000,
    "account_balance_fen": 12_000_000,
}


async def test_two_processes_retire_a_person_once_and_end_what_gives_way_once(store: Opened, second: Opened) -> None:
    for number in range(ROUNDS):
        held = grant_of(new_id(), "2026-01", benefit="resident_pension", scheme=Scheme.RESIDENT_PENSION)
        await store.grant(held)
        plan = plan_retirement(BOOK, held.person, date(2026, 11, 24), RETIREE, {}, None)
        assert plan.state is RetirementState.READY
        references = (f"R-{number}", f"R-{number}" if number % 2 else f"S-{number}")

        async def retire(opened: Opened, reference: str, plan: RetirementPlan = plan) -> Granted | str:
            confirmation = Confirmation(reference, "370202", "6222020200012345678", plan.etag)
            profiles = {plan.person: Profile(date(1965, 12, 10), "370202")}
            try:
                return await opened.write(
                    lambda store: grant_retirement(store, plan, confirmation, profiles, NOW, PARAMETERS, BOOK)
                )
            except DomainError as error:
                return error.reason

        done = await asyncio.gather(retire(store, references[0]), retire(second, references[1]))
        granted = [one for one in done if isinstance(one, Granted)]
        refused = [one for one in done if isinstance(one, str)]
        assert refused == ([] if number % 2 else ["CONFLICTING_ENTITLEMENT"])
        assert len({one.granted.entitlement for one in granted}) == 1
        assert sorted(len(one.ended) for one in granted) in ([1], [0, 1])
    assert len(await store.rows(ENTITLEMENT)) == 2 * ROUNDS


async def test_two_first_grants_begin_one_certification_with_the_earlier_month(store: Opened, second: Opened) -> None:
    for _ in range(ROUNDS):
        person = new_id()
        pension, lump = grant_of(person, "2026-03"), grant_of(person, "2025-02", benefit="funeral_grant")
        assert accepted(await asyncio.gather(store.grant(pension), second.grant(lump))) == 2
        certification = await store.read(lambda opened, person=person: opened.certifications.get(person))  # type: ignore[misc]  # bound at once
        assert certification is not None
        assert certification.start_date == first_day(lump.start_month)
    assert len(await store.rows(CERTIFICATION)) == ROUNDS


async def test_deaths_that_come_while_the_pension_is_granted_are_not_lost(store: Opened, second: Opened) -> None:
    for _ in range(ROUNDS):
        grant = grant_of(new_id())
        deaths = (
            evidence_of(grant.person, EvidenceKind.DEATH_REGISTERED, "2026-07-01", EvidenceSource.POLICE),
            evidence_of(grant.person, EvidenceKind.CREMATED, "2026-07-03", EvidenceSource.CIVIL_AFFAIRS),
        )
        outcomes = await asyncio.gather(store.grant(grant), *(second.submit(death) for death in deaths))
        assert accepted(outcomes) == 3
        certification = await store.read(lambda opened, grant=grant: opened.certifications.get(grant.person))  # type: ignore[misc]  # bound at once
        assert certification is not None
        assert certification.state is CertificationState.LOST


async def test_one_record_that_two_processes_take_in_is_taken_in_once(store: Opened, second: Opened) -> None:
    grant = await store.pensioner()
    for _ in range(ROUNDS):
        record = evidence_of(grant.person, EvidenceKind.DEATH_REGISTERED, source=EvidenceSource.POLICE)
        outcomes = await asyncio.gather(store.submit(record), second.submit(record))
        assert sorted((outcome.accepted, outcome.repeated) for outcome in outcomes) == [(0, 1), (1, 0)]
    assert len(await store.told("NegativeEvidenceReceived")) == ROUNDS


async def test_two_processes_draw_each_month_once_whatever_their_order(store: Opened, second: Opened) -> None:
    grants = [await store.pensioner() for _ in range(20)]
    months = ("2026-06", "2026-07", "2026-08")
    outcomes = await asyncio.gather(
        *(
            process.draw(*(draw_of(grant, month) for grant in order))
            for month in months
            for process, order in ((store, grants), (second, list(reversed(grants))))
        )
    )
    assert accepted(outcomes) == len(grants) * len(months) == len(await store.rows(DRAW))
    assert {reason for outcome in outcomes for _, reason in reasons(outcome)} == {"ALREADY_DRAWN"}
    assert len(await store.told("DrawRecorded")) == len(grants) * len(months)


async def test_two_processes_pay_the_difference_of_a_raise_once(store: Opened, second: Opened) -> None:
    grants = await store.pensioners(ROUNDS)
    await store.draw(*(draw_of(grant) for grant in grants))
    for grant in grants:
        await store.raise_by(grant, 5_000)
        one, other = (draw_of(grant, kind=DrawKind.BACK_PAY, amount_fen=5_000) for _ in range(2))
        outcomes = await asyncio.gather(store.draw(one), second.draw(other))
        assert accepted(outcomes) == 1
        assert [reason for outcome in outcomes for _, reason in reasons(outcome)] == ["ALREADY_DRAWN"]


async def test_a_death_and_a_raise_in_the_same_moment_wait_for_each_other_in_one_order(
    store: Opened, second: Opened
) -> None:
    for grant in await store.pensioners(ROUNDS):
        deaths = (
            evidence_of(grant.person, EvidenceKind.DEATH_REGISTERED, "2026-07-01", EvidenceSource.POLICE),
            evidence_of(grant.person, EvidenceKind.CREMATED, "2026-07-03", EvidenceSource.CIVIL_AFFAIRS),
        )
        died, _ = await asyncio.gather(
            store.submit(*deaths), second.raise_by(grant, 5_000), return_exceptions=True
        )  # the raise may find it ended
        assert isinstance(died, Outcome)
        found = await store.read(lambda opened, grant=grant: opened.entitlements.of_people({grant.person}))  # type: ignore[misc]  # bound at once
        assert found[grant.person][0].end_month == parse_month("2026-07")


async def test_a_draw_waits_for_a_suspension_that_is_under_way(store: Opened, second: Opened) -> None:
    grant = await store.pensioner()
    entitlement = (await store.read(lambda opened: opened.entitlements.by_reference({grant.reference})))[
        grant.reference
    ]

    def suspend(opened: EligibilityStore) -> None:
        month = parse_month("2026-08")
        change_entitlement(opened, entitlement.entitlement, None, lambda found: found.suspend(month, "custody", NOW))
        rest(opened, 0.3)

    async def draw_meanwhile() -> Outcome:
        await asyncio.sleep(0.1)
        return await second.draw(draw_of(grant), draw_of(grant, "2026-07"))

    _, outcome = await asyncio.gather(store.write(suspend), draw_meanwhile())
    assert (outcome.accepted, reasons(outcome)) == (1, [(0, "ENTITLEMENT_NOT_IN_FORCE")])


async def test_two_processes_begin_one_sweep(store: Opened, second: Opened) -> None:
    outcomes = await asyncio.gather(
        *(
            process.write(lambda opened, day=day: create_sweep(opened, day, dry_run=False, now=NOW))  # type: ignore[misc]  # bound at once
            for process, day in ((store, date(2026, 10, 1)), (second, date(2026, 9, 1)))
        ),
        return_exceptions=True,
    )
    assert [one.reason for one in outcomes if isinstance(one, DomainError)] == ["SWEEP_STATE"]
    assert len(await store.rows(SWEEP)) == 1
