"""Calls to a running service that many tests make."""

import asyncio
from collections.abc import Awaitable

import grpc
import pytest
import sqlalchemy as sa

from services.common.database import Database
from services.common.ids import new_id
from services.common.outbox import EventOutbox
from services.common.rpc.status import Refusal, from_call, from_status
from socsec.eligibility.v1 import (
    certification_pb2,
    certification_service_pb2,
    draw_pb2,
    draw_service_pb2,
    entitlement_pb2,
    entitlement_service_pb2,
    evidence_service_pb2,
    proposal_pb2,
    proposal_service_pb2,
    proposal_service_pb2_grpc,
)
from socsec.type.v1 import batch_pb2
from tests.integration.eligibility.messages import evidence, grant
from tests.integration.eligibility.serving import Client, Served


async def refusal(call: Awaitable[object]) -> Refusal:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return from_call(refused.value)


def reasons(result: batch_pb2.BatchResult) -> dict[int, tuple[str, str]]:
    found = {rejection.index: from_status(rejection.status) for rejection in result.rejections}
    return {index: (one.reason, one.field) for index, one in found.items()}


async def granted(service: Served, birth_date: str = "1960-05-05", **changed: object) -> entitlement_pb2.Entitlement:
    person = service.cards.add(new_id(), birth_date)
    request = entitlement_service_pb2.GrantEntitlementRequest(entitlement=grant(person, **changed))
    return await service.operator.entitlements.GrantEntitlement(request)


async def certified(service: Served) -> entitlement_pb2.Entitlement:
    entitlement = await granted(service)
    await submit(service, evidence(entitlement.person))
    return entitlement


async def submit(service: Served, *records: object) -> batch_pb2.BatchResult:
    request = evidence_service_pb2.SubmitEvidenceRequest(batch=1, evidence=records)  # type: ignore[arg-type]  # records
    return await service.operator.evidence.SubmitEvidence(request)


async def record(service: Served, *draws: draw_pb2.Draw) -> batch_pb2.BatchResult:
    return await service.operator.draws.RecordDraws(draw_service_pb2.RecordDrawsRequest(batch=7, draws=draws))


async def certification_of(service: Served, person: str) -> certification_pb2.Certification:
    name = person.replace("people/", "certifications/")
    request = certification_service_pb2.GetCertificationRequest(name=name)
    return await service.operator.certifications.GetCertification(request)


async def create_sweep(client: Client, day: str, *, dry_run: bool = False, request_id: str = "") -> str:
    """Begin a sweep; give its name."""
    request = certification_service_pb2.CreateSweepRequest(
        sweep=certification_pb2.Sweep(as_of_date=day, dry_run=dry_run), request_id=request_id
    )
    return (await client.certifications.CreateSweep(request)).name


async def ended(client: Client, name: str) -> certification_pb2.Sweep:
    """Wait for the end of a sweep."""
    async with asyncio.timeout(30):
        while True:
            found = await client.certifications.GetSweep(certification_service_pb2.GetSweepRequest(name=name))
            if found.state != certification_pb2.SWEEP_STATE_RUNNING:
                return found
            await asyncio.sleep(0.01)


async def swept(service: Served, day: str, *, dry_run: bool = False) -> certification_pb2.Sweep:
    """Sweep as of a day and wait for the end."""
    return await ended(service.operator, await create_sweep(service.operator, day, dry_run=dry_run))


async def begin_finding(client: Client, *, dry_run: bool = False) -> str:
    """Begin a run that looks for benefits; give its name."""
    stub = proposal_service_pb2_grpc.ProposalServiceStub(client.channel)
    wanted = proposal_pb2.FindingRun(dry_run=dry_run)
    run: proposal_pb2.FindingRun = await stub.CreateFindingRun(
        proposal_service_pb2.CreateFindingRunRequest(finding_run=wanted)
    )
    return run.name


async def finding_ended(client: Client, name: str) -> proposal_pb2.FindingRun:
    """Wait for the end of such a run."""
    stub = proposal_service_pb2_grpc.ProposalServiceStub(client.channel)
    async with asyncio.timeout(60):
        while True:
            run: proposal_pb2.FindingRun = await stub.GetFindingRun(
                proposal_service_pb2.GetFindingRunRequest(name=name)
            )
            if run.state != proposal_pb2.FINDING_RUN_STATE_RUNNING:
                return run
            await asyncio.sleep(0.02)


async def events(url: str, name: str) -> list[EventOutbox]:
    database = Database(url)
    statement = sa.select(sa.text("*")).select_from(sa.text("event_outbox")).order_by(sa.text("pos"))
    rows = await database.read(lambda connection: connection.execute(statement).mappings().all())
    await database.close()
    return [EventOutbox(**row) for row in rows if row["type"].endswith(f".{name}")]
