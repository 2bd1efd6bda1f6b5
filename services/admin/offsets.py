"""`ssctl offsets`: what is taken off benefits for what was drawn too much."""

from typing import Annotated

import typer

from services.admin.choosing import Etag
from services.admin.listing import DEFAULT_LIMIT, Filter, Limit, pages
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from socsec.eligibility.v1 import offset_pb2, offset_service_pb2, offset_service_pb2_grpc

app = typer.Typer(
    help="Offsets: what was drawn too much, taken month by month off a benefit (Handling Regulation art. 46).",
    no_args_is_help=True,
)

OffsetName = Annotated[str, typer.Argument(metavar="OFFSET", help="offsets/{offset}.", show_default=False)]


@changing(app)
async def create(
    session: Session,
    change: Change,
    entitlement: Annotated[
        str, typer.Argument(metavar="ENTITLEMENT", help="entitlements/{entitlement}.", show_default=False)
    ],
    total_fen: Annotated[int, typer.Option(help="Fen to be taken in all.")],
    monthly_fen: Annotated[int, typer.Option(help="Fen to be taken of one month at most.")],
    floor_fen: Annotated[int, typer.Option(help="Fen of one month that are paid out at least.")],
    basis: Annotated[str, typer.Option(help="The order or agreement, for example the name of the case.")],
) -> None:
    """Order an offset; draw lists take it of each month from then on."""
    offset = offset_pb2.Offset(
        entitlement=entitlement, total_fen=total_fen, monthly_fen=monthly_fen, floor_fen=floor_fen, basis=basis
    )
    request = offset_service_pb2.CreateOffsetRequest(
        offset=offset, request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _offsets(session).CreateOffset(request))


@changing(app)
async def end(
    session: Session,
    change: Change,
    offset: OffsetName,
    reason: Annotated[str, typer.Option("--reason", help="Why, 2 to 200 characters.")],
    etag: Etag = "",
) -> None:
    """Take nothing more: the rest was returned, or the order was lifted."""
    request = offset_service_pb2.EndOffsetRequest(
        name=offset, reason=reason, etag=etag, request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _offsets(session).EndOffset(request))


@reading(app)
async def get(session: Session, offset: OffsetName) -> None:
    """Read an offset."""
    session.printer.one(await _offsets(session).GetOffset(offset_service_pb2.GetOffsetRequest(name=offset)))


@reading(app, "list")
async def list_offsets(session: Session, condition: Filter = "", limit: Limit = DEFAULT_LIMIT) -> None:
    """List offsets, newest first. Filter fields: entitlement, state."""
    request = offset_service_pb2.ListOffsetsRequest(filter=condition)
    found = pages(_offsets(session).ListOffsets, request, lambda reply: reply.offsets, limit)
    columns = ("name", "entitlement", "total_fen", "taken_fen", "monthly_fen", "floor_fen", "state", "basis")
    await session.printer.many(found, columns)


def _offsets(session: Session) -> "offset_service_pb2_grpc.OffsetServiceAsyncStub":
    return offset_service_pb2_grpc.OffsetServiceStub(session.channel("eligibility"))
