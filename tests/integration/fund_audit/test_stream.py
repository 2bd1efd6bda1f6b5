"""From the broker to the auditor: real nats-server, real gRPC, everything as it is started."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.common.cloud_event import Event
from services.local.broker import ensure_streams
from socsec.fundaudit.v1 import case_pb2, case_service_pb2
from tests.integration.fund_audit.event_streams import (
    certification_changed,
    draw_recorded,
    draw_reversed,
    id_of,
    person_registered,
)
from tests.integration.fund_audit.serving import Client, served
from tests.integration.fund_audit.test_watch import Watch, next_change, next_of
from tests.integration.messaging.broker import TestBroker
from tests.integration.messaging.connections import messaging_of
from tests.unit.fund_audit.worlds import make_draw

OPENED = case_pb2.CASE_CHANGE_KIND_OPENED


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[TestBroker]:
    running = TestBroker(tmp_path / "broker")
    running.start()
    await ensure_streams(running.config("nats-admin"))
    yield running
    running.kill()


def two_regions(person: str, number: int) -> list[Event]:
    return [
        certification_changed(person, 1, "CERTIFIED", "2025-01-01", f"cert-{person}"),
        draw_recorded(make_draw(2 * number, person=person)),
        draw_recorded(make_draw(2 * number + 1, person=person, pooling_region="370282", origin="agency/370282")),
    ]


async def test_a_duplicate_draw_is_flagged_live_on_a_watch(
    migrated_url: str, broker: TestBroker, tmp_path: Path
) -> None:
    async with (
        served(migrated_url, tmp_path, broker.config("fund_audit")) as service,
        messaging_of(broker, "eligibility", "SOCSEC_ELIGIBILITY") as eligibility,
        messaging_of(broker, "card", "SOCSEC_CARD") as card,
    ):
        wang = await service.client("auditor", "wang")
        stream = aiter(wang.cases.WatchCases(Watch()))
        await next_of(stream)
        await card.publish([person_registered("anna")])
        await eligibility.publish(two_regions("anna", 1))
        flagged = (await next_change(stream)).change
        assert (flagged.kind, flagged.case.rule) == (OPENED, "R-04")
        assert flagged.case.subject == f"people/{id_of('anna')}"
        await eligibility.publish([draw_reversed(make_draw(3, person="anna"))])
        assert (await next_change(stream)).change.kind == case_pb2.CASE_CHANGE_KIND_WITHDRAWN


async def test_what_happens_while_the_broker_or_the_service_is_away_is_followed_afterwards(
    migrated_url: str, broker: TestBroker, tmp_path: Path
) -> None:
    async with messaging_of(broker, "eligibility", "SOCSEC_ELIGIBILITY") as eligibility:
        await eligibility.publish(two_regions("anna", 1))
    async with served(migrated_url, tmp_path, broker.config("fund_audit")) as service:
        wang = await service.client("auditor", "wang")
        await until_cases(wang, 1)
        broker.kill()
        answered = await wang.cases.ListCases(case_service_pb2.ListCasesRequest())
        assert len(answered.cases) == 1
        broker.start()
        async with messaging_of(broker, "eligibility", "SOCSEC_ELIGIBILITY") as eligibility:
            await eligibility.publish(two_regions("bo", 2))
        await until_cases(wang, 2)
    async with served(migrated_url, tmp_path, broker.config("fund_audit")) as service:
        wang = await service.client("auditor", "wang")
        async with messaging_of(broker, "eligibility", "SOCSEC_ELIGIBILITY") as eligibility:
            await eligibility.publish(two_regions("chen", 3))
        await until_cases(wang, 3)


async def until_cases(client: Client, count: int) -> None:
    async with asyncio.timeout(20):
        while True:
            listed = await client.cases.ListCases(case_service_pb2.ListCasesRequest())
            if len(listed.cases) == count:
                assert {case.ledger_position for case in listed.cases} == set(range(count))
                return
            await asyncio.sleep(0.05)
