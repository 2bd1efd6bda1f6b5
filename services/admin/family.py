"""`ssctl ecards family`: relatives who may show the electronic card of a child or an old person (亲情服务)."""

from typing import Annotated

import typer

from services.admin.choosing import ECardName, chosen, words
from services.admin.listing import DEFAULT_LIMIT, Filter, Limit, pages
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from socsec.card.v1 import ecard_pb2, ecard_service_pb2, ecard_service_pb2_grpc

app = typer.Typer(help="Relatives who may show somebody's electronic card (亲情服务).", no_args_is_help=True)

_Delegate = Annotated[str, typer.Option("--delegate", help="people/{person} of the relative.")]


@changing(app)
async def add(
    session: Session,
    change: Change,
    ecard: ECardName,
    delegate: _Delegate,
    relation: Annotated[
        str,
        typer.Option(help=f"What the one who is helped is to the relative: {words(ecard_pb2.FamilyRelation)}."),
    ],
) -> None:
    """Let a relative show an electronic card."""
    request = ecard_service_pb2.AddFamilyDelegateRequest(
        family_delegate=ecard_pb2.FamilyDelegate(
            ecard=ecard, delegate=delegate, relation=chosen(ecard_pb2.FamilyRelation, "--relation", relation)
        ),
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _ecards(session).AddFamilyDelegate(request))


@changing(app)
async def remove(session: Session, change: Change, ecard: ECardName, delegate: _Delegate) -> None:
    """End that; removing somebody who is no delegate changes nothing."""
    request = ecard_service_pb2.RemoveFamilyDelegateRequest(
        ecard=ecard, delegate=delegate, request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _ecards(session).RemoveFamilyDelegate(request))


@reading(app, "list")
async def list_delegates(session: Session, condition: Filter = "", limit: Limit = DEFAULT_LIMIT) -> None:
    """List who may show whose electronic card. Filter fields: ecard, delegate."""
    request = ecard_service_pb2.ListFamilyDelegatesRequest(filter=condition)
    found = pages(_ecards(session).ListFamilyDelegates, request, lambda reply: reply.family_delegates, limit)
    await session.printer.many(found, ("ecard", "delegate", "relation", "create_time"))


def _ecards(session: Session) -> "ecard_service_pb2_grpc.ECardServiceAsyncStub":
    return ecard_service_pb2_grpc.ECardServiceStub(session.channel("card"))
