"""A sweep over a population in the service: what it makes of everybody, and how fast changes become durable.

The first sweep changes one in ten, the second one everybody else. The baseline loads the rows that the second one
wrote, certifications and events, into an empty database by the driver alone, as many a commit as a step of the service:
nothing is read, looked at, compared or listed.
"""

import asyncio
import time
from datetime import date, timedelta
from pathlib import Path

from services.common.clock import bureau_date, system_clock
from services.common.database import Database
from services.common.ids import new_id
from services.common.statement import TableInsert
from services.eligibility.service.sweep_step import StepSize
from services.eligibility.store.tables.certification import CERTIFICATION
from socsec.eligibility.v1 import certification_pb2, certification_service_pb2, certification_service_pb2_grpc
from tests.bench.bench_bulk import open_raw
from tests.bench.report import Bound, Row
from tests.bench.serving import Served, new_migrated_url, serve_eligibility
from tests.bench.timing import Scale

_RATE = Bound("value", 20_000, 40_000)
_MEMORY = Bound("value", 4096, 400, at_least=False)
_DISTRICTS = ("370202", "370203", "370211", "370212", "370213", "370214", "370281", "370283", "370285", "370215")
_SIZE = StepSize().changed
_LOAD = 10_000


async def run(folder: Path, scale: Scale, backend: str) -> list[Row]:
    """Measure two sweeps, and then the raw writing of what the second one wrote."""
    url = await asyncio.to_thread(new_migrated_url, folder, backend, "services.eligibility")
    empty_url = await asyncio.to_thread(new_migrated_url, folder, backend, "services.eligibility")
    today, people = bureau_date(system_clock()), scale.sweep_people
    await _settle(url, today, people)
    async with serve_eligibility(folder / f"sweep-{backend}", url, "operator") as served:
        idle = served.memory_mib("VmRSS")
        few, few_seconds = await _swept(served, today - timedelta(days=30))
        many, many_seconds = await _swept(served, today)
        memory = served.memory_mib("VmHWM")
    assert few.warned_count + many.warned_count == people
    raw_seconds = await _loaded(url, empty_url, few.warned_count, many.warned_count)
    return [
        Row(
            f"sweep/{backend}: changed states durable with their events, {many.warned_count:,} of {people:,}",
            many.warned_count / many_seconds,
            "people/s",
            "raw load of the same rows",
            many.warned_count / raw_seconds,
            (_RATE,),
        ),
        Row(
            f"sweep/{backend}: people looked at where {few.warned_count:,} of {people:,} change",
            people / few_seconds,
            "people/s",
        ),
        Row(
            f"memory: sweep/{backend}",
            memory,
            "MiB",
            bounds=(_MEMORY,),
            note=f"the most; {idle:.0f} MiB before: it is of a step's size, not of the population's",
        ),
    ]


async def _settle(url: str, today: date, people: int) -> None:
    """Have people who are certified: one in ten until sixty days ago, the others for eighty days to come."""
    long_ago, soon, later = (str(today + timedelta(days=days)) for days in (-400, -60, 80))
    known: dict[str, object] = {column.name: "" for column in CERTIFICATION.columns}
    known |= {"birth_date": "1955-05-05", "start_date": long_ago, "assessed_to": long_ago}
    known |= {"state": "CERTIFIED", "state_since": long_ago, "periods": f"CERTIFIED {long_ago}", "method": "SILENT"}
    known |= {"last_kind": "HOSPITAL_STAY", "last_evidence_date": long_ago, "event_count": 1, "version": 1}
    insert = TableInsert(CERTIFICATION, *known)
    database = Database(url)
    await database.start()
    for first in range(0, people, _LOAD):
        rows = [
            tuple(
                (
                    known
                    | {
                        "person": f"{number:012d}{new_id()[12:]}",
                        "division": _DISTRICTS[number // 10 % len(_DISTRICTS)],
                        "valid_to": later if number % 10 else soon,
                        "update_time": system_clock(),
                    }
                ).values()
            )
            for number in range(first, min(first + _LOAD, people))
        ]
        await database.write(lambda connection, rows=rows: insert.many(connection, rows))  # type: ignore[misc]  # bound at once
    await database.close()


async def _swept(served: Served, day: date) -> tuple[certification_pb2.Sweep, float]:
    """Sweep; give the sweep, and how long it was at work."""
    sweeps: certification_service_pb2_grpc.CertificationServiceAsyncStub = (
        certification_service_pb2_grpc.CertificationServiceStub(served.channel)
    )
    wanted = certification_pb2.Sweep(as_of_date=day.isoformat())
    begun = time.perf_counter()
    sweep = await sweeps.CreateSweep(certification_service_pb2.CreateSweepRequest(sweep=wanted))
    async with asyncio.timeout(600):
        while sweep.state == certification_pb2.SWEEP_STATE_RUNNING:
            await asyncio.sleep(0.02)
            sweep = await sweeps.GetSweep(certification_service_pb2.GetSweepRequest(name=sweep.name))
    return sweep, time.perf_counter() - begun


async def _loaded(url: str, empty_url: str, done: int, count: int) -> float:
    """Load the rows that a sweep wrote into an empty database; give the seconds it took."""
    source, target = await open_raw(url), await open_raw(empty_url)
    events = await source.since("event_outbox", "pos", done, count)
    certifications = await source.since("certification", "assessed_to, person", done, count)
    begun = time.perf_counter()
    for first in range(0, count, _SIZE):
        some = slice(first, first + _SIZE)
        await target.load([("certification", certifications[some]), ("event_outbox", events[some])])
    seconds = time.perf_counter() - begun
    await source.close()
    await target.close()
    return seconds
