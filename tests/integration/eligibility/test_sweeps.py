"""Sweeps over real gRPC: dry runs, an end by request, and going on after a kill, on both databases."""

import signal
from datetime import date
from pathlib import Path

import sqlalchemy as sa

from services.common.ids import new_id
from services.eligibility.evidence import Evidence, EvidenceKind, EvidenceSource
from services.eligibility.store.tables.certification import CERTIFICATION
from socsec.eligibility.v1 import certification_pb2, certification_service_pb2, sweep_report_service_pb2
from tests.integration.eligibility.calls import create_sweep, ended, events, granted, refusal, submit, swept
from tests.integration.eligibility.messages import evidence
from tests.integration.eligibility.opened import Opened, grant_of
from tests.integration.eligibility.process import ServiceProcess
from tests.integration.eligibility.serving import Served

SETTLED = 300
DOUBLINGS = 5
PEOPLE = SETTLED << DOUBLINGS
DAY = "2026-10-01"


async def settle(store: Opened) -> int:
    """Have several steps' worth of people, two of three of whom were seen long ago; give how many these are."""
    grants = [grant_of(new_id(), "2025-06") for _ in range(SETTLED)]
    await store.grant(*grants)
    days = [date(2025, 9, 1) if place % 3 else date(2026, 8, 1) for place in range(SETTLED)]
    records = [
        Evidence(EvidenceSource.HEALTH, grant.reference, grant.person, EvidenceKind.HOSPITAL_STAY, day, day)
        for grant, day in zip(grants, days, strict=True)
    ]
    await store.submit(*records)
    await store.database.write(multiply)
    return days.count(date(2025, 9, 1)) << DOUBLINGS


def multiply(connection: sa.Connection) -> None:
    """Copy certifications: what a sweep makes of most people it sees in their records alone."""
    names = [column.name for column in CERTIFICATION.columns if column.name != "person"]
    for doubling in range(DOUBLINGS):
        copied = sa.select(CERTIFICATION.c.person + f"-{doubling}", *(CERTIFICATION.c[name] for name in names))
        connection.execute(sa.insert(CERTIFICATION).from_select(["person", *names], copied))


def counts(sweep: certification_pb2.Sweep) -> tuple[int, ...]:
    return (
        sweep.total_count,
        sweep.examined_count,
        sweep.qualified_count,
        sweep.to_verify_count,
        sweep.silent_count,
        sweep.warned_count,
        sweep.suspended_count,
        sweep.unnoticed_count,
    )


report_of = sweep_report_service_pb2.GetSweepReportRequest
findings_of = sweep_report_service_pb2.ListSweepFindingsRequest


def line(count: sweep_report_service_pb2.SweepCount) -> tuple[object, ...]:
    """Give a line of a report, in words."""
    state = certification_pb2.CertificationState.Name
    return (
        count.division,
        sweep_report_service_pb2.SweepList.Name(count.list).removeprefix("SWEEP_LIST_"),
        sweep_report_service_pb2.SweepReason.Name(count.reason).removeprefix("SWEEP_REASON_"),
        state(count.from_state).removeprefix("CERTIFICATION_STATE_"),
        state(count.to_state).removeprefix("CERTIFICATION_STATE_"),
        count.people_count,
    )


async def people(
    service: Served, sweep: str, *, all_pages: bool = False, **wanted: object
) -> list[sweep_report_service_pb2.SweepFinding]:
    """Give whom a sweep found: one page of them, or all pages."""
    request = findings_of(sweep=sweep, **wanted)  # type: ignore[arg-type]  # by name
    found: list[sweep_report_service_pb2.SweepFinding] = []
    while True:
        reply = await service.operator.sweeps.ListSweepFindings(request)
        found += reply.findings
        if not (all_pages and reply.next_page_token):
            return found
        request.page_token = reply.next_page_token


async def test_a_dry_run_counts_what_a_sweep_would_do_and_does_nothing(service: Served, migrated_url: str) -> None:
    due, fresh = (await granted(service)).person, (await granted(service)).person
    await submit(service, evidence(due, day="2025-09-01"), evidence(fresh, day="2026-08-01"))
    before = len(await events(migrated_url, "CertificationChanged"))
    dry = await swept(service, DAY, dry_run=True)
    assert dry.dry_run
    assert counts(dry) == (2, 2, 1, 1, 1, 1, 0, 1)
    ahead = await swept(service, "2027-10-01", dry_run=True)
    assert ahead.warned_count == 2
    assert len(await events(migrated_url, "CertificationChanged")) == before
    foretold = await service.operator.sweeps.GetSweepReport(report_of(name=dry.name))
    assert (foretold.sweep, [line(one) for one in foretold.counts]) == (
        dry,
        [
            ("370202", "QUALIFIED", "COVERED", "CERTIFIED", "CERTIFIED", 1),
            ("370202", "TO_VERIFY", "EXPIRED", "CERTIFIED", "WARNING", 1),
        ],
    )
    real = await swept(service, DAY)
    assert counts(real) == counts(dry)
    assert len(await events(migrated_url, "CertificationChanged")) == before + 1
    listed_people = await people(service, real.name, changed_only=True)
    assert [(one.person, one.reason) for one in listed_people] == [(due, sweep_report_service_pb2.SWEEP_REASON_EXPIRED)]
    assert await people(service, real.name, list=sweep_report_service_pb2.SWEEP_LIST_LOST) == []
    pages = [await people(service, real.name, page_size=1, all_pages=True), await people(service, real.name)]
    assert pages[0] == pages[1]
    assert [one.person for one in pages[0]] == sorted([due, fresh])
    unknown = service.operator.sweeps.GetSweepReport(report_of(name=f"certificationSweeps/{new_id()}"))
    assert (await refusal(unknown)).reason == "RESOURCE_NOT_FOUND"
    strange = findings_of(sweep=real.name, division="qingdao")
    assert (await refusal(service.operator.sweeps.ListSweepFindings(strange))).field == "division"
    repeated = await swept(service, DAY)
    assert (repeated.warned_count, repeated.unnoticed_count) == (0, 1)
    earlier = await refusal(create_sweep(service.operator, "2026-09-30"))
    assert (earlier.code, earlier.reason, earlier.metadata["needed"]) == (
        "FAILED_PRECONDITION",
        "SWEEP_STATE",
        "dry_run",
    )
    assert (await refusal(create_sweep(service.operator, "2026-11-25"))).reason == "DATE_IN_FUTURE"
    request = certification_service_pb2.ListSweepsRequest(filter=f"state = SUCCEEDED AND as_of_date = {DAY}")
    listed = (await service.operator.certifications.ListSweeps(request)).sweeps
    assert [sweep.name for sweep in listed] == [repeated.name, real.name, dry.name]


async def test_a_sweep_that_is_cancelled_keeps_what_it_did_and_the_next_one_does_the_rest(
    store: Opened, service: Served, migrated_url: str
) -> None:
    due = await settle(store)
    before = len(await events(migrated_url, "CertificationChanged"))
    client = service.operator.certifications
    name = await create_sweep(service.operator, DAY)
    second = await refusal(create_sweep(service.operator, DAY))
    assert (second.code, second.reason, second.metadata["found"]) == ("FAILED_PRECONDITION", "SWEEP_STATE", "RUNNING")
    cancelled = await client.CancelSweep(certification_service_pb2.CancelSweepRequest(name=name))
    assert cancelled.state == certification_pb2.SWEEP_STATE_CANCELLED
    assert cancelled.end_time.seconds > 0
    assert cancelled.examined_count < PEOPLE
    twice = await refusal(client.CancelSweep(certification_service_pb2.CancelSweepRequest(name=name)))
    assert (twice.code, twice.reason, twice.metadata["found"]) == ("FAILED_PRECONDITION", "SWEEP_STATE", "CANCELLED")
    rest = await swept(service, DAY)
    assert (rest.examined_count, rest.warned_count) == (PEOPLE, due - cancelled.warned_count)
    assert await ended(service.operator, name) == cancelled
    assert len(await events(migrated_url, "CertificationChanged")) == before + due


async def test_a_killed_sweep_goes_on_and_comes_to_the_same_end(
    store: Opened, migrated_url: str, tmp_path: Path
) -> None:
    due = await settle(store)
    before = len(await events(migrated_url, "CertificationChanged"))
    process = ServiceProcess(migrated_url, tmp_path)
    # The dry run passes three times, for each of two steps and its end; so the kill is after the first real step, or
    # when the second one was worked out and is not yet kept. One of the two for each database is enough.
    place = "sweeper.after_step:4" if migrated_url.startswith("sqlite") else "sweeper.before_step:5"
    async with process.running(place) as client:
        dry = await ended(client, await create_sweep(client, DAY, dry_run=True))
        name = await create_sweep(client, DAY)
        assert await process.exit_code() == -signal.SIGKILL
    async with process.running() as client:
        real = await ended(client, name)
    assert real.state == certification_pb2.SWEEP_STATE_SUCCEEDED
    assert counts(real) == counts(dry)
    assert (real.examined_count, real.warned_count) == (PEOPLE, due)
    told = (await events(migrated_url, "CertificationChanged"))[before:]
    assert len({one.aggregate for one in told}) == len(told) == due
