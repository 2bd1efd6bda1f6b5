"""Streams of batches beside the raw driver loading the very same rows: what a bulk load costs at the least.

The service converts and checks each record, draws numbers, seals, writes rows and events, and answers each batch of
1,000 once it is durable. The baseline is given the finished rows and does nothing but load and commit them, 1,000
records a commit as well: `executemany` on SQLite, COPY on PostgreSQL, into the same tables with the same indexes.
"""

import asyncio
import sqlite3
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import asyncpg
from sqlalchemy.engine import make_url

from tests.bench import city
from tests.bench.report import Bound, Row
from tests.bench.serving import Served, card_service, new_migrated_url
from tests.bench.timing import Scale, paired_ratio

STREAMS = 2
"""Streams that a client keeps open: while one batch is being committed the next is being prepared."""

_ISSUE_GATE = {"sqlite": Bound("ratio", 0.7, 0.7), "postgresql": Bound("ratio", 0.6, 0.6)}
_ISSUE_RATE = Bound("value", 10_000, 20_000)
_IMPORT = Bound("ratio", 0.4, 0.6)
_LIMIT = {"sqlite": "executemany of the same rows", "postgresql": "COPY of the same rows"}

Rows = list[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Seconds:
    """What one round took."""

    people: float
    cards: float
    raw_people: float
    raw_cards: float


class RawDatabase(Protocol):
    """A database through its driver."""

    async def since(self, table: str, key: str, done: int, count: int) -> Rows:
        """Read rows in the order of a key, after those that were read before."""

    async def load(self, tables: Sequence[tuple[str, Rows]]) -> None:
        """Load rows of tables in one durable transaction."""

    async def close(self) -> None:
        """Close it."""


async def run(folder: Path, scale: Scale, backend: str) -> list[Row]:
    """Measure imports of people, then issues of cards for them, each beside the raw load of what it wrote."""
    empty_url = await asyncio.to_thread(new_migrated_url, folder, backend)
    rounds: list[Seconds] = []
    async with card_service(folder, backend) as served:
        source, target = await open_raw(served.database_url), await open_raw(empty_url)
        while len(rounds) < scale.rounds:
            done = len(rounds) * scale.batches * scale.batch_size
            rounds.append(await _round(served, source, target, scale, done))
        await source.close()
        await target.close()
    return _rows(backend, rounds, scale.batches * scale.batch_size)


async def _round(served: Served, source: RawDatabase, target: RawDatabase, scale: Scale, done: int) -> Seconds:
    count, size = scale.batches * scale.batch_size, scale.batch_size
    people = city.registrations(count)
    requests = city.people_requests(people, size)
    importing = await _timed(lambda: _on_streams(served, city.import_people, requests, count))
    issues = city.issue_requests(await city.names_of(served.channel, people), size)
    issuing = await _timed(lambda: _on_streams(served, city.issue_cards, issues, count))
    person_rows = await source.since("person", "person", done, count)
    card_rows = await source.since("card", "card", done, count)
    events = await source.since("event_outbox", "pos", 2 * done, 2 * count)
    changes = await source.since("card_change", "position", done, count)
    people_tables = {"person": person_rows, "event_outbox": events[:count]}
    raw_people = await _timed(lambda: _load(target, people_tables, size))
    card_tables = {"card": card_rows, "event_outbox": events[count:], "card_change": changes}
    raw_cards = await _timed(lambda: _load(target, card_tables, size))
    return Seconds(importing, issuing, raw_people, raw_cards)


async def _on_streams(
    served: Served, send: Callable[..., Awaitable[None]], requests: Sequence[bytes], count: int
) -> None:
    parts = [requests[start::STREAMS] for start in range(STREAMS)]
    size = count // len(requests)
    async with asyncio.TaskGroup() as group:
        for part in parts:
            if part:
                group.create_task(_send(send, served, part, size))


async def _send(send: Callable[..., Awaitable[None]], served: Served, part: Sequence[bytes], size: int) -> None:
    await send(served.channel, part, len(part) * size)


async def _load(target: RawDatabase, tables: Mapping[str, Rows], size: int) -> None:
    for start in range(0, len(next(iter(tables.values()))), size):
        await target.load([(table, rows[start : start + size]) for table, rows in tables.items()])


async def _timed(work: Callable[[], Awaitable[None]]) -> float:
    started = time.perf_counter()
    await work()
    return time.perf_counter() - started


def _rows(backend: str, rounds: Sequence[Seconds], count: int) -> list[Row]:
    issued, raw_issued = [count / one.cards for one in rounds], [count / one.raw_cards for one in rounds]
    both = [2 * count / (one.people + one.cards) for one in rounds]
    raw_both = [2 * count / (one.raw_people + one.raw_cards) for one in rounds]
    return [
        Row(
            f"bulk/{backend}: streamed issue of cards, durable, with events",
            statistics.median(issued),
            "cards/s",
            _LIMIT[backend],
            statistics.median(raw_issued),
            (_ISSUE_RATE, _ISSUE_GATE[backend]),
            paired_ratio(issued, raw_issued),
        ),
        Row(
            f"bulk/{backend}: import of people and cards",
            statistics.median(both),
            "records/s",
            _LIMIT[backend],
            statistics.median(raw_both),
            (_IMPORT,),
            paired_ratio(both, raw_both),
            f"people alone {statistics.median([count / one.people for one in rounds]):,.0f}/s",
        ),
    ]


async def open_raw(url: str) -> RawDatabase:
    """Open a database by its driver, with the settings of the service."""
    if url.startswith("sqlite"):
        return RawSqlite(url)
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return RawPostgres(await asyncpg.connect(plain))


class RawSqlite:
    """sqlite3, in the thread of its caller: nothing else happens meanwhile."""

    def __init__(self, url: str) -> None:
        self._connection = sqlite3.connect(str(make_url(url).database), isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
            self._connection.execute(f"PRAGMA {pragma}")

    async def since(self, table: str, key: str, done: int, count: int) -> Rows:
        return self._connection.execute(f"SELECT * FROM {table} ORDER BY {key} LIMIT {count} OFFSET {done}").fetchall()

    async def load(self, tables: Sequence[tuple[str, Rows]]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        for table, rows in tables:
            marks = ", ".join("?" * len(rows[0]))
            self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        self._connection.execute("COMMIT")

    async def close(self) -> None:
        self._connection.close()


class RawPostgres:
    """asyncpg."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def since(self, table: str, key: str, done: int, count: int) -> Rows:
        rows = await self._connection.fetch(f"SELECT * FROM {table} ORDER BY {key} LIMIT {count} OFFSET {done}")
        return [tuple(row) for row in rows]

    async def load(self, tables: Sequence[tuple[str, Rows]]) -> None:
        async with self._connection.transaction():
            for table, rows in tables:
                await self._connection.copy_records_to_table(table, records=rows)

    async def close(self) -> None:
        await self._connection.close()
