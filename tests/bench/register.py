"""`python -m tests.bench.register --count 9500000 --database sqlite`: a whole city's register, then reads from it.

A real service process takes people and cards over by its own streams (ImportPeople, ResolvePeople, ImportCards). What
is done is noted in the folder, so a load that was interrupted goes on. Then point reads of random cards are timed in
turns with those of a register of 10,000, loaded in the same run. The broker is away, as in
`tests/bench/card_server.py`: the events wait in the outbox.
"""

import argparse
import asyncio
import itertools
import logging
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.common.migrations import migrate
from socsec.card.v1 import card_service_pb2, person_service_pb2
from tests.bench.register_city import MOST, identity_number, number_of_card
from tests.bench.register_load import BATCH, done_in, load_register
from tests.bench.report import Bound, Row, machine, show, write_report
from tests.bench.serving import BACKENDS, Served, new_migrated_url, serve_cards
from tests.bench.timing import Send, paired_ratio
from tests.support.database import postgres_url_in

SMALL = 10_000
"""Cards of the register that reads are compared with."""
SAMPLE = 6_000
"""Cards that are read, each once a round."""
ROUNDS = 12
IN_FLIGHT = 16

_LEAST_RATE = Bound("value", 10_000, 20_000)
_MEMORY = Bound("value", 1_024, 400, at_least=False)
_SLOWER = Bound("ratio", 1.3, 1.1, at_least=False)
_CARDS = "/socsec.card.v1.CardService/"
_PEOPLE = "/socsec.card.v1.PersonService/"


def main(arguments: Sequence[str]) -> int:
    """Load and measure; exit codes: 0 done, 2 usage."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.register")
    parser.add_argument("--count", type=int, default=9_500_000, help="people, each with a card")
    parser.add_argument("--database", choices=BACKENDS, default="sqlite")
    parser.add_argument("--folder", type=Path, default=Path("var/register"), help="where the register is and stays")
    options = parser.parse_args(arguments)
    if not SMALL <= options.count <= MOST or options.count % BATCH:
        parser.error(f"--count is a multiple of {BATCH:,} from {SMALL:,} to {MOST:,}")
    logging.disable(logging.WARNING)  # that connections end at the end of a run is no news
    folder: Path = options.folder / options.database
    folder.mkdir(parents=True, exist_ok=True)
    url = postgres_url_in(folder) if options.database == "postgresql" else f"sqlite:///{folder / 'register.db'}"
    migrate(url, "services.card")
    count = max(options.count, done_in(folder))  # a register that is larger already stays as it is
    console, started = Console(), time.perf_counter()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        rows = runner.run(_measure(folder, url, options.database, count, console))
    write_report(folder / "report.json", rows, time.perf_counter() - started, machine())
    show(console, rows)
    return 0


async def _measure(folder: Path, url: str, backend: str, count: int, console: Console) -> Sequence[Row]:
    name = f"register/{backend} of {count:,}"
    with tempfile.TemporaryDirectory(prefix="socsec-register-") as other:
        small_url = await asyncio.to_thread(new_migrated_url, Path(other), backend)
        async with serve_cards(folder, url) as large, serve_cards(Path(other), small_url) as small:
            started, before = time.perf_counter(), done_in(folder)
            with _progress(console) as progress:
                task = progress.add_task(f"{backend}: people and cards", total=count, completed=before)
                await load_register(large, folder, count, lambda done: progress.update(task, completed=done))
            seconds, loaded = time.perf_counter() - started, count - before
            peak = large.memory_mib("VmHWM")
            await load_register(small, Path(other), SMALL, lambda _: None)
            reads = await _reads(large, small, count)
    rows = [Row(f"{name}: service, most memory", peak, "MiB", bounds=(_MEMORY,))]
    if loaded:
        note = f"{loaded:,} people and as many cards in {seconds:,.0f} s"
        rows.append(
            Row(
                f"{name}: import of people and cards",
                2 * loaded / seconds,
                "records/s",
                bounds=(_LEAST_RATE,),
                note=note,
            )
        )
    return [*rows, *itertools.chain.from_iterable(_read_rows(name, method, *pair) for method, pair in reads.items())]


def _progress(console: Console) -> Progress:
    left = TimeRemainingColumn(compact=True, elapsed_when_finished=True)
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), left, console=console)


Rounds = list[list[float]]
"""Seconds of each call, by round."""
Latencies = dict[str, tuple[Rounds, Rounds]]
"""By method: large register, small register."""


async def _reads(large: Served, small: Served, count: int) -> Latencies:
    """Time reads of random cards in turns: large register, small register."""
    chosen = random.Random(1)  # the same cards in each run
    requests = [
        await _requests(large, chosen.sample(range(count), SAMPLE)),
        await _requests(small, chosen.sample(range(SMALL), SAMPLE)),
    ]
    found: Latencies = {method: ([], []) for method in requests[0]}
    for turn, method in itertools.product(range(ROUNDS), found):
        pair = list(enumerate((large, small)))
        for place, served in pair if turn % 2 else reversed(pair):
            seconds = await _timed(served.send(method), requests[place][method][turn::ROUNDS])
            found[method][place].append(seconds)
    return found


async def _requests(served: Served, places: Sequence[int]) -> dict[str, list[bytes]]:
    verify = [card_service_pb2.VerifyCardRequest(card_no=number_of_card(place)).SerializeToString() for place in places]
    names = [await _card_of(served, place) for place in places]
    get = [card_service_pb2.GetCardRequest(name=name).SerializeToString() for name in names]
    return {f"{_CARDS}GetCard": get, f"{_CARDS}VerifyCard": verify}


async def _card_of(served: Served, place: int) -> str:
    asked = person_service_pb2.ResolvePeopleRequest(identity_numbers=[identity_number(place)])
    resolved = await served.send("/socsec.card.v1.PersonService/ResolvePeople")(asked.SerializeToString())
    (person,) = person_service_pb2.ResolvePeopleResponse.FromString(resolved).people
    wanted = card_service_pb2.ListCardsRequest(filter=f'person = "{person}"').SerializeToString()
    listed = await served.send(f"{_CARDS}ListCards")(wanted)
    (card,) = card_service_pb2.ListCardsResponse.FromString(listed).cards
    return card.name


async def _timed(send: Send, requests: Sequence[bytes]) -> list[float]:
    seconds: list[float] = []
    left = iter(requests)

    async def caller() -> None:
        for request in left:
            started = time.perf_counter()
            await send(request)
            seconds.append(time.perf_counter() - started)

    async with asyncio.TaskGroup() as group:
        for _ in range(IN_FLIGHT):
            group.create_task(caller())
    return seconds


def _read_rows(name: str, method: str, large: Rounds, small: Rounds) -> Iterator[Row]:
    for percent in (50, 99):
        mine, other = (
            [statistics.quantiles(one, n=100)[percent - 1] * 1e3 for one in rounds] for rounds in (large, small)
        )
        yield Row(
            f"{name}: {method.rpartition('/')[2]}, {IN_FLIGHT} in flight, p{percent}",
            statistics.median(mine),
            "ms",
            f"register of {SMALL:,}",
            statistics.median(other),
            (_SLOWER,),
            paired_ratio(mine, other),
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
