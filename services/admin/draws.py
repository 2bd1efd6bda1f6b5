"""`ssctl draws`: the register of payments."""

from typing import Annotated

import typer

from services.admin.choosing import NumberFile, PersonName, any_person
from services.admin.files import add_import
from services.admin.kinds import DRAWS, REVERSALS
from services.admin.listing import DEFAULT_LIMIT, Filter, Limit, both, equal, pages
from services.admin.session import Session
from services.admin.verbs import reading
from socsec.eligibility.v1 import draw_service_pb2, draw_service_pb2_grpc

app = typer.Typer(help="Payments: recorded, reversed, listed.", no_args_is_help=True)

add_import(app, DRAWS, "import", "Record draws.")
add_import(app, REVERSALS, "reverse", "Record that draws came back or were taken back.")


@reading(app)
async def get(
    session: Session, draw: Annotated[str, typer.Argument(metavar="DRAW", help="draws/{draw}.", show_default=False)]
) -> None:
    """Read a draw."""
    session.printer.one(await _draws(session).GetDraw(draw_service_pb2.GetDrawRequest(name=draw)))


@reading(app, "list")
async def list_draws(
    session: Session,
    person: PersonName = "",
    identity_number_file: NumberFile = None,
    condition: Filter = "",
    limit: Limit = DEFAULT_LIMIT,
) -> None:
    """List draws, newest first.

    Filter fields: person, entitlement_reference, origin, scheme, benefit_month, pay_date, kind.
    """
    whose = await any_person(session, person, identity_number_file)
    request = draw_service_pb2.ListDrawsRequest(filter=both(equal("person", whose), condition))
    found = pages(_draws(session).ListDraws, request, lambda reply: reply.draws, limit)
    await session.printer.many(
        found,
        ("name", "reference", "origin", "person", "scheme", "benefit_month", "kind", "amount_fen", "reverse_date"),
    )


def _draws(session: Session) -> "draw_service_pb2_grpc.DrawServiceAsyncStub":
    return draw_service_pb2_grpc.DrawServiceStub(session.channel("eligibility"))
