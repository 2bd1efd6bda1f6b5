"""Evidence by stream: a delivery's rows, durable and each known once, then what it takes until all have taken effect.

The service runs in a process of its own; rows come in messages of 1,000 over two streams, each answered once it is
durable. The baseline loads the very same rows into the same table by the driver alone, 1,000 a commit.
"""

import asyncio
import itertools
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import grpc

from services.common.ids import new_id
from socsec.eligibility.v1 import evidence_pb2, feed_pb2, feed_service_pb2, feed_service_pb2_grpc
from socsec.type.v1 import batch_pb2
from tests.bench.bench_bulk import open_raw
from tests.bench.report import Bound, Row
from tests.bench.serving import new_migrated_url, serve_eligibility
from tests.bench.timing import Scale, paired_ratio

STREAMS = 2
_INTAKE = Bound("value", 20_000, 40_000)
_ROWS = 4
"""So many times the batches of a bulk load: intake is fast, and a short turn would measure its start."""


async def run(folder: Path, scale: Scale, backend: str) -> list[Row]:
    """Measure deliveries, each beside the raw load of the same rows."""
    url = await asyncio.to_thread(new_migrated_url, folder, backend, "services.eligibility")
    empty_url = await asyncio.to_thread(new_migrated_url, folder, backend, "services.eligibility")
    intake, effect, raw = list[float](), list[float](), list[float]()
    count = scale.batches * scale.batch_size * _ROWS
    async with serve_eligibility(folder / f"eligibility-{backend}", url, "system") as served:
        channel = served.channel
        source, target = await open_raw(url), await open_raw(empty_url)
        for number in range(scale.rounds + 1):
            feeds: feed_service_pb2_grpc.FeedServiceAsyncStub = feed_service_pb2_grpc.FeedServiceStub(channel)
            wanted = feed_pb2.FeedBatch(source=evidence_pb2.EVIDENCE_SOURCE_HEALTH, reference=f"bench-{number}")
            batch = await feeds.OpenFeedBatch(feed_service_pb2.OpenFeedBatchRequest(feed_batch=wanted))
            requests = _requests(batch.name, number, count, scale.batch_size)
            begun = time.perf_counter()
            await _sent(channel, requests, count)
            intake.append(count / (time.perf_counter() - begun))
            begun = time.perf_counter()
            await _applied(feeds, batch.name, count)
            effect.append(count / (time.perf_counter() - begun))
            rows = await source.since("feed_row", "reference", number * count, count)
            begun = time.perf_counter()
            for start in range(0, count, scale.batch_size):
                await target.load([("feed_row", rows[start : start + scale.batch_size])])
            raw.append(count / (time.perf_counter() - begun))
        await source.close()
        await target.close()
    if scale.rounds > 1:
        intake, effect, raw = intake[1:], effect[1:], raw[1:]  # the first round warms up
    return [
        Row(
            f"feeds/{backend}: rows of a delivery over gRPC streams, durable, each known once",
            statistics.median(intake),
            "rows/s",
            "raw load of the same rows",
            statistics.median(raw),
            (_INTAKE,),
            paired_ratio(intake, raw),
        ),
        Row(
            f"feeds/{backend}: checked and made evidence in the background",
            statistics.median(effect),
            "rows/s",
            note="of people without a certification: what the rows themselves cost",
        ),
    ]


def _requests(batch: str, number: int, count: int, size: int) -> list[bytes]:
    """Encode a delivery's messages before the clock starts."""
    rows = (
        feed_pb2.FeedRow(
            reference=f"{number:04d}-{index:08d}",
            person=f"people/{new_id()}",
            kind=evidence_pb2.EVIDENCE_KIND_HOSPITAL_STAY,
            event_date="2026-06-10",
            received_date="2026-06-11",
        )
        for index in range(count)
    )
    return [
        feed_service_pb2.SubmitFeedRowsRequest(
            batch=message, feed_batch=batch, rows=list(itertools.islice(rows, size))
        ).SerializeToString()
        for message in range(count // size)
    ]


async def _sent(channel: grpc.aio.Channel, requests: Sequence[bytes], count: int) -> None:
    """Send messages over several streams at once, and wait until every row is durable."""
    accepted = await asyncio.gather(*(_on_stream(channel, requests[first::STREAMS]) for first in range(STREAMS)))
    assert sum(accepted) == count


async def _on_stream(channel: grpc.aio.Channel, requests: Sequence[bytes]) -> int:
    async def messages() -> AsyncIterator[bytes]:
        for request in requests:
            yield request

    call: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = channel.stream_stream(
        "/socsec.eligibility.v1.FeedService/StreamFeedRows"
    )
    return sum([batch_pb2.BatchResult.FromString(answer).accepted async for answer in call(messages())])


async def _applied(feeds: "feed_service_pb2_grpc.FeedServiceAsyncStub", batch: str, count: int) -> None:
    """Close a delivery and wait until all has taken effect."""
    found = await feeds.CloseFeedBatch(feed_service_pb2.CloseFeedBatchRequest(name=batch, row_count=count))
    async with asyncio.timeout(120):
        while found.state != feed_pb2.FEED_BATCH_STATE_APPLIED:
            assert found.state != feed_pb2.FEED_BATCH_STATE_QUARANTINED, found.findings
            await asyncio.sleep(0.02)
            found = await feeds.GetFeedBatch(feed_service_pb2.GetFeedBatchRequest(name=batch))
