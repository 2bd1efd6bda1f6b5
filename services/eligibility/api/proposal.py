"""`ProposalService`."""

from services.common.clock import Clock, bureau_date
from services.common.errors import InvalidInput
from services.common.filtering import Fields, parse
from services.common.resources import resource_id
from services.common.rpc.call import Call
from services.common.rpc.paging import next_page_token, page_of
from services.common.rpc.requests import words_of
from services.common.transactions import Transactions
from services.eligibility.api.fields import filter_date, filter_enum, filter_person, person_of, version_of
from services.eligibility.api.proposal_messages import finding_message, proposal_message, run_message
from services.eligibility.book.book import Book
from services.eligibility.cards import CardClient
from services.eligibility.facts import person_not_found
from services.eligibility.finding_run import FindingRunState
from services.eligibility.proposal import Channel, Proposal, ProposalState
from services.eligibility.seeker import Seeker, payees_for
from services.eligibility.service.finding_run import cancel_run, create_run, get_run
from services.eligibility.service.proposing import (
    approve_proposal,
    confirm_proposal,
    decline_proposal,
    get_proposal,
    reject_proposal,
)
from services.eligibility.service.store import Store
from socsec.eligibility.v1 import proposal_pb2, proposal_service_pb2


def _filter_run(text: str) -> str:
    try:
        return resource_id(text, "findingRuns", "finding_run")
    except InvalidInput as error:
        raise ValueError("findingRuns/{finding_run}") from error


_FIELDS: Fields = {
    "person": filter_person,
    "benefit": str,
    "state": filter_enum(ProposalState),
    "channel": filter_enum(Channel),
    "missing_fact": str,
    "finding_run": _filter_run,
    "expire_date": filter_date,
    "division": str,
}
_RUN_FIELDS: Fields = {"state": filter_enum(FindingRunState), "as_of_date": filter_date}


class ProposalApi:
    """Benefits that people are due and do not draw."""

    def __init__(
        self, transactions: Transactions[Store], cards: CardClient, seeker: Seeker, book: Book, clock: Clock
    ) -> None:
        self._transactions = transactions
        self._cards = cards
        self._seeker = seeker
        self._book = book
        self._clock = clock

    async def FindBenefits(
        self, request: proposal_service_pb2.FindBenefitsRequest, call: Call
    ) -> proposal_service_pb2.FindBenefitsResponse:
        person = person_of(request.person)
        known, found = await self._seeker.look([person], bureau_date(self._clock()))
        if person not in known.profiles:
            raise person_not_found(person)
        return proposal_service_pb2.FindBenefitsResponse(findings=[finding_message(one, self._book) for one in found])

    async def CreateFindingRun(
        self, request: proposal_service_pb2.CreateFindingRunRequest, call: Call
    ) -> proposal_pb2.FindingRun:
        now, by, dry_run = self._clock(), call.caller.name, request.finding_run.dry_run
        return await self._transactions.once(
            call,
            request,
            lambda store: run_message(create_run(store, bureau_date(now), dry_run, by, now)),
            proposal_pb2.FindingRun,
            validate_only=request.validate_only,
        )

    async def GetFindingRun(
        self, request: proposal_service_pb2.GetFindingRunRequest, call: Call
    ) -> proposal_pb2.FindingRun:
        name = resource_id(request.name, "findingRuns", "name")
        return run_message(await self._transactions.read(lambda store: get_run(store, name)))

    async def ListFindingRuns(
        self, request: proposal_service_pb2.ListFindingRunsRequest, call: Call
    ) -> proposal_service_pb2.ListFindingRunsResponse:
        page, wanted = page_of(request), parse(request.filter, _RUN_FIELDS)
        before = str(page.after[0]) if page.after is not None else None
        found = await self._transactions.read(lambda store: store.finding_runs.page(wanted, page.size, before))
        last = (found[-1].run,) if len(found) == page.size else None
        return proposal_service_pb2.ListFindingRunsResponse(
            finding_runs=map(run_message, found), next_page_token=next_page_token(request, last)
        )

    async def CancelFindingRun(
        self, request: proposal_service_pb2.CancelFindingRunRequest, call: Call
    ) -> proposal_pb2.FindingRun:
        name, now = resource_id(request.name, "findingRuns", "name"), self._clock()
        return await self._transactions.once(
            call,
            request,
            lambda store: run_message(cancel_run(store, name, now)),
            proposal_pb2.FindingRun,
            validate_only=request.validate_only,
        )

    async def GetProposal(self, request: proposal_service_pb2.GetProposalRequest, call: Call) -> proposal_pb2.Proposal:
        name = resource_id(request.name, "proposals", "name")
        return self._message(await self._transactions.read(lambda store: get_proposal(store, name)))

    async def ListProposals(
        self, request: proposal_service_pb2.ListProposalsRequest, call: Call
    ) -> proposal_service_pb2.ListProposalsResponse:
        page, wanted = page_of(request), parse(request.filter, _FIELDS)
        before = str(page.after[0]) if page.after is not None else None
        found = await self._transactions.read(lambda store: store.proposals.page(wanted, page.size, before))
        last = (found[-1].proposal,) if len(found) == page.size else None
        return proposal_service_pb2.ListProposalsResponse(
            proposals=map(self._message, found), next_page_token=next_page_token(request, last)
        )

    async def ConfirmProposal(
        self, request: proposal_service_pb2.ConfirmProposalRequest, call: Call
    ) -> proposal_pb2.Proposal:
        name, version, proof = _answer(request)
        by, now = call.caller.name, self._clock()
        payee = person_of(request.payee, "payee") if request.payee else ""
        if payee and payee not in await self._cards.profiles([payee]):
            raise person_not_found(payee)
        return await self._transactions.once(
            call,
            request,
            lambda store: self._message(confirm_proposal(store, name, version, proof, by, now, payee)),
            proposal_pb2.Proposal,
            validate_only=request.validate_only,
        )

    async def DeclineProposal(
        self, request: proposal_service_pb2.DeclineProposalRequest, call: Call
    ) -> proposal_pb2.Proposal:
        name, version, proof = _answer(request)
        by, now = call.caller.name, self._clock()
        return await self._transactions.once(
            call,
            request,
            lambda store: self._message(decline_proposal(store, name, version, proof, by, now)),
            proposal_pb2.Proposal,
            validate_only=request.validate_only,
        )

    async def ApproveProposal(
        self, request: proposal_service_pb2.ApproveProposalRequest, call: Call
    ) -> proposal_pb2.Proposal:
        name, version, by = resource_id(request.name, "proposals", "name"), version_of(request.etag), call.caller.name
        proposal = await self._transactions.read(lambda store: get_proposal(store, name))
        desk = self._seeker.desk()
        known, _ = await self._seeker.look([proposal.person], desk.today)
        known, payees = await payees_for(self._cards, known, proposal)
        return await self._transactions.once(
            call,
            request,
            lambda store: self._message(approve_proposal(store, desk, name, version, by, known, payees)),
            proposal_pb2.Proposal,
            validate_only=request.validate_only,
        )

    async def RejectProposal(
        self, request: proposal_service_pb2.RejectProposalRequest, call: Call
    ) -> proposal_pb2.Proposal:
        name, version = resource_id(request.name, "proposals", "name"), version_of(request.etag)
        reason, by, now = words_of(request.reason, "reason", 200, 2), call.caller.name, self._clock()
        return await self._transactions.once(
            call,
            request,
            lambda store: self._message(reject_proposal(store, name, version, reason, by, now)),
            proposal_pb2.Proposal,
            validate_only=request.validate_only,
        )

    def _message(self, proposal: Proposal) -> proposal_pb2.Proposal:
        return proposal_message(proposal, self._book)


def _answer(
    request: proposal_service_pb2.ConfirmProposalRequest | proposal_service_pb2.DeclineProposalRequest,
) -> tuple[str, int | None, str]:
    name = resource_id(request.name, "proposals", "name")
    return name, version_of(request.etag), words_of(request.proof, "proof", 200, 2)
