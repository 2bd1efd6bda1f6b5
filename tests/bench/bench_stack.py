"""What only the whole stack shows: from an event to an auditor's watch, and the memory of each service."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import grpc
from nats.js.api import StorageType, StreamConfig

from services.common.cloud_event import Event
from services.common.messaging import Messaging, connect
from services.common.subscription import Subscription
from services.local.broker import ADMIN
from services.local.folder import SERVICES
from socsec.fundaudit.v1 import case_service_pb2
from tests.bench import city
from tests.bench.draws import certifications, ticks
from tests.bench.report import Bound, Row
from tests.bench.stack import STREAM, Stack, stack
from tests.bench.timing import Scale
from tests.integration.fund_audit.event_streams import id_of

_TICK_SECONDS = 0.02
_TURNS = 2
_BARE_STREAM = "BENCH"
_LATENCY = Bound("value", 500, 150, at_least=False)
_IDLE = Bound("value", 120, 90, at_least=False)
_LOADED = Bound("value", 400, 250, at_least=False)
_CARD_BATCHES = 10

Seconds = list[float]


async def run(folder: Path, scale: Scale) -> list[Row]:
    """Measure on a stack on SQLite."""
    with stack(folder / "stack", "sqlite") as started:
        idle = {service: started.memory_mib(service, "VmRSS") for service in SERVICES}
        watched = await _watch(started, scale)
        await _load(started, scale)
        peaks = {service: started.memory_mib(service, "VmHWM") for service in SERVICES}
    rows = [Row(f"memory: {service}, idle", idle[service], "MiB", bounds=(_IDLE,)) for service in SERVICES]
    rows += [
        Row(f"memory: {service}, peak under load", peaks[service], "MiB", bounds=(_LOADED,)) for service in SERVICES
    ]
    return [watched, *rows]


async def _watch(started: Stack, scale: Scale) -> Row:
    size = int(scale.watch_rate * _TICK_SECONDS)
    stream = ticks(scale.draws, 0, size)
    seen: Seconds = []
    bare: Seconds = []
    async with (
        started.messaging("eligibility", STREAM) as messaging,
        started.consumed() as consumed,
        _bare(started) as (bare_messaging, arrivals),
        _watched(started) as flagged,
    ):
        await messaging.publish(certifications(scale.draws))
        await consumed.all()
        for _ in range(_TURNS):
            pieces = [next(stream) for _ in range(int(scale.watch_seconds / _TURNS / _TICK_SECONDS))]
            sent = await _at_a_steady_rate(bare_messaging, [_renamed(events) for _, events in pieces])
            await asyncio.sleep(_TICK_SECONDS * 10)
            bare += [arrivals[events[-1].event_id] - at for (_, events), at in zip(pieces, sent, strict=True)]
            sent = await _at_a_steady_rate(messaging, [events for _, events in pieces])
            people = [f"people/{id_of(person)}" for person, _ in pieces]
            await _until_all(flagged, people)
            seen += [flagged.pop(person) - at for person, at in zip(people, sent, strict=True)]
    return Row(
        f"watch: event to an auditor's watch at {scale.watch_rate:,} events/s, p99",
        _p99(seen) * 1000,
        "ms",
        "bare JetStream publish to fetch, p99",
        _p99(bare) * 1000,
        (_LATENCY,),
        note=f"median {statistics.median(seen) * 1000:.1f} ms, bare {statistics.median(bare) * 1000:.1f} ms",
    )


async def _at_a_steady_rate(messaging: Messaging, pieces: Sequence[Sequence[Event]]) -> Seconds:
    """Publish a piece each tick; give when each was handed over."""
    begun = time.perf_counter()
    sent = []
    for place, events in enumerate(pieces):
        await asyncio.sleep(begun + place * _TICK_SECONDS - time.perf_counter())
        sent.append(time.perf_counter())
        await messaging.publish(events)
    return sent


@asynccontextmanager
async def _watched(started: Stack) -> AsyncIterator[dict[str, float]]:
    """Watch all cases; gives subject -> when its last change arrived."""
    arrived: dict[str, float] = {}
    async with started.channel("fund_audit", "auditor") as channel:
        call: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(
            "/socsec.fundaudit.v1.CaseService/WatchCases"
        )
        watch = call(b"")

        async def read() -> None:
            async for message in watch:
                response = case_service_pb2.WatchCasesResponse.FromString(message)
                if response.HasField("change"):
                    arrived.setdefault(response.change.case.subject, time.perf_counter())

        reading = asyncio.create_task(read())
        try:
            yield arrived
        finally:
            watch.cancel()
            await asyncio.gather(reading, return_exceptions=True)


@asynccontextmanager
async def _bare(started: Stack) -> AsyncIterator[tuple[Messaging, dict[str, float]]]:
    """Have a stream of its own and a consumer that only notes when an event arrives."""
    admin = await connect(started.folder.nats(started.settings, ADMIN), ADMIN)
    await admin.jetstream().add_stream(
        StreamConfig(name=_BARE_STREAM, subjects=["bench.>"], storage=StorageType.FILE, allow_atomic=True)
    )
    await admin.close()
    arrivals: dict[str, float] = {}

    async def note(events: Sequence[Event]) -> None:
        now = time.perf_counter()
        arrivals.update((event.event_id, now) for event in events)

    async with started.messaging(ADMIN, _BARE_STREAM) as messaging:
        consuming = asyncio.create_task(Subscription(messaging, _BARE_STREAM, "bench", note).run())
        await asyncio.sleep(0.5)
        try:
            yield messaging, arrivals
        finally:
            consuming.cancel()
            await asyncio.gather(consuming, return_exceptions=True)


def _renamed(events: Sequence[Event]) -> list[Event]:
    return [replace(event, type="bench.v1.DrawRecorded") for event in events]


async def _load(started: Stack, scale: Scale) -> None:
    """Give card and eligibility work; fund audit has had its own, and follows."""
    count = _CARD_BATCHES * scale.batch_size
    async with started.channel("card", "operator") as card, started.channel("eligibility", "operator") as eligibility:
        people = await city.populate(card, count)
        await city.issue_cards(card, city.issue_requests(people, scale.batch_size), count)
        for month in (1, 2, 3):
            requests = city.draw_requests(people, f"2026-0{month}", scale.batch_size)
            await city.stream(eligibility, "/socsec.eligibility.v1.DrawService/StreamDraws", requests, count)
    async with started.consumed() as consumed:
        await consumed.all()


async def _until_all(arrived: Mapping[str, float], wanted: Sequence[str]) -> None:
    async with asyncio.timeout(30):
        while not all(one in arrived for one in wanted):  # noqa: ASYNC110  the measured reader must not do more
            await asyncio.sleep(_TICK_SECONDS)


def _p99(values: Seconds) -> float:
    return sorted(values)[int(len(values) * 0.99)]
