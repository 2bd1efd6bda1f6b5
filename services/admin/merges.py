"""`ssctl merges`: two records that are one person, proposed by one and decided by another (四眼)."""

from typing import Annotated

import typer

from services.admin.choosing import Etag
from services.admin.listing import DEFAULT_LIMIT, Filter, Limit, pages
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from socsec.card.v1 import merge_service_pb2, merge_service_pb2_grpc

app = typer.Typer(help="Two records that are one person: proposed, decided by a second one.", no_args_is_help=True)

_MergeName = Annotated[str, typer.Argument(metavar="MERGE", help="merges/{merge}.", show_default=False)]
_Reason = Annotated[str, typer.Option("--reason", help="Why, in words, 5 to 500 characters.")]


@changing(app)
async def propose(
    session: Session,
    change: Change,
    survivor: Annotated[str, typer.Option(help="people/{person} whose record stands for both.")],
    merged: Annotated[str, typer.Option(help="people/{person} whose record is merged into it.")],
    reason: _Reason,
    case_reference: Annotated[str, typer.Option(help="Number of the case or file.")],
    kept_card: Annotated[
        str, typer.Option(help="cards/{card} that stays when both have a live one; the other is cancelled.")
    ] = "",
) -> None:
    """Propose to merge two records; nothing changes before a reviewer approves."""
    request = merge_service_pb2.ProposeMergeRequest(
        survivor=survivor,
        merged=merged,
        reason=reason,
        case_reference=case_reference,
        kept_card=kept_card,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _merges(session).ProposeMerge(request))


@changing(app)
async def approve(session: Session, change: Change, merge: _MergeName, etag: Etag = "") -> None:
    """Merge the two, as a reviewer: both names and all numbers then mean the survivor."""
    request = merge_service_pb2.ApproveMergeRequest(
        name=merge, etag=etag, request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _merges(session).ApproveMerge(request))


@changing(app)
async def reject(session: Session, change: Change, merge: _MergeName, etag: Etag = "") -> None:
    """Reject a proposal, as a reviewer."""
    request = merge_service_pb2.RejectMergeRequest(
        name=merge, etag=etag, request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _merges(session).RejectMerge(request))


@changing(app, "propose-undo")
async def propose_undo(session: Session, change: Change, merge: _MergeName, reason: _Reason, etag: Etag = "") -> None:
    """Propose to undo a merge: the two are not one after all."""
    request = merge_service_pb2.ProposeMergeUndoRequest(
        name=merge, reason=reason, etag=etag, request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _merges(session).ProposeMergeUndo(request))


@changing(app)
async def undo(session: Session, change: Change, merge: _MergeName, etag: Etag = "") -> None:
    """Undo a merge, as a reviewer: two people again."""
    request = merge_service_pb2.UndoMergeRequest(
        name=merge, etag=etag, request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _merges(session).UndoMerge(request))


@reading(app)
async def get(session: Session, merge: _MergeName) -> None:
    """Read a merge, from its proposal to its end."""
    session.printer.one(await _merges(session).GetMerge(merge_service_pb2.GetMergeRequest(name=merge)))


@reading(app, "list")
async def list_merges(session: Session, condition: Filter = "", limit: Limit = DEFAULT_LIMIT) -> None:
    """List merges, newest first. Filter fields: survivor, merged, state."""
    request = merge_service_pb2.ListMergesRequest(filter=condition)
    found = pages(_merges(session).ListMerges, request, lambda reply: reply.merges, limit)
    await session.printer.many(found, ("name", "state", "survivor", "merged", "case_reference", "create_time"))


def _merges(session: Session) -> "merge_service_pb2_grpc.MergeServiceAsyncStub":
    return merge_service_pb2_grpc.MergeServiceStub(session.channel("card"))
