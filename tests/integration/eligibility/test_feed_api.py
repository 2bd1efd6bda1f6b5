"""Deliveries over real gRPC: rows of people whom nobody knows, paging, a stream that comes twice."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.common.crypto import KeyFile, Vault
from services.common.database import Database
from services.common.ids import new_id
from services.common.rpc.client import connect
from services.common.transactions import Transactions
from services.eligibility.cards import CardClient
from services.eligibility.finder import Finder
from services.eligibility.service.store import Store
from services.eligibility.store import opener
from socsec.eligibility.v1 import certification_pb2, evidence_pb2, feed_pb2, feed_service_pb2
from socsec.type.v1 import batch_pb2
from tests.integration.eligibility.calls import certification_of, granted, reasons, refusal
from tests.integration.eligibility.opened import PARAMETERS, PAYABILITY
from tests.integration.eligibility.serving import Served, tls_of

UNKNOWN = "370299199001010010"


def row(reference: str, **changed: object) -> feed_pb2.FeedRow:
    fields: dict[str, object] = {
        "reference": reference,
        "kind": evidence_pb2.EVIDENCE_KIND_DEATH_REGISTERED,
        "event_date": "2026-11-02",
        "received_date": "2026-11-03",
    }
    return feed_pb2.FeedRow(**(fields | changed))  # type: ignore[arg-type]  # by name


async def opened(service: Served, reference: str) -> feed_pb2.FeedBatch:
    wanted = feed_pb2.FeedBatch(source=evidence_pb2.EVIDENCE_SOURCE_POLICE, reference=reference)
    return await service.operator.feeds.OpenFeedBatch(feed_service_pb2.OpenFeedBatchRequest(feed_batch=wanted))


async def streamed(service: Served, batch: str, *rows: feed_pb2.FeedRow) -> batch_pb2.BatchResult:
    async def requests() -> AsyncIterator[feed_service_pb2.SubmitFeedRowsRequest]:
        yield feed_service_pb2.SubmitFeedRowsRequest(batch=1, feed_batch=batch, rows=rows)

    [result] = [one async for one in service.operator.feeds.StreamFeedRows(requests())]
    return result


async def closed(service: Served, batch: str, count: int) -> feed_pb2.FeedBatch:
    """Close a delivery and wait until nothing goes on by itself."""
    request = feed_service_pb2.CloseFeedBatchRequest(name=batch, row_count=count)
    found = await service.operator.feeds.CloseFeedBatch(request)
    async with asyncio.timeout(30):
        while found.state in {feed_pb2.FEED_BATCH_STATE_CHECKING, feed_pb2.FEED_BATCH_STATE_APPLYING}:
            await asyncio.sleep(0.01)
            found = await service.operator.feeds.GetFeedBatch(feed_service_pb2.GetFeedBatchRequest(name=batch))
    return found


async def look(service: Served, url: str, folder: Path) -> None:
    """Look for the people of waiting rows, as the service does now and then."""
    vault, database = Vault(KeyFile.load(folder / "eligibility.keys")), Database(url)
    await database.start()
    open_store = opener(vault, service.calendar, PARAMETERS.weak_kinds(), PAYABILITY)
    transactions: Transactions[Store] = Transactions(database, open_store, service.calendar)
    channel = connect(service.cards.address, tls_of(service.authority.identity("system", "eligibility")))
    await Finder(transactions, CardClient(channel), PARAMETERS, service.calendar).look()
    await channel.close()
    await database.close()


async def test_evidence_of_somebody_unknown_is_kept_aside_until_the_person_appears(
    service: Served, migrated_url: str, tmp_path: Path
) -> None:
    person = (await granted(service)).person
    batch = (await opened(service, "D-1")).name
    known = [row(f"R-{number}", person=f"people/{new_id()}") for number in range(9)]
    result = await streamed(service, batch, row("R-x", identity_number=UNKNOWN), *known)
    assert result.accepted == 10
    done = await closed(service, batch, 10)
    assert (done.state, done.waiting_count) == (feed_pb2.FEED_BATCH_STATE_APPLIED, 1)
    await look(service, migrated_url, tmp_path)
    found = await service.operator.feeds.GetFeedBatch(feed_service_pb2.GetFeedBatchRequest(name=batch))
    assert found.waiting_count == 1
    service.cards.numbers[UNKNOWN] = person
    await look(service, migrated_url, tmp_path)
    found = await service.operator.feeds.GetFeedBatch(feed_service_pb2.GetFeedBatchRequest(name=batch))
    assert (found.waiting_count, found.accepted_count) == (0, 10)
    state = (await certification_of(service, person)).state
    assert state == certification_pb2.CERTIFICATION_STATE_UNDER_VERIFICATION


async def test_a_stream_that_comes_twice_changes_nothing_and_other_content_is_refused(service: Served) -> None:
    batch = (await opened(service, "D-2")).name
    assert (await opened(service, "D-2")).name == batch
    rows = [row(f"R-{number}", person=f"people/{new_id()}") for number in range(3)]
    assert (await streamed(service, batch, *rows)).accepted == 3
    again = await streamed(service, batch, *rows, row("R-0", person=f"people/{new_id()}"), row("R-9"))
    assert (again.accepted, again.repeated_items) == (0, 3)
    assert reasons(again) == {3: ("RESOURCE_EXISTS", ""), 4: ("FIELD_REQUIRED", "person")}
    request = feed_service_pb2.CloseFeedBatchRequest(name=batch, row_count=4)
    assert (await refusal(service.operator.feeds.CloseFeedBatch(request))).reason == "FEED_ROW_COUNT"
    await closed(service, batch, 3)
    assert (await refusal(streamed(service, batch, *rows))).reason == "FEED_BATCH_STATE"


@pytest.mark.parametrize("size", [2, 3])
async def test_pages_of_rows_follow_each_other_with_what_became_of_each(service: Served, size: int) -> None:
    batch = (await opened(service, "D-3")).name
    await streamed(service, batch, *(row(f"R-{number}", person=f"people/{new_id()}") for number in range(5)))
    await closed(service, batch, 5)
    request = feed_service_pb2.ListFeedRowsRequest(parent=batch, page_size=size)
    seen: list[feed_pb2.FeedRow] = []
    while True:
        reply = await service.operator.feeds.ListFeedRows(request)
        seen += reply.rows
        if not reply.next_page_token:
            break
        request.page_token = reply.next_page_token
    assert [one.reference for one in seen] == [f"R-{number}" for number in range(5)]
    assert {one.outcome for one in seen} == {feed_pb2.FEED_ROW_OUTCOME_ACCEPTED}
