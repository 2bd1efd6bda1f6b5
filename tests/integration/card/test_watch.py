"""The live stream of cards: a copy that is listed once and then follows it is the register, whatever happens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest

from services.card.config import CardConfig
from services.common.database import Database
from services.common.rpc.client import connect
from services.common.rpc.status import from_call
from socsec.card.v1 import card_pb2, card_register_service_pb2, card_service_pb2
from tests.integration.card.city import issue
from tests.integration.card.serving import Client, Served, client_of, served, tls_of
from tests.integration.card.test_api import enabled, issued, register
from tests.integration.messaging.waiting import until

Watch = card_register_service_pb2.WatchCardsRequest
Message = card_register_service_pb2.WatchCardsResponse
Stream = AsyncIterator[Message]
HELD = card_register_service_pb2.CARD_CHANGE_KIND_HELD
LEFT = card_register_service_pb2.CARD_CHANGE_KIND_LEFT
ENABLED_ONLY = "status = ENABLED"


def watched(config: CardConfig) -> CardConfig:
    return config.model_copy(update={"most_watches": 3, "bookmark_seconds": 0.3})


@pytest.fixture
async def running(migrated_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(migrated_url, tmp_path, watched) as service:
        yield service


@dataclass
class Copy:
    """The cards that a filter lets through, as another system keeps them."""

    cards: dict[str, card_pb2.Card] = field(default_factory=dict)
    token: str = ""

    def take(self, message: Message) -> None:
        self.token = message.resume_token
        if message.HasField("change"):
            card = message.change.card
            if message.change.kind == LEFT:
                self.cards.pop(card.name, None)
            else:
                self.cards[card.name] = card

    async def follow(self, client: Client, text: str, until: Callable[[], bool]) -> None:
        stream = aiter(client.register.WatchCards(Watch(filter=text, resume_token=self.token)))
        while not until():
            self.take(await next_of(stream))


async def listed(client: Client, text: str = "", size: int = 2) -> Copy:
    copy, request = Copy(), card_service_pb2.ListCardsRequest(filter=text, page_size=size)
    while True:
        page = await client.cards.ListCards(request)
        copy.cards |= {card.name: card for card in page.cards}
        copy.token = copy.token or page.resume_token
        request.page_token = page.next_page_token
        if not page.next_page_token:
            return copy


async def next_of(stream: Stream) -> Message:
    async with asyncio.timeout(10):
        return await anext(stream)


async def next_change(stream: Stream) -> card_register_service_pb2.CardChange:
    while True:
        message = await next_of(stream)
        if message.HasField("change"):
            return message.change


async def ending(stream: Stream) -> tuple[str, str]:
    while True:
        try:
            await next_of(stream)
        except grpc.aio.AioRpcError as error:
            ended = from_call(error)
            return ended.code, ended.reason


async def cancel(service: Served, name: str) -> None:
    request = card_service_pb2.CancelCardRequest(name=name, reason=card_pb2.CANCEL_REASON_HOLDER_REQUEST)
    await service.operator.cards.CancelCard(request)


async def new_card(service: Served) -> card_pb2.Card:
    person = await register(service)
    assert (await issued(service, issue(person.name))).accepted == 1
    request = card_service_pb2.ListCardsRequest(filter=f'person = "{person.name}"')
    (card,) = (await service.operator.cards.ListCards(request)).cards
    return card


async def test_changes_arrive_live_in_order_with_the_card_as_it_is(running: Served) -> None:
    bank = await running.client("system", "bank")
    stream = aiter(bank.register.WatchCards(Watch()))
    assert not (await next_of(stream)).HasField("change")
    card = await enabled(running)
    seen = [await next_change(stream) for _ in range(4)]
    assert {(change.kind, change.card.name) for change in seen} == {(HELD, card.name)}
    assert seen[-1].card == card


async def test_a_filter_tells_what_enters_and_what_leaves_the_copy(running: Served) -> None:
    bank = await running.client("system", "bank")
    stream = aiter(bank.register.WatchCards(Watch(filter=ENABLED_ONLY)))
    start = await next_of(stream)
    card = await enabled(running)
    entered = await next_change(stream)
    assert (entered.kind, entered.card) == (HELD, card)
    await cancel(running, card.name)
    left = await next_change(stream)
    while left.kind == HELD:  # a change that was read late shows the card as it is by then, and so once more
        assert left.card == card
        left = await next_change(stream)
    assert (left.kind, left.card) == (LEFT, card_pb2.Card(name=card.name, etag="5"))
    again = Copy(token=start.resume_token)  # the same changes, now read from the log
    end = (await listed(bank, ENABLED_ONLY)).token
    await again.follow(bank, ENABLED_ONLY, lambda: again.token == end)
    assert again.cards == {}


async def test_list_then_watch_is_the_register_though_several_processes_write(
    running: Served, migrated_url: str, tmp_path: Path
) -> None:
    earlier = [await new_card(running) for _ in range(5)]
    async with served(migrated_url, tmp_path, watched) as other:
        bank, hospital = await running.client("system", "bank"), await other.client("system", "hospital")

        async def work(service: Served, cancelled: card_pb2.Card) -> None:
            for _ in range(4):
                await new_card(service)
            await cancel(service, cancelled.name)

        copies = [await listed(bank, ENABLED_ONLY), await listed(hospital, ENABLED_ONLY)]
        expected: dict[str, card_pb2.Card] = {}

        def caught_up(copy: Copy) -> Callable[[], bool]:
            return lambda: bool(expected) and copy.cards == expected

        async with asyncio.TaskGroup() as tasks:
            for copy, client in zip(copies, (bank, hospital), strict=True):
                tasks.create_task(copy.follow(client, ENABLED_ONLY, caught_up(copy)))
            await asyncio.gather(*(work(one, card) for one, card in zip([running, other] * 2, earlier, strict=False)))
            expected |= (await listed(bank, ENABLED_ONLY)).cards
    assert len(expected) == 5 + 4 * 4 - 4


async def test_a_watch_goes_on_after_a_restart_where_it_was(migrated_url: str, tmp_path: Path) -> None:
    async with AsyncExitStack() as outlasting, served(migrated_url, tmp_path) as service:
        identity = service.authority.identity("system", "bank")
        channel = await outlasting.enter_async_context(connect(service.address, tls_of(identity)))
        stream = aiter(client_of(channel).register.WatchCards(Watch()))
        await next_of(stream)
        before = await new_card(service)
        last = await next_of(stream)
        assert last.change.card.name == before.name
        end = asyncio.create_task(ending(stream))
        outlasting.push_async_callback(asyncio.wait_for, end, 10)
    assert await end == ("UNAVAILABLE", "DRAINING")
    async with served(migrated_url, tmp_path) as service:
        meanwhile = await new_card(service)
    async with served(migrated_url, tmp_path) as service:
        bank = await service.client("system", "bank")
        stream = aiter(bank.register.WatchCards(Watch(resume_token=last.resume_token)))
        assert (await next_change(stream)).card == meanwhile
        after = await new_card(service)
        assert (await next_change(stream)).card == after


async def test_what_is_refused_or_rolled_back_takes_no_position(running: Served) -> None:
    person = await register(running)
    bank = await running.client("system", "bank")
    stream = aiter(bank.register.WatchCards(Watch()))
    await next_of(stream)
    await issued(running, issue(person.name), validate_only=True)
    with pytest.raises(grpc.aio.AioRpcError):
        await cancel(running, f"cards/{person.name.removeprefix('people/')}")
    await issued(running, issue(person.name))
    assert (await next_change(stream)).card.person == person.name


async def test_a_token_of_another_filter_or_a_made_up_one_is_refused(running: Served) -> None:
    copy = await listed(await running.client("system", "bank"))
    bank = await running.client("system", "bank")
    for watch in (Watch(filter=ENABLED_ONLY, resume_token=copy.token), Watch(resume_token="bogus")):
        assert await ending(aiter(bank.register.WatchCards(watch))) == ("INVALID_ARGUMENT", "INVALID_RESUME_TOKEN")
    unread = aiter(bank.register.WatchCards(Watch(filter="colour = red")))
    assert await ending(unread) == ("INVALID_ARGUMENT", "INVALID_FILTER")


async def test_a_token_older_than_what_is_kept_is_out_of_range(migrated_url: str, tmp_path: Path) -> None:
    def forgetful(config: CardConfig) -> CardConfig:
        return config.model_copy(update={"change_retention_days": 1.0, "forget_seconds": 0.05})

    async with served(migrated_url, tmp_path, forgetful) as service:
        bank = await service.client("system", "bank")
        copy = await listed(bank)
        await new_card(service)
        service.clock.advance(days=2)
        recent = await new_card(service)

        async def is_refused() -> bool:
            stream = aiter(bank.register.WatchCards(Watch(resume_token=copy.token)))
            try:
                await next_change(stream)
            except grpc.aio.AioRpcError as error:
                return (from_call(error).code, from_call(error).reason) == ("OUT_OF_RANGE", "POSITION_OUT_OF_RANGE")
            return False

        await until(is_refused)
        assert (await listed(bank)).cards[recent.name] == recent


async def test_a_token_from_a_register_that_was_longer_is_out_of_range(running: Served, migrated_url: str) -> None:
    await new_card(running)
    bank = await running.client("system", "bank")
    copy = await listed(bank)
    database = Database(migrated_url)
    await database.start()
    await database.write(  # restored from an old copy
        lambda connection: connection.exec_driver_sql("UPDATE number_sequence SET next_number = 0")
    )
    await database.close()
    watch = aiter(bank.register.WatchCards(Watch(resume_token=copy.token)))
    assert await ending(watch) == ("OUT_OF_RANGE", "POSITION_OUT_OF_RANGE")


async def test_a_watch_without_news_is_sent_bookmarks_and_one_too_many_is_refused(running: Served) -> None:
    bank = await running.client("system", "bank")
    streams = [aiter(bank.register.WatchCards(Watch())) for _ in range(3)]
    for stream in streams:
        assert not (await next_of(stream)).HasField("change")
    assert not (await next_of(streams[0])).HasField("change")
    assert await ending(aiter(bank.register.WatchCards(Watch()))) == ("RESOURCE_EXHAUSTED", "TOO_MANY_STREAMS")


async def test_a_change_is_read_once_for_all_watches(running: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    from services.card.store.cards import CardTable

    read: list[int] = []
    changes = CardTable.changes

    def counted(table: CardTable, start: int, size: int) -> object:
        read.append(start)
        return changes(table, start, size)

    bank = await running.client("system", "bank")
    streams = [aiter(bank.register.WatchCards(Watch())) for _ in range(3)]
    for stream in streams:
        await next_of(stream)
    await new_card(running)
    for stream in streams:
        await next_change(stream)
    monkeypatch.setattr(CardTable, "changes", counted)
    card = await new_card(running)
    for stream in streams:
        assert (await next_change(stream)).card == card
    assert len(read) <= 1 + 1  # one look, and perhaps one that came before the commit
