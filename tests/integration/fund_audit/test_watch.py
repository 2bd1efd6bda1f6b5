"""The live stream of cases: nothing is missed, whatever ends a watch."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import grpc
import pytest

from services.common.rpc.status import from_call
from socsec.fundaudit.v1 import case_pb2, case_service_pb2
from tests.integration.fund_audit.conftest import Audit
from tests.integration.fund_audit.event_streams import draw_reversed, id_of
from tests.integration.fund_audit.serving import Client, Served, client_of, served
from tests.integration.fund_audit.test_api import flag, refused
from tests.unit.fund_audit.worlds import make_draw

Watch = case_service_pb2.WatchCasesRequest
Message = case_service_pb2.WatchCasesResponse
Stream = AsyncIterator[Message]


@pytest.fixture
async def running(audit: Audit, migrated_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(migrated_url, tmp_path, bookmark_seconds=0.3, most_watches=3) as service:
        yield service


@pytest.fixture
async def wang(running: Served) -> Client:
    return await running.client("auditor", "wang")


async def next_of(stream: Stream) -> Message:
    async with asyncio.timeout(10):
        return await anext(stream)


async def next_change(stream: Stream) -> Message:
    """Skip bookmarks."""
    while True:
        message = await next_of(stream)
        if message.HasField("change"):
            return message


async def ending(stream: Stream) -> tuple[str, str]:
    """Read to the end; give code and reason."""
    while True:
        try:
            await next_of(stream)
        except grpc.aio.AioRpcError as error:
            ended = from_call(error)
            return ended.code, ended.reason


def subject(person: str) -> str:
    return f"people/{id_of(person)}"


async def test_changes_arrive_live_in_the_order_of_the_ledger(audit: Audit, wang: Client) -> None:
    stream = aiter(wang.cases.WatchCases(Watch()))
    first = await next_of(stream)
    assert not first.HasField("change")
    await flag(audit, "anna", 1)
    await flag(audit, "bo", 2)
    await audit.receive(draw_reversed(make_draw(3, person="anna")))
    seen = [await next_change(stream) for _ in range(3)]
    assert [(m.change.kind, m.change.case.subject, m.change.ledger_position) for m in seen] == [
        (case_pb2.CASE_CHANGE_KIND_OPENED, subject("anna"), 0),
        (case_pb2.CASE_CHANGE_KIND_OPENED, subject("bo"), 1),
        (case_pb2.CASE_CHANGE_KIND_WITHDRAWN, subject("anna"), 2),
    ]
    assert {m.change.actor for m in seen} == {"detectors"}
    assert seen[0].change.case.evidence


async def test_list_then_watch_has_no_gap(audit: Audit, wang: Client) -> None:
    await flag(audit, "listed", 1)
    listed = await wang.cases.ListCases(case_service_pb2.ListCasesRequest())
    await flag(audit, "between", 2)
    stream = aiter(wang.cases.WatchCases(Watch(resume_token=listed.resume_token)))
    assert (await next_change(stream)).change.case.subject == subject("between")


async def test_a_watch_goes_on_after_a_restart_where_it_was(audit: Audit, migrated_url: str, tmp_path: Path) -> None:
    async with AsyncExitStack() as outlasting, served(migrated_url, tmp_path) as service:
        channel = await outlasting.enter_async_context(service.channel("auditor", "wang"))
        stream = aiter(client_of(channel).cases.WatchCases(Watch(filter="rule = R-04")))
        await next_of(stream)
        await flag(audit, "before", 1)
        last = await next_change(stream)
        end = asyncio.create_task(ending(stream))
        outlasting.push_async_callback(asyncio.wait_for, end, 10)
    assert await end == ("UNAVAILABLE", "DRAINING")
    await flag(audit, "meanwhile", 2)
    async with served(migrated_url, tmp_path) as service:
        client = await service.client("auditor", "wang")
        stream = aiter(client.cases.WatchCases(Watch(filter="rule = R-04", resume_token=last.resume_token)))
        assert (await next_change(stream)).change.case.subject == subject("meanwhile")
        await flag(audit, "after", 3)
        assert (await next_change(stream)).change.case.subject == subject("after")


async def test_a_filter_lets_through_what_matches_and_bookmarks_move_the_token_on(audit: Audit, wang: Client) -> None:
    text = "amount_at_risk_fen > 500"
    stream = aiter(wang.cases.WatchCases(Watch(filter=text)))
    start = await next_of(stream)
    await flag(audit, "small", 1, amount=100)
    bookmark = await next_of(stream)
    while bookmark.resume_token == start.resume_token:
        bookmark = await next_of(stream)
    assert not bookmark.HasField("change")
    await flag(audit, "large", 2, amount=900)
    resumed = aiter(wang.cases.WatchCases(Watch(filter=text, resume_token=bookmark.resume_token)))
    for watch in (stream, resumed):
        assert (await next_change(watch)).change.case.subject == subject("large")


async def test_a_watch_without_news_is_sent_bookmarks(wang: Client) -> None:
    stream = aiter(wang.cases.WatchCases(Watch()))
    messages = [await next_of(stream) for _ in range(3)]
    assert not any(message.HasField("change") for message in messages)


async def test_a_token_of_another_filter_or_a_made_up_one_is_refused(audit: Audit, wang: Client) -> None:
    listed = await wang.cases.ListCases(case_service_pb2.ListCasesRequest())
    for watch in (Watch(filter="rule = R-01", resume_token=listed.resume_token), Watch(resume_token="bogus")):
        assert await ending(aiter(wang.cases.WatchCases(watch))) == ("INVALID_ARGUMENT", "INVALID_RESUME_TOKEN")
    unread = await refused(anext(aiter(wang.cases.WatchCases(Watch(filter="colour = red")))))
    assert unread.reason == "INVALID_FILTER"


async def test_a_token_from_a_ledger_that_was_longer_is_out_of_range(audit: Audit, wang: Client) -> None:
    await flag(audit, "anna", 1)
    listed = await wang.cases.ListCases(case_service_pb2.ListCasesRequest())
    await audit.run("UPDATE ledger_head SET size = 0", "DELETE FROM ledger_entry")  # restored from an old copy
    watch = Watch(resume_token=listed.resume_token)
    assert await ending(aiter(wang.cases.WatchCases(watch))) == ("OUT_OF_RANGE", "POSITION_OUT_OF_RANGE")


async def test_one_watch_too_many_is_refused_and_a_closed_one_makes_room(wang: Client) -> None:
    calls = [wang.cases.WatchCases(Watch()) for _ in range(3)]
    for call in calls:
        await next_of(aiter(call))
    assert await ending(aiter(wang.cases.WatchCases(Watch()))) == ("RESOURCE_EXHAUSTED", "TOO_MANY_STREAMS")
    calls[0].cancel()
    async with asyncio.timeout(10):
        while True:
            try:
                await anext(aiter(wang.cases.WatchCases(Watch())))
            except grpc.aio.AioRpcError:
                await asyncio.sleep(0.05)
            else:
                break


async def test_many_watches_see_the_same(audit: Audit, wang: Client) -> None:
    streams = [aiter(wang.cases.WatchCases(Watch())) for _ in range(3)]
    for stream in streams:
        await next_of(stream)
    for number in range(1, 6):
        await flag(audit, f"person{number}", number)
    seen = [[(await next_change(stream)).change.ledger_position for _ in range(5)] for stream in streams]
    assert seen == [[0, 1, 2, 3, 4]] * 3
