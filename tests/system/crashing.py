"""What must hold of a card centre whose processes were killed again and again."""

import asyncio
import signal
from collections import Counter, defaultdict

import sqlalchemy as sa

from services.card.store.tables import CARD
from services.common import outbox
from services.common.cloud_event import Event
from services.common.database import Database
from services.common.messaging import connect
from services.local.broker import ADMIN
from tests.integration.card.town import OUTBOX, event_name
from tests.system.bureau import Bureau
from tests.system.clients import Load

_STREAM = "SOCSEC_CARD"
_PAGE = 500
_DRAINED_SECONDS = 60.0
_DIED_SECONDS = 60.0


async def check(bureau: Bureau, load: Load) -> None:
    """All that was answered is on record once, is answered again as before, and was told once."""
    await load.answers_again()
    database = Database(bureau.database_url)
    async with asyncio.timeout(_DRAINED_SECONDS):
        while await database.read(outbox.unpublished_count):  # noqa: ASYNC110  another process publishes
            await asyncio.sleep(0.05)
    stored = await database.read(lambda connection: list(connection.execute(sa.select(OUTBOX.c.event_id)).scalars()))
    cards = await database.read(
        lambda connection: connection.execute(sa.select(CARD.c.card, CARD.c.person, CARD.c.card_no)).all()
    )
    await database.close()

    published = await _published(bureau)
    assert Counter(event for event, _, _ in published) == Counter(stored), "an event is lost or told twice"
    told: dict[str, list[str]] = defaultdict(list)
    for _, aggregate, name in published:
        told[aggregate].append(name)
    assert {card: told[card] for card in load.told} == load.told
    issued = [card for card, names in told.items() if names == ["CardIssued"]]
    assert len(issued) == load.issued
    assert len(cards) == len(load.told) + load.issued, "a card is lost or was made twice"

    numbers = Counter(load.numbers)
    assert max(numbers.values()) == 1, "a card number was given twice"
    given = [number for card, _, number in cards if number and f"cards/{card}" in issued]
    assert not set(given) & numbers.keys(), "a card number was used again"


async def _published(bureau: Bureau) -> list[tuple[str, str, str]]:
    """Give id, aggregate and name of all events of the stream, in its order."""
    client = await connect(bureau.files.nats(bureau.settings, ADMIN), ADMIN)
    try:
        jetstream = client.jetstream()
        count = (await jetstream.stream_info(_STREAM)).state.messages
        reader = await jetstream.pull_subscribe("socsec.card.>", stream=_STREAM)
        found: list[tuple[str, str, str]] = []
        while len(found) < count:
            for message in await reader.fetch(min(_PAGE, count - len(found)), timeout=10):
                event = Event.of_message(message.subject, message.headers, message.data)
                found.append((event.event_id, event.aggregate, event_name(event.type, event.data)))
                await message.ack()
        return found
    finally:
        await client.close()


def load_of(bureau: Bureau, *names: str) -> Load:
    """Give clients of some processes."""
    return Load([bureau.address(name) for name in names], bureau.files.nats(bureau.settings, "ssctl").tls)


async def die_at(bureau: Bureau, place: str) -> None:
    """Start card, which the clients' calls then bring to its death at a named place."""
    bureau.serve(failpoint=place)
    code = await asyncio.to_thread(bureau.processes["card"].wait, _DIED_SECONDS)
    assert code == -signal.SIGKILL, place
