"""A retirement whose service dies within it: nothing of it is there, or all; asked again it is granted once."""

from datetime import date
from pathlib import Path

import grpc
import pytest

from services.common.ids import new_id
from services.eligibility.domain import Scheme
from services.eligibility.store.tables.certification import CERTIFICATION
from services.eligibility.store.tables.decision import DECISION
from services.eligibility.store.tables.entitlement import ENTITLEMENT
from services.local.certificates import Authority
from socsec.eligibility.v1 import retirement_pb2, retirement_service_pb2_grpc
from tests.integration.eligibility.card_service import card_service
from tests.integration.eligibility.opened import Opened, grant_of
from tests.integration.eligibility.process import ServiceProcess
from tests.integration.eligibility.serving import Client
from tests.integration.eligibility.test_retirement import MARCH, confirmation, request_of

TOLD = ("EntitlementGranted", "EntitlementStopped", "CertificationChanged")


async def register(store: Opened) -> tuple[list[dict[str, object]], ...]:
    """Give all that a retirement writes, and what it tells."""
    tables = (ENTITLEMENT, CERTIFICATION, DECISION)
    kept = [sorted(await store.rows(table), key=repr) for table in tables]
    return (*kept, [{"name": name, "events": await store.told(name)} for name in TOLD])


async def test_a_retirement_is_granted_whole_or_not_at_all_though_its_service_dies_within_it(
    store: Opened, migrated_url: str, tmp_path: Path
) -> None:
    person = new_id()
    rural = grant_of(person, benefit="resident_pension", scheme=Scheme.RESIDENT_PENSION)
    await store.grant(rural, birth=date(1965, 12, 10))  # as the vault says: a service that starts puts others right
    before = await register(store)
    asked = request_of(
        f"people/{person}",
        facts=MARCH | {"retirement_group": 1},
        as_of_date="2026-03-10",
        confirmation=confirmation(),
        request_id=f"retire-{person}",
    )

    async def retire(client: Client) -> retirement_pb2.Retirement:
        stub = retirement_service_pb2_grpc.RetirementServiceStub(client.channel)
        reply: retirement_pb2.Retirement = await stub.Retire(asked)
        return reply

    async with card_service(Authority(tmp_path / "certificates").identity("system", "card")) as cards:
        cards.add(person, "1965-12-10")
        process = ServiceProcess(migrated_url, tmp_path, cards.address)
        for place in ("retirement.after_ending", "retirement.after_granting"):
            async with process.running(place) as client:
                with pytest.raises(grpc.aio.AioRpcError):
                    await retire(client)
                assert await process.exit_code() != 0
            assert await register(store) == before
        async with process.running() as client:
            done = await retire(client)
            assert done.state == retirement_pb2.RETIREMENT_STATE_GRANTED
            after = await register(store)
            again = await retire(client)
    assert again == done
    assert await register(store) == after
    pensions = {row["benefit"]: (row["state"], row["end_month"]) for row in await store.rows(ENTITLEMENT)}
    assert pensions["employee_pension"] == ("ACTIVE", None)
    assert pensions["resident_pension"][1] == 2026 * 12 + 2  # March: the pension begins in April
    assert len(await store.told("EntitlementGranted")) == 2
    assert len(await store.told("EntitlementStopped")) == 1
    assert len(after[2]) == 1
