"""`FeedService`."""

from collections.abc import AsyncIterator, Callable

from services.common.clock import Clock, bureau_date
from services.common.errors import DomainError
from services.common.filtering import Fields, parse
from services.common.resources import resource_id
from services.common.rpc.call import Call
from services.common.rpc.paging import next_page_token, page_of
from services.common.rpc.requests import batch_of, batch_result, convert_each, enum_of, number_of, words_of
from services.common.transactions import Transactions
from services.eligibility.api.feed_messages import (
    batch_message,
    delivered_of,
    refused_message,
    row_message,
    with_person,
)
from services.eligibility.api.fields import filter_date, filter_enum, filter_person, version_of
from services.eligibility.cards import CardClient
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.evidence import EvidenceKind, EvidenceSource
from services.eligibility.feed import FeedBatch, FeedBatchState
from services.eligibility.feed_decision import FeedDecisionKind, Proposal
from services.eligibility.feed_row import FeedRowOutcome
from services.eligibility.service.feed import (
    Delivered,
    approve_decision,
    close_feed_batch,
    decline_decision,
    get_feed_batch,
    open_feed_batch,
    propose_decision,
    receive_rows,
)
from services.eligibility.service.outcome import Numbered
from services.eligibility.service.store import Store
from socsec.eligibility.v1 import evidence_pb2, feed_pb2, feed_service_pb2
from socsec.type.v1 import batch_pb2

_FIELDS: Fields = {"source": filter_enum(EvidenceSource), "state": filter_enum(FeedBatchState), "reference": str}
_ROW_FIELDS: Fields = {
    "kind": filter_enum(EvidenceKind),
    "outcome": filter_enum(FeedRowOutcome),
    "event_date": filter_date,
    "person": filter_person,
}
_REFUSED_FIELDS: Fields = {"source": filter_enum(EvidenceSource), "message": str}
_MOST_ROWS = 1_000_000_000
Mutation = (
    feed_service_pb2.OpenFeedBatchRequest
    | feed_service_pb2.CloseFeedBatchRequest
    | feed_service_pb2.ProposeFeedDecisionRequest
    | feed_service_pb2.ApproveFeedDecisionRequest
    | feed_service_pb2.DeclineFeedDecisionRequest
)


class FeedApi:
    """Takes whole deliveries of offices in."""

    def __init__(
        self, transactions: Transactions[Store], cards: CardClient, law: CertificationLaw, clock: Clock
    ) -> None:
        self._transactions = transactions
        self._cards = cards
        self._law = law
        self._clock = clock

    async def OpenFeedBatch(self, request: feed_service_pb2.OpenFeedBatchRequest, call: Call) -> feed_pb2.FeedBatch:
        wanted, now = request.feed_batch, self._clock()
        source = enum_of(evidence_pb2.EvidenceSource, wanted.source, EvidenceSource, "feed_batch.source")
        reference = words_of(wanted.reference, "feed_batch.reference")
        return await self._once(call, request, lambda store: open_feed_batch(store, source, reference, now))

    async def StreamFeedRows(
        self, requests: AsyncIterator[feed_service_pb2.SubmitFeedRowsRequest], call: Call
    ) -> AsyncIterator[batch_pb2.BatchResult]:
        async for request in requests:
            batch = resource_id(request.feed_batch, "feedBatches", "feed_batch")
            good, bad = convert_each(batch_of(request.rows, "rows"), delivered_of)
            rows, now = await self._with_people(good), self._clock()
            outcome = await self._transactions.write(
                lambda store, batch=batch, rows=rows, now=now: receive_rows(store, batch, rows, now),  # type: ignore[misc]  # defaults bind them
                validate_only=request.validate_only,
            )
            refused: list[tuple[int, DomainError]] = bad + outcome.refused
            yield batch_result(request.batch, outcome.accepted, outcome.repeated, refused)

    async def CloseFeedBatch(self, request: feed_service_pb2.CloseFeedBatchRequest, call: Call) -> feed_pb2.FeedBatch:
        batch, now = resource_id(request.name, "feedBatches", "name"), self._clock()
        count = number_of(request.row_count, "row_count", 1, _MOST_ROWS)
        return await self._once(call, request, lambda store: close_feed_batch(store, batch, count, now))

    async def GetFeedBatch(self, request: feed_service_pb2.GetFeedBatchRequest, call: Call) -> feed_pb2.FeedBatch:
        batch = resource_id(request.name, "feedBatches", "name")
        return batch_message(await self._transactions.read(lambda store: get_feed_batch(store, batch)))

    async def ListFeedBatches(
        self, request: feed_service_pb2.ListFeedBatchesRequest, call: Call
    ) -> feed_service_pb2.ListFeedBatchesResponse:
        page, wanted = page_of(request), parse(request.filter, _FIELDS)
        before = str(page.after[0]) if page.after is not None else None
        found = await self._transactions.read(lambda store: store.feeds.page(wanted, page.size, before))
        last = (found[-1].batch,) if len(found) == page.size else None
        return feed_service_pb2.ListFeedBatchesResponse(
            feed_batches=[batch_message(batch) for batch in found], next_page_token=next_page_token(request, last)
        )

    async def ListFeedRows(
        self, request: feed_service_pb2.ListFeedRowsRequest, call: Call
    ) -> feed_service_pb2.ListFeedRowsResponse:
        page, wanted = page_of(request), parse(request.filter, _ROW_FIELDS)
        batch = resource_id(request.parent, "feedBatches", "parent")
        after = str(page.after[0]) if page.after is not None else ""
        found = await self._transactions.read(lambda store: store.feeds.row_page(batch, wanted, page.size, after))
        last = (found[-1].reference,) if len(found) == page.size else None
        return feed_service_pb2.ListFeedRowsResponse(
            rows=[row_message(row, self._law.on(row.event_date).strengths.get(row.kind)) for row in found],
            next_page_token=next_page_token(request, last),
        )

    async def ListRefusedMessages(
        self, request: feed_service_pb2.ListRefusedMessagesRequest, call: Call
    ) -> feed_service_pb2.ListRefusedMessagesResponse:
        page, wanted = page_of(request), parse(request.filter, _REFUSED_FIELDS)
        before = str(page.after[0]) if page.after is not None else None
        found = await self._transactions.read(lambda store: store.refused.page(wanted, page.size, before))
        last = (found[-1].refused,) if len(found) == page.size else None
        return feed_service_pb2.ListRefusedMessagesResponse(
            refused_messages=[refused_message(one) for one in found], next_page_token=next_page_token(request, last)
        )

    async def ProposeFeedDecision(
        self, request: feed_service_pb2.ProposeFeedDecisionRequest, call: Call
    ) -> feed_pb2.FeedBatch:
        batch, version = resource_id(request.name, "feedBatches", "name"), version_of(request.etag)
        kind = enum_of(feed_pb2.FeedDecisionKind, request.kind, FeedDecisionKind, "kind")
        proposal = Proposal(kind, words_of(request.reason, "reason", 500, 5), call.caller.name)
        now = self._clock()
        return await self._once(call, request, lambda store: propose_decision(store, batch, version, proposal, now))

    async def ApproveFeedDecision(
        self, request: feed_service_pb2.ApproveFeedDecisionRequest, call: Call
    ) -> feed_pb2.FeedBatch:
        batch, version = resource_id(request.name, "feedBatches", "name"), version_of(request.etag)
        by, now = call.caller.name, self._clock()
        today = bureau_date(now)
        return await self._once(call, request, lambda store: approve_decision(store, batch, version, by, now, today))

    async def DeclineFeedDecision(
        self, request: feed_service_pb2.DeclineFeedDecisionRequest, call: Call
    ) -> feed_pb2.FeedBatch:
        batch, version = resource_id(request.name, "feedBatches", "name"), version_of(request.etag)
        by, now = call.caller.name, self._clock()
        return await self._once(call, request, lambda store: decline_decision(store, batch, version, by, now))

    async def _with_people(self, rows: Numbered[Delivered]) -> Numbered[Delivered]:
        """Give rows that come with an identity number their person; the number stays with those of nobody known."""
        numbers = {number for _, (_, number) in rows if number}
        if not numbers:
            return rows
        known = await self._cards.resolve(numbers)
        return [(index, with_person(row, number, known.get(number, ""))) for index, (row, number) in rows]

    async def _once(self, call: Call, request: Mutation, work: Callable[[Store], FeedBatch]) -> feed_pb2.FeedBatch:
        return await self._transactions.once(
            call,
            request,
            lambda store: batch_message(work(store)),
            feed_pb2.FeedBatch,
            validate_only=request.validate_only,
        )
