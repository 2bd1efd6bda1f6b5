"""`MergeService`."""

from collections.abc import Callable

from services.card.api.fields import filter_person, person_of, timestamp, version_of
from services.card.merge import Merge, MergeState, Proposal
from services.card.parameters import ParameterBook
from services.card.service.merges import (
    approve_merge,
    get_merge,
    list_merges,
    propose_merge,
    propose_undo,
    reject_merge,
    undo_merge,
)
from services.card.service.store import Store
from services.common.clock import Clock
from services.common.filtering import Fields, parse
from services.common.resources import resource_id, resource_name
from services.common.rpc.call import Call
from services.common.rpc.paging import next_page_token, page_of
from services.common.rpc.requests import enum_number, words_of
from services.common.transactions import Transactions
from socsec.card.v1 import merge_pb2, merge_service_pb2

_FIELDS: Fields = {"survivor": filter_person, "merged": filter_person, "state": MergeState}
Mutation = (
    merge_service_pb2.ProposeMergeRequest
    | merge_service_pb2.ApproveMergeRequest
    | merge_service_pb2.RejectMergeRequest
    | merge_service_pb2.ProposeMergeUndoRequest
    | merge_service_pb2.UndoMergeRequest
)


class MergeApi:
    """Two records that are one person."""

    def __init__(self, transactions: Transactions[Store], book: ParameterBook, clock: Clock) -> None:
        self._transactions = transactions
        self._book = book
        self._clock = clock

    async def ProposeMerge(self, request: merge_service_pb2.ProposeMergeRequest, call: Call) -> merge_pb2.Merge:
        now = self._clock()
        proposal = Proposal(
            survivor=person_of(request.survivor, "survivor"),
            merged=person_of(request.merged, "merged"),
            reason=words_of(request.reason, "reason", 500, 5),
            case_reference=words_of(request.case_reference, "case_reference"),
            proposer=call.caller.name,
            kept_card=resource_id(request.kept_card, "cards", "kept_card") if request.kept_card else "",
        )
        return await self._once(call, request, lambda store: propose_merge(store, proposal, now))

    async def ApproveMerge(self, request: merge_service_pb2.ApproveMergeRequest, call: Call) -> merge_pb2.Merge:
        merge, version = resource_id(request.name, "merges", "name"), version_of(request.etag)
        by, now = call.caller.name, self._clock()
        return await self._once(call, request, lambda store: approve_merge(store, merge, version, by, now))

    async def RejectMerge(self, request: merge_service_pb2.RejectMergeRequest, call: Call) -> merge_pb2.Merge:
        merge, version = resource_id(request.name, "merges", "name"), version_of(request.etag)
        by, now = call.caller.name, self._clock()
        return await self._once(call, request, lambda store: reject_merge(store, merge, version, by, now))

    async def ProposeMergeUndo(self, request: merge_service_pb2.ProposeMergeUndoRequest, call: Call) -> merge_pb2.Merge:
        merge, version = resource_id(request.name, "merges", "name"), version_of(request.etag)
        reason, by, now = words_of(request.reason, "reason", 500, 5), call.caller.name, self._clock()
        return await self._once(call, request, lambda store: propose_undo(store, merge, version, by, reason, now))

    async def UndoMerge(self, request: merge_service_pb2.UndoMergeRequest, call: Call) -> merge_pb2.Merge:
        merge, version = resource_id(request.name, "merges", "name"), version_of(request.etag)
        by, now = call.caller.name, self._clock()
        return await self._once(call, request, lambda store: undo_merge(store, merge, version, by, now, self._book))

    async def GetMerge(self, request: merge_service_pb2.GetMergeRequest, call: Call) -> merge_pb2.Merge:
        merge = resource_id(request.name, "merges", "name")
        return _message(await self._transactions.read(lambda store: get_merge(store, merge)))

    async def ListMerges(
        self, request: merge_service_pb2.ListMergesRequest, call: Call
    ) -> merge_service_pb2.ListMergesResponse:
        page, wanted = page_of(request), parse(request.filter, _FIELDS)
        before = str(page.after[0]) if page.after is not None else None
        found = await self._transactions.read(lambda store: list_merges(store, wanted, page.size, before))
        last = (found[-1].merge,) if len(found) == page.size else None
        return merge_service_pb2.ListMergesResponse(
            merges=[_message(merge) for merge in found], next_page_token=next_page_token(request, last)
        )

    async def _once(self, call: Call, request: Mutation, work: Callable[[Store], Merge]) -> merge_pb2.Merge:
        return await self._transactions.once(
            call, request, lambda store: _message(work(store)), merge_pb2.Merge, validate_only=request.validate_only
        )


def _message(merge: Merge) -> merge_pb2.Merge:
    return merge_pb2.Merge(
        name=resource_name("merges", merge.merge),
        survivor=resource_name("people", merge.proposal.survivor),
        merged=resource_name("people", merge.proposal.merged),
        state=merge_pb2.MergeState.ValueType(enum_number(merge_pb2.MergeState, merge.state)),
        reason=merge.proposal.reason,
        case_reference=merge.proposal.case_reference,
        proposer=merge.proposal.proposer,
        decider=merge.decider,
        undo_reason=merge.undo_reason,
        undo_proposer=merge.undo_proposer,
        undo_decider=merge.undo_decider,
        create_time=timestamp(merge.create_time),
        update_time=timestamp(merge.update_time),
        etag=str(merge.version),
        kept_card=resource_name("cards", merge.proposal.kept_card),
        cancelled_card=resource_name("cards", merge.moved.cancelled_card),
    )
