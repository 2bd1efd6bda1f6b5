"""The contract's methods: check, convert, call, convert, return."""

import logging
from collections.abc import AsyncIterator, Sequence

from services.common import tokens
from services.common.checkpoint import Checkpoint, NoteSigner
from services.common.clock import Clock
from services.common.feed import MAX_POSITION, Feed, check_start, position_of, read_token
from services.common.filtering import parse
from services.common.inbox import Inbox
from services.common.resources import resource_id
from services.common.rpc.call import Call
from services.common.rpc.paging import next_page_token, page_of
from services.common.rpc.requests import number_of, text_of, words_of
from services.common.transactions import Transactions
from services.fund_audit.messages import case_message, change_message, entry_message, held_message
from services.fund_audit.service.cases import FIELDS, CaseDesk
from services.fund_audit.service.model import CaseView, Store
from services.fund_audit.service.proofs import LedgerDesk
from socsec.fundaudit.v1 import case_pb2, case_service_pb2, ledger_service_pb2, quarantine_service_pb2

MAX_PAGE = 1_000
DEFAULT_PAGE = 100

log = logging.getLogger(__name__)


class CaseApi:
    """`CaseService`."""

    def __init__(self, transactions: Transactions[Store], desk: CaseDesk, feed: Feed[CaseView], ledger: str) -> None:
        self._transactions = transactions
        self._desk = desk
        self._feed = feed
        self._ledger = ledger

    async def GetCase(self, request: case_service_pb2.GetCaseRequest, call: Call) -> case_pb2.Case:
        case_id = resource_id(request.name, "cases", "name")
        return case_message(await self._transactions.read(lambda store: self._desk.get(store, case_id)))

    async def ListCases(
        self, request: case_service_pb2.ListCasesRequest, call: Call
    ) -> case_service_pb2.ListCasesResponse:
        page, wanted = page_of(request, int), parse(request.filter, FIELDS)
        before = position_of(page.after) if page.after is not None else None
        found = await self._transactions.read(lambda store: self._desk.page(store, wanted, before, page.size))
        first = "" if page.after is not None else tokens.write(self._binding(request.filter), (found.ledger_size,))
        return case_service_pb2.ListCasesResponse(
            cases=[case_message(view) for view in found.views],
            next_page_token=next_page_token(request, None if found.next_before is None else (found.next_before,)),
            resume_token=first,
        )

    async def WatchCases(
        self, request: case_service_pb2.WatchCasesRequest, call: Call
    ) -> AsyncIterator[case_service_pb2.WatchCasesResponse]:
        wanted, binding = parse(request.filter, FIELDS), self._binding(request.filter)
        start = await self._start(binding, request.resume_token)

        async def read(position: int) -> tuple[Sequence[CaseView], int]:
            return await self._transactions.read(lambda store: self._desk.changes(store, position, wanted))

        async for view, position in self._feed.tail(read, start, call.draining):
            yield case_service_pb2.WatchCasesResponse(
                change=None if view is None else change_message(view), resume_token=tokens.write(binding, (position,))
            )

    async def TakeCase(self, request: case_service_pb2.TakeCaseRequest, call: Call) -> case_pb2.Case:
        case_id = resource_id(request.name, "cases", "name")
        return await self._transactions.once(
            call,
            request,
            lambda store: case_message(self._desk.take(store, case_id, request.etag, call.caller.name)),
            case_pb2.Case,
            validate_only=request.validate_only,
        )

    async def DecideCase(self, request: case_service_pb2.DecideCaseRequest, call: Call) -> case_pb2.Case:
        case_id = resource_id(request.name, "cases", "name")
        reason = words_of(request.reason, "reason", 500, 5)
        by, etag, confirmed = call.caller.name, request.etag, request.confirmed
        return await self._transactions.once(
            call,
            request,
            lambda store: case_message(self._desk.decide(store, case_id, etag, by, reason, confirmed=confirmed)),
            case_pb2.Case,
            validate_only=request.validate_only,
        )

    async def _start(self, binding: bytes, token: str) -> int:
        size = await self._transactions.read(lambda store: store.frontier().size)
        return check_start(read_token(binding, token), size) if token else size

    def _binding(self, text: str) -> bytes:
        return f"{self._ledger}\n{text}".encode()


class LedgerApi:
    """`LedgerService`."""

    def __init__(self, transactions: Transactions[Store], desk: LedgerDesk, signer: NoteSigner) -> None:
        self._transactions = transactions
        self._desk = desk
        self._signer = signer

    async def GetCheckpoint(
        self, request: ledger_service_pb2.GetCheckpointRequest, call: Call
    ) -> ledger_service_pb2.Checkpoint:
        frontier = await self._transactions.read(self._desk.frontier)
        checkpoint = Checkpoint(self._signer.name, frontier.size, frontier.root())
        return ledger_service_pb2.Checkpoint(
            note=self._signer.note(checkpoint),
            tree_size=checkpoint.size,
            root_hash=checkpoint.root,
            public_key=self._signer.public_key,
        )

    async def ListLedgerEntries(
        self, request: ledger_service_pb2.ListLedgerEntriesRequest, call: Call
    ) -> ledger_service_pb2.ListLedgerEntriesResponse:
        start = number_of(request.start_position, "start_position", 0, MAX_POSITION)
        limit = number_of(request.page_size, "page_size", 0, MAX_PAGE) or DEFAULT_PAGE
        entries, size = await self._transactions.read(lambda store: self._desk.entries(store, start, limit))
        return ledger_service_pb2.ListLedgerEntriesResponse(
            entries=[entry_message(entry) for entry in entries], tree_size=size
        )

    async def GetInclusionProof(
        self, request: ledger_service_pb2.GetInclusionProofRequest, call: Call
    ) -> ledger_service_pb2.InclusionProof:
        position = number_of(request.position, "position", 0, MAX_POSITION)
        size = number_of(request.tree_size, "tree_size", 0, MAX_POSITION)
        proof = await self._transactions.read(lambda store: self._desk.inclusion(store, position, size))
        return ledger_service_pb2.InclusionProof(
            position=position,
            tree_size=proof.size,
            leaf_hash=proof.proved,
            hashes=proof.hashes,
            root_hash=proof.root,
        )

    async def GetConsistencyProof(
        self, request: ledger_service_pb2.GetConsistencyProofRequest, call: Call
    ) -> ledger_service_pb2.ConsistencyProof:
        old = number_of(request.first_size, "first_size", 1, MAX_POSITION)
        new = number_of(request.second_size, "second_size", 0, MAX_POSITION)
        proof = await self._transactions.read(lambda store: self._desk.consistency(store, old, new))
        return ledger_service_pb2.ConsistencyProof(
            first_size=old,
            second_size=proof.size,
            hashes=proof.hashes,
            first_root=proof.proved,
            second_root=proof.root,
        )


class QuarantineApi:
    """`QuarantineService`."""

    def __init__(self, transactions: Transactions[Inbox], clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    async def ListQuarantinedEvents(
        self, request: quarantine_service_pb2.ListQuarantinedEventsRequest, call: Call
    ) -> quarantine_service_pb2.ListQuarantinedEventsResponse:
        page = page_of(request)
        after = "" if page.after is None else str(page.after[0])
        held = await self._transactions.read(lambda inbox: inbox.list_held(page.size, after))
        last = (held[-1].event.event_id,) if len(held) == page.size else None
        return quarantine_service_pb2.ListQuarantinedEventsResponse(
            events=[held_message(one) for one in held], next_page_token=next_page_token(request, last)
        )

    async def RetryQuarantinedEvent(
        self, request: quarantine_service_pb2.RetryQuarantinedEventRequest, call: Call
    ) -> quarantine_service_pb2.QuarantinedEvent:
        event_id = text_of(request.event_id, "event_id", 200)
        return await self._transactions.once(
            call,
            request,
            lambda inbox: held_message(inbox.retry(event_id, self._clock())),
            quarantine_service_pb2.QuarantinedEvent,
            validate_only=request.validate_only,
        )

    async def DiscardQuarantinedEvent(
        self, request: quarantine_service_pb2.DiscardQuarantinedEventRequest, call: Call
    ) -> quarantine_service_pb2.QuarantinedEvent:
        event_id = text_of(request.event_id, "event_id", 200)
        reason = words_of(request.reason, "reason", 200, 5)
        discarded = await self._transactions.once(
            call,
            request,
            lambda inbox: held_message(inbox.discard(event_id, self._clock())),
            quarantine_service_pb2.QuarantinedEvent,
            validate_only=request.validate_only,
        )
        if not request.validate_only:
            extra = {"event_id": event_id, "caller": call.caller.name, "reason": reason}
            log.warning("quarantine.discarded", extra=extra)
        return discarded
