"""`ssctl proposals`: policy finds people, benefits that they are due and do not draw."""

import asyncio
from typing import Annotated

import typer

from services.admin.choosing import Etag, NumberFile, PersonName, the_person
from services.admin.listing import DEFAULT_LIMIT, Filter, Limit, pages
from services.admin.progress_bar import progress_bar
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from socsec.eligibility.v1 import proposal_pb2, proposal_service_pb2, proposal_service_pb2_grpc

app = typer.Typer(
    help="Policy finds people: benefits that they are due and do not draw, granted at once or proposed.",
    no_args_is_help=True,
)
_runs = typer.Typer(help="Passes through everybody of whom facts are on record.", no_args_is_help=True)
app.add_typer(_runs, name="run")

ProposalName = Annotated[str, typer.Argument(metavar="PROPOSAL", help="proposals/{proposal}.", show_default=False)]
RunName = Annotated[str, typer.Argument(metavar="RUN", help="findingRuns/{finding_run}.", show_default=False)]
_LOOK_SECONDS = 0.25

Proof = Annotated[str, typer.Option("--proof", help="What shows the answer, 2 to 200 characters.")]


@reading(app)
async def find(session: Session, person: PersonName = "", identity_number_file: NumberFile = None) -> None:
    """Tell all benefits that somebody is due or nearly due, and what speaks against granting each."""
    whose = await the_person(session, person, identity_number_file)
    session.printer.one(await _proposals(session).FindBenefits(proposal_service_pb2.FindBenefitsRequest(person=whose)))


@changing(_runs)
async def create(
    session: Session,
    change: Change,
    count_only: Annotated[bool, typer.Option("--count-only", help="A run that counts and changes nothing.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until it has ended.")] = False,
) -> None:
    """Look through everybody of whom facts are on record. It goes on in the service, also when ssctl ends."""
    request = proposal_service_pb2.CreateFindingRunRequest(
        finding_run=proposal_pb2.FindingRun(dry_run=count_only),
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    run = await _proposals(session).CreateFindingRun(request)
    session.printer.one(await _ended(session, run) if wait and change.execute else run)


@reading(_runs, "get")
async def get_run(
    session: Session,
    run: RunName,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until it has ended.")] = False,
) -> None:
    """Read a run: how far it is, and what it has found by benefit."""
    found = await _proposals(session).GetFindingRun(proposal_service_pb2.GetFindingRunRequest(name=run))
    session.printer.one(await _ended(session, found) if wait else found)


@reading(_runs, "list")
async def list_runs(session: Session, condition: Filter = "", limit: Limit = DEFAULT_LIMIT) -> None:
    """List runs, newest first. Filter fields: state, as_of_date."""
    request = proposal_service_pb2.ListFindingRunsRequest(filter=condition)
    found = pages(_proposals(session).ListFindingRuns, request, lambda reply: reply.finding_runs, limit)
    await session.printer.many(
        found, ("name", "dry_run", "as_of_date", "state", "examined_count", "total_count", "creator")
    )


@changing(_runs)
async def cancel(session: Session, change: Change, run: RunName) -> None:
    """Stop a run; what it did stays."""
    request = proposal_service_pb2.CancelFindingRunRequest(
        name=run, request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _proposals(session).CancelFindingRun(request))


@reading(app)
async def get(session: Session, proposal: ProposalName) -> None:
    """Read a proposal; its decision explains it (ssctl decisions explain)."""
    session.printer.one(await _proposals(session).GetProposal(proposal_service_pb2.GetProposalRequest(name=proposal)))


@reading(app, "list")
async def list_proposals(session: Session, condition: Filter = "", limit: Limit = DEFAULT_LIMIT) -> None:
    """List proposals. Fields: person, benefit, state, channel, missing_fact, finding_run, expire_date, division."""
    request = proposal_service_pb2.ListProposalsRequest(filter=condition)
    found = pages(_proposals(session).ListProposals, request, lambda reply: reply.proposals, limit)
    await session.printer.many(
        found, ("name", "person", "benefit", "monthly_amount_fen", "state", "asks", "channel", "expire_date")
    )


@changing(app)
async def confirm(
    session: Session,
    change: Change,
    proposal: ProposalName,
    proof: Proof,
    payee: Annotated[
        str, typer.Option("--payee", help="people/{person} of the family: for what is due by a death.")
    ] = "",
    etag: Etag = "",
) -> None:
    """Put the person's consent on record, or that of the family with whom of them is paid; a reviewer decides next."""
    request = proposal_service_pb2.ConfirmProposalRequest(
        name=proposal,
        proof=proof,
        payee=payee,
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _proposals(session).ConfirmProposal(request))


@changing(app)
async def decline(session: Session, change: Change, proposal: ProposalName, proof: Proof, etag: Etag = "") -> None:
    """Put on record that the person does not want it; for a time it is not proposed again."""
    request = proposal_service_pb2.DeclineProposalRequest(
        name=proposal, proof=proof, etag=etag, request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _proposals(session).DeclineProposal(request))


@changing(app)
async def approve(session: Session, change: Change, proposal: ProposalName, etag: Etag = "") -> None:
    """Grant what is proposed, paid to the account of the person's card; for a reviewer who had no hand in it."""
    request = proposal_service_pb2.ApproveProposalRequest(
        name=proposal, etag=etag, request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _proposals(session).ApproveProposal(request))


@changing(app)
async def reject(
    session: Session,
    change: Change,
    proposal: ProposalName,
    reason: Annotated[str, typer.Option("--reason", help="Why, 2 to 200 characters.")],
    etag: Etag = "",
) -> None:
    """Refuse what is proposed: it is not proposed again while nothing of it changes. For a reviewer, as approve."""
    request = proposal_service_pb2.RejectProposalRequest(
        name=proposal, reason=reason, etag=etag, request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _proposals(session).RejectProposal(request))


async def _ended(session: Session, run: proposal_pb2.FindingRun) -> proposal_pb2.FindingRun:
    """Look at a run until it has ended, with a progress bar on a terminal."""
    request = proposal_service_pb2.GetFindingRunRequest(name=run.name)
    with progress_bar(run.name) as show:
        while run.state == proposal_pb2.FINDING_RUN_STATE_RUNNING:
            show(run.examined_count, run.total_count)
            await asyncio.sleep(_LOOK_SECONDS)
            run = await _proposals(session).GetFindingRun(request)
    return run


def _proposals(session: Session) -> "proposal_service_pb2_grpc.ProposalServiceAsyncStub":
    return proposal_service_pb2_grpc.ProposalServiceStub(session.channel("eligibility"))
