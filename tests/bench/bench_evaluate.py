"""One decision with its explanation, as a call: beside an empty handler on the same server.

The facts are given, so the call is the book, its messages and nothing else; it is judged by the server's CPU a call.
"""

import asyncio
import itertools
from pathlib import Path

import numpy as np

from socsec.eligibility.v1 import decision_pb2, eligibility_service_pb2
from tests.bench import baseline_service
from tests.bench.bench_book import DAY, people
from tests.bench.report import Bound, Row
from tests.bench.serving import new_migrated_url, serve_eligibility
from tests.bench.timing import Sample, Scale, load, median_of, paired_ratio

IN_FLIGHT = 16
_NOTHING = f"/{baseline_service.NAME}/Nothing"
_EVALUATE = "/socsec.eligibility.v1.EligibilityService/Evaluate"
_CALL = Bound("ratio", 0.6, 0.75)


async def run(folder: Path, scale: Scale) -> list[Row]:
    """Measure."""
    url = await asyncio.to_thread(new_migrated_url, folder, "sqlite", "services.eligibility")
    samples: dict[str, list[Sample]] = {_NOTHING: [], _EVALUATE: []}
    sources = {_NOTHING: itertools.repeat(b""), _EVALUATE: itertools.cycle(_requests(200))}
    async with serve_eligibility(folder / "eligibility", url, "operator") as served:
        for turn in range(scale.rounds + 1):
            for method, source in sources.items():
                sample, replies = await load(served.send(method), source, IN_FLIGHT, scale.slot_seconds, served.cpu)
                if turn:  # the first round warms up
                    samples[method].append(sample)
    decision = decision_pb2.Decision.FromString(replies[-1])
    assert decision.steps
    mine, empty = median_of(samples[_EVALUATE]), median_of(samples[_NOTHING])
    ratio = paired_ratio([s.cpu_us for s in samples[_NOTHING]], [s.cpu_us for s in samples[_EVALUATE]])
    return [
        Row(
            f"rpc: Evaluate with explanation, {IN_FLIGHT} in flight",
            mine.per_second,
            "calls/s",
            "empty handler",
            empty.per_second,
            (_CALL,),
            ratio,
            f"ratio of server CPU a call: {empty.cpu_us:.0f} us / {mine.cpu_us:.0f} us; {len(decision.steps)} steps",
        )
    ]


def _requests(count: int) -> list[bytes]:
    columns = people(count)
    facts = [dict(zip(columns, row, strict=True)) for row in np.stack(list(columns.values()), axis=1).tolist()]
    return [
        eligibility_service_pb2.EvaluateRequest(
            benefit="employee_pension", as_of_date=DAY.isoformat(), facts=one
        ).SerializeToString()
        for one in facts
    ]
