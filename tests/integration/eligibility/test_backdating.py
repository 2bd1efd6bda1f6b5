"""A report counts from when the bureau could heed it: it makes no payment wrong that was right."""

from datetime import date, timedelta

import pytest

from services.common.clock import bureau_date
from services.eligibility.certification import CertificationState
from services.eligibility.evidence import EvidenceKind, EvidenceSource
from services.eligibility.service.evidence import submit_evidence
from services.eligibility.service.feed import receive_rows
from services.eligibility.service.feeding import heed_waiting
from services.eligibility.service.outcome import Outcome
from tests.integration.eligibility.feeding import LENIENT, Feeding, row_of
from tests.integration.eligibility.opened import NOW, PARAMETERS, Opened, draw_of, evidence_of

POLICE, DEATH = EvidenceSource.POLICE, EvidenceKind.DEATH_REGISTERED
TODAY = bureau_date(NOW)
EARLIEST = TODAY - timedelta(days=PARAMETERS.backdating_days)


@pytest.fixture
def feeding(store: Opened) -> Feeding:
    return Feeding(store)


async def paid(store: Opened, *months: str) -> str:
    """Give somebody who was paid for some months, in the middle of each."""
    grant = await store.pensioner()
    draws = (draw_of(grant, month, pay_date=date.fromisoformat(f"{month}-15")) for month in months)
    assert (await store.draw(*draws)).refused == []
    return grant.person


async def held_since(store: Opened, person: str) -> date:
    found = await store.read(lambda opened: opened.certifications.get(person))
    assert found is not None
    assert found.state is CertificationState.UNDER_VERIFICATION
    return found.state_since


async def at_the_desk(store: Opened, person: str, day: str, reference: str = "") -> Outcome:
    record = evidence_of(person, DEATH, day, POLICE)
    return await store.write(lambda opened: submit_evidence(opened, [(0, record)], PARAMETERS, LENIENT))


async def test_a_report_that_is_much_older_than_a_payment_is_refused_at_the_desk(store: Opened) -> None:
    person = await paid(store, "2026-08", "2026-09")
    [(_, refused)] = (await at_the_desk(store, person, "2026-08-10")).refused
    assert (refused.reason, refused.metadata) == ("VALUE_OUT_OF_RANGE", {"min": EARLIEST.isoformat()})
    assert (await at_the_desk(store, person, EARLIEST.isoformat())).accepted == 1
    assert await held_since(store, person) == EARLIEST


async def test_who_was_not_paid_since_is_held_from_the_receipt_however_long_ago(store: Opened) -> None:
    person = await paid(store, "2026-07")
    assert (await at_the_desk(store, person, "2026-08-10")).accepted == 1
    assert await held_since(store, person) == date(2026, 8, 10)


async def test_an_old_report_that_came_before_is_no_new_one(store: Opened) -> None:
    person = await paid(store, "2026-07")
    record = evidence_of(person, DEATH, "2026-08-10", POLICE)
    again = [(0, record)]
    assert (await store.write(lambda opened: submit_evidence(opened, again, PARAMETERS, LENIENT))).accepted == 1
    outcome = await store.write(lambda opened: submit_evidence(opened, again, PARAMETERS, LENIENT))
    assert (outcome.repeated, outcome.refused) == (1, [])


async def test_an_old_row_of_a_delivery_counts_from_when_it_could_be_heeded(store: Opened, feeding: Feeding) -> None:
    person, unpaid = await paid(store, "2026-08", "2026-09"), await paid(store, "2026-07")
    seen = row_of(person, EvidenceKind.HOSPITAL_STAY, "2026-03-01")
    await feeding.send(POLICE, row_of(person, day="2026-08-10"), seen, row_of(unpaid, day="2026-08-10"))
    assert await held_since(store, person) == EARLIEST
    assert await held_since(store, unpaid) == date(2026, 8, 10)
    received = {row["kind"]: row["received_date"] for row in await store.rows_of_evidence(person)}
    assert received["DEATH_REGISTERED"] == EARLIEST.isoformat()


async def test_a_row_whose_person_is_found_later_counts_from_then(store: Opened, feeding: Feeding) -> None:
    person = await paid(store, "2026-11")
    row, batch, now = row_of("", day="2026-11-02"), await feeding.open(POLICE), feeding.now
    await store.write(lambda opened: receive_rows(opened, batch, [(0, (row, "370299197001010010"))], now))
    await feeding.close(batch, 1)
    await feeding.settle(batch)
    later = date(2026, 12, 20)
    people = {row.reference: person}
    await store.write(lambda opened: heed_waiting(opened, batch, people, now, later, PARAMETERS))
    assert await held_since(store, person) == later
