"""What the service does by itself: by one of its processes, exactly once, and after downtime as before."""

import asyncio
from datetime import timedelta
from pathlib import Path

from services.card.config import CardConfig
from services.card.service.timers import MOVED_AT_ONCE
from socsec.card.v1 import card_events_pb2, card_pb2, card_upkeep_service_pb2, person_service_pb2
from tests.integration.card.city import issue, registration
from tests.integration.card.serving import Served, served
from tests.integration.card.test_api import applied, events, get, imported, issued, lost
from tests.integration.card.test_upkeep_api import HOLDER
from tests.integration.messaging.waiting import until


def idle(config: CardConfig) -> CardConfig:
    """Let the timers sleep through the test."""
    return config.model_copy(update={"timer_seconds": 3600.0})


async def names(url: str, kind: str) -> list[str]:
    return [event.aggregate for event in await events(url) if event.type == f"socsec.card.v1.{kind}"]


async def test_everything_that_came_due_while_nobody_ran_happens_once_at_the_next_start(
    migrated_url: str, tmp_path: Path
) -> None:
    async with served(migrated_url, tmp_path, idle) as service:
        provisional = await lost(service, card_pb2.LOSS_KIND_PROVISIONAL)
        waiting = await applied(service)
        bridged = await applied(service)
        await service.operator.upkeep.IssueTemporaryCard(
            card_upkeep_service_pb2.IssueTemporaryCardRequest(name=bridged.name, actor=HOLDER)
        )
        later = service.clock.now + timedelta(days=365 * 10)
    async with served(migrated_url, tmp_path, idle) as first, served(migrated_url, tmp_path) as second:
        for service in (first, second):
            service.clock.now = later

        async def is_done() -> bool:
            told = await names(migrated_url, "CardTemporaryEnded")
            return bool(told) and bool(await names(migrated_url, "CardRenewalDue"))

        await until(is_done)
        assert await names(migrated_url, "CardMakingOverdue") == [waiting.name, bridged.name]
        assert await names(migrated_url, "CardTemporaryEnded") == [bridged.name]
        assert await names(migrated_url, "CardRenewalDue") == [provisional.name]
        found = await get(first, provisional.name)
        assert found.status == card_pb2.CARD_STATUS_ENABLED


async def test_a_day_counts_to_its_end_in_qingdao(migrated_url: str, tmp_path: Path) -> None:
    async with served(migrated_url, tmp_path) as service:
        card = await applied(service)
        assert card.making_due_date == "2026-12-03"
        service.clock.now = service.clock.now.replace(month=12, day=3, hour=15, minute=59)
        await asyncio.sleep(0.3)  # several rounds of the timers
        assert not (await get(service, card.name)).making_overdue
        service.clock.now = service.clock.now.replace(hour=16, minute=0)

        async def is_told() -> bool:
            return (await get(service, card.name)).making_overdue

        await until(is_told)
        (event,) = [one for one in await events(migrated_url) if one.type.endswith("CardMakingOverdue")]
        assert card_events_pb2.CardMakingOverdue.FromString(event.data).making_due_date == "2026-12-03"


async def test_more_than_one_step_is_gone_through_by_two_processes_without_telling_twice(
    migrated_url: str, tmp_path: Path
) -> None:
    count = MOVED_AT_ONCE + 10
    async with served(migrated_url, tmp_path) as first, served(migrated_url, tmp_path) as second:
        people = [registration() for _ in range(count)]
        for start in range(0, count, 500):
            await imported(first, *people[start : start + 500])
        holders = await resolved(first, [person.identity_number for person in people])
        for start in range(0, count, 500):
            await issued(first, *(issue(person) for person in holders[start : start + 500]))
        for service in (first, second):
            service.clock.now += timedelta(days=365 * 10)

        async def is_done() -> bool:
            return len(await names(migrated_url, "CardRenewalDue")) >= count

        await until(is_done)
        told = await names(migrated_url, "CardRenewalDue")
        assert len(told) == len(set(told)) == count


async def resolved(service: Served, numbers: list[str]) -> list[str]:
    found: list[str] = []
    for start in range(0, len(numbers), 1000):
        request = person_service_pb2.ResolvePeopleRequest(identity_numbers=numbers[start : start + 1000])
        found += (await service.operator.people.ResolvePeople(request)).people
    return found
