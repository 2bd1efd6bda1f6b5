"""Loading a register into a running service, some parts at once, and going on where it was interrupted."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path

from socsec.card.v1 import card_register_service_pb2, person_service_pb2
from socsec.type.v1 import batch_pb2
from tests.bench.register_city import existing_card, identity_number, registration
from tests.bench.serving import Served

LANES = 3
"""Parts that are under way at once: while one is being committed others are converted and sent."""
PART = 10_000
"""People of one part: what an interruption makes us send again."""
BATCH = 1_000

_PEOPLE = "/socsec.card.v1.PersonService/"


async def load_register(served: Served, folder: Path, count: int, tell: Callable[[int], None]) -> None:
    """Load what is missing, some parts at once; whatever a part has sent before counts as repeated."""
    first = done_in(folder)
    parts = iter([range(start, min(start + PART, count)) for start in range(first, count, PART)])
    finished: set[int] = set()

    async def lane() -> None:
        nonlocal first
        for part in parts:
            await _take_over(served, part)
            finished.add(part.start)
            while first in finished:
                finished.discard(first)
                first = min(first + PART, count)
            _note(folder, first)
            tell(first + sum(min(PART, count - start) for start in finished))

    async with asyncio.TaskGroup() as group:
        for _ in range(LANES):
            group.create_task(lane())


def done_in(folder: Path) -> int:
    """Give how many people a folder's register has, each with a card."""
    noted = folder / "done"
    return int(noted.read_text("ascii")) if noted.exists() else 0


async def _take_over(served: Served, part: range) -> None:
    batches = [part[start : start + BATCH] for start in range(0, len(part), BATCH)]
    people = (
        person_service_pb2.ImportPeopleRequest(people=map(registration, batch)).SerializeToString() for batch in batches
    )
    await _stream(served, f"{_PEOPLE}ImportPeople", people, len(part))
    names: list[str] = []
    for batch in batches:
        request = person_service_pb2.ResolvePeopleRequest(identity_numbers=map(identity_number, batch))
        reply = await served.send(f"{_PEOPLE}ResolvePeople")(request.SerializeToString())
        names += person_service_pb2.ResolvePeopleResponse.FromString(reply).people
    cards = (
        card_register_service_pb2.ImportCardsRequest(
            cards=map(existing_card, batch, names[batch.start - part.start :])
        ).SerializeToString()
        for batch in batches
    )
    await _stream(served, "/socsec.card.v1.CardRegisterService/ImportCards", cards, len(part))


async def _stream(served: Served, method: str, requests: Iterable[bytes], expected: int) -> None:
    async def source() -> AsyncIterator[bytes]:
        for request in requests:
            yield request

    there = 0
    async for reply in served.stream(method, source()):
        result = batch_pb2.BatchResult.FromString(reply)
        there += result.accepted + result.repeated_items
    if there != expected:
        raise RuntimeError(f"{method} took {there} of {expected}: the register would be another one.")


def _note(folder: Path, done: int) -> None:
    written = folder / "done.new"
    written.write_text(str(done), "ascii")
    written.replace(folder / "done")
