"""`ssctl draw-lists`: the monthly payment run."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import typer

from services.admin.choosing import Etag, chosen, words
from services.admin.files import Again, CsvFile, import_file
from services.admin.kinds import bank_returns
from services.admin.listing import DEFAULT_LIMIT, Filter, Limit, pages
from services.admin.private_file import write_private
from services.admin.progress_bar import pauses, progress_bar
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from socsec.eligibility.v1 import draw_list_pb2, draw_list_service_pb2, draw_list_service_pb2_grpc
from socsec.type.v1 import scheme_pb2

app = typer.Typer(
    help="Monthly payment runs (发放名册): made, released by a second person, ordered from the bank, answered.",
    no_args_is_help=True,
)

ListName = Annotated[str, typer.Argument(metavar="LIST", help="drawLists/{draw_list}.", show_default=False)]
Wait = Annotated[bool, typer.Option("--wait", help="Stay until the service has done its work on it.")]

_ORDER_COLUMNS = ("number", "draw_reference", "benefit_month", "account", "amount_fen")
_WORKING = (draw_list_pb2.DRAW_LIST_STATE_BUILDING, draw_list_pb2.DRAW_LIST_STATE_RELEASING)


@changing(app)
async def create(
    session: Session,
    change: Change,
    scheme: Annotated[str, typer.Option(help=f"One of: {words(scheme_pb2.Scheme)}.")],
    pooling_region: Annotated[str, typer.Option(help="Division code of the pooling region that pays.")],
    benefit_month: Annotated[str, typer.Option(help="The month of the regular draws, YYYY-MM.")],
    pay_date: Annotated[str, typer.Option(help="When the bank pays, YYYY-MM-DD.")],
    wait: Wait = False,
) -> None:
    """Make a list of whatever is owed; it goes on in the service, also when ssctl ends."""
    wanted = draw_list_pb2.DrawList(
        scheme=chosen(scheme_pb2.Scheme, "--scheme", scheme),
        pooling_region=pooling_region,
        benefit_month=benefit_month,
        pay_date=pay_date,
    )
    request = draw_list_service_pb2.CreateDrawListRequest(
        draw_list=wanted, request_id=change.request_id, validate_only=change.validate_only
    )
    made = await _lists(session).CreateDrawList(request)
    session.printer.one(await _done(session, made) if wait and change.execute else made)


@changing(app)
async def release(session: Session, change: Change, draw_list: ListName, etag: Etag = "", wait: Wait = False) -> None:
    """Release a list that somebody else has made: its lines become draws."""
    request = draw_list_service_pb2.ReleaseDrawListRequest(
        name=draw_list, etag=etag, request_id=change.request_id, validate_only=change.validate_only
    )
    released = await _lists(session).ReleaseDrawList(request)
    session.printer.one(await _done(session, released) if wait and change.execute else released)


@changing(app)
async def cancel(session: Session, change: Change, draw_list: ListName, etag: Etag = "") -> None:
    """Give up a list that was not released."""
    request = draw_list_service_pb2.CancelDrawListRequest(
        name=draw_list, etag=etag, request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _lists(session).CancelDrawList(request))


@changing(app, "returns", once=False)
async def import_returns(
    session: Session, change: Change, draw_list: ListName, file: CsvFile, again: Again = False
) -> None:
    """Take in the bank's return file; what could not be paid is reversed and on the next list.

    The file's header is `number,amount_fen,result,return_date,reason,draw_reference`. Refused records go to
    FILE.rejects.csv; an import that was interrupted goes on where it stopped.
    """
    await import_file(session, change, bank_returns(draw_list), file, again=again)


@reading(app)
async def get(session: Session, draw_list: ListName, wait: Wait = False) -> None:
    """Read a list."""
    found = await _lists(session).GetDrawList(draw_list_service_pb2.GetDrawListRequest(name=draw_list))
    session.printer.one(await _done(session, found) if wait else found)


@reading(app, "list")
async def list_draw_lists(session: Session, condition: Filter = "", limit: Limit = DEFAULT_LIMIT) -> None:
    """List draw lists, newest first. Filter fields: scheme, pooling_region, benefit_month, state."""
    request = draw_list_service_pb2.ListDrawListsRequest(filter=condition)
    found = pages(_lists(session).ListDrawLists, request, lambda reply: reply.draw_lists, limit)
    columns = ("name", "scheme", "pooling_region", "benefit_month", "pay_date", "state")
    await session.printer.many(found, (*columns, "line_count", "held_count", "paid_count", "returned_count"))


@reading(app)
async def lines(session: Session, draw_list: ListName, condition: Filter = "", limit: Limit = DEFAULT_LIMIT) -> None:
    """List the lines of a list.

    Filter fields: person, entitlement_reference, benefit_month, kind, state, hold_reason.
    """
    request = draw_list_service_pb2.ListDrawLinesRequest(parent=draw_list, filter=condition)
    found = pages(_lists(session).ListDrawLines, request, lambda reply: reply.draw_lines, limit)
    columns = ("number", "entitlement_reference", "person", "benefit_month", "kind", "amount_fen")
    await session.printer.many(found, (*columns, "state", "hold_reason", "return_reason"))


@reading(app)
async def export(
    session: Session,
    draw_list: ListName,
    file: Annotated[Path, typer.Argument(help="New CSV file for the bank; it shows accounts in clear.")],
) -> None:
    """Write the orders of a released list to a file that only its owner can read."""
    request = draw_list_service_pb2.ExportBankOrdersRequest(name=draw_list)

    async def orders() -> AsyncIterator[draw_list_pb2.BankOrder]:
        async for some in _lists(session).ExportBankOrders(request):
            for order in some.orders:
                yield order

    session.printer.record({"file": str(file), "orders": await write_private(file, _ORDER_COLUMNS, orders())})


async def _done(session: Session, draw_list: draw_list_pb2.DrawList) -> draw_list_pb2.DrawList:
    """Look at a list until the service is not at work on it."""
    request = draw_list_service_pb2.GetDrawListRequest(name=draw_list.name)
    pause = pauses()
    with progress_bar(draw_list.name) as show:
        while draw_list.state in _WORKING:
            if draw_list.state == draw_list_pb2.DRAW_LIST_STATE_RELEASING:
                show(draw_list.released_count, draw_list.line_count - draw_list.held_count)
            await asyncio.sleep(next(pause))
            draw_list = await _lists(session).GetDrawList(request)
    return draw_list


def _lists(session: Session) -> "draw_list_service_pb2_grpc.DrawListServiceAsyncStub":
    return draw_list_service_pb2_grpc.DrawListServiceStub(session.channel("eligibility"))
