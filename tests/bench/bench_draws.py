"""Draws through JetStream and the streaming rules into the database, beside the same rules without a network.

Draw events are published in the relay's atomic batches; fund audit, a process of its own, fetches them, applies the
inbox and every rule, and commits cases, ledger and its own events. The clock stops when the last one is acknowledged,
which is after its commit. The baseline hands the same events, in the same batches, to the same code in this process.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from services.common.clock import system_clock
from services.common.cloud_event import Event
from services.common.database import Database
from services.common.ids import new_id
from services.common.subscription import FETCH
from services.fund_audit.consumer import Consumer
from services.fund_audit.service.supervision import Supervision
from services.fund_audit.store import FundAuditStore
from tests.bench.draws import certifications, month_of_draws
from tests.bench.report import Bound, Row
from tests.bench.serving import new_migrated_url
from tests.bench.stack import STREAM, Stack, stack
from tests.bench.timing import Scale, paired_ratio

_GATE = Bound("value", 5_000, 10_000)


async def run(folder: Path, scale: Scale, backend: str) -> list[Row]:
    """Start a stack and measure."""
    with stack(folder / f"stack-{backend}", backend) as started:
        return await measure(started, folder, scale, backend)


async def measure(started: Stack, folder: Path, scale: Scale, backend: str) -> list[Row]:
    """Measure on a running stack."""
    url = await asyncio.to_thread(new_migrated_url, folder, backend, "services.fund_audit")
    database = Database(url)
    await database.start()
    consumer = Consumer(database, FundAuditStore, Supervision(system_clock, new_id), system_clock)
    through, store_only = [], []
    async with started.messaging("eligibility", STREAM) as messaging, started.consumed() as consumed:
        certified = certifications(scale.draws)
        await messaging.publish(certified)
        await _handle(consumer, certified)
        await consumed.all()
        for month in range(scale.rounds + 1):
            events = month_of_draws(scale.draws, month)
            begun = time.perf_counter()
            await messaging.publish(events)
            await consumed.all()
            through.append(len(events) / (time.perf_counter() - begun))
            begun = time.perf_counter()
            await _handle(consumer, events)
            store_only.append(len(events) / (time.perf_counter() - begun))
    await database.close()
    if scale.rounds > 1:
        through, store_only = through[1:], store_only[1:]  # the first round warms up
    return [
        Row(
            f"draws/{backend}: end to end over JetStream, all streaming rules, durable",
            statistics.median(through),
            "draws/s",
            "store only, same rules",
            statistics.median(store_only),
            (_GATE,),
            paired_ratio(through, store_only),
        )
    ]


async def _handle(consumer: Consumer, events: Sequence[Event]) -> None:
    for start in range(0, len(events), FETCH):
        await consumer.handle(events[start : start + FETCH])
