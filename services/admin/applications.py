"""`ssctl applications`: what the card is used for beside social security, and what terminals ask (居民服务一卡通)."""

from typing import Annotated

import typer

from services.admin.asking import ActorWord, ProofWords, asked_by
from services.admin.choosing import CardName, Etag, chosen, code_from, words
from services.admin.listing import DEFAULT_LIMIT, Limit, pages
from services.admin.outcome import ExitCode, Failed
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from socsec.card.v1 import application_pb2, application_service_pb2, application_service_pb2_grpc

app = typer.Typer(help="One-card applications: metro, library, subsidy.", no_args_is_help=True)

_Code = Annotated[
    str, typer.Argument(metavar="APPLICATION", help="Its code, for example qd-metro.", show_default=False)
]
_Domain = Annotated[str, typer.Option("--domain", help=f"One of: {words(application_pb2.ApplicationDomain)}.")]
_Need = Annotated[
    str, typer.Option("--need", help=f"What of a card it needs: {words(application_pb2.ApplicationNeed)}.")
]
_Owner = Annotated[str, typer.Option("--owner", help="Who runs it, in words.")]
_From = Annotated[str, typer.Option("--enabled-from", help="First day on which it is offered, YYYY-MM-DD.")]
_To = Annotated[str, typer.Option("--enabled-to", help="Last day; else without end.")]
_COLUMNS = ("code", "domain", "need", "enabled_from", "enabled_to", "token_bit", "owner")
_OPEN_COLUMNS = ("usable", *(f"application.{column}" for column in _COLUMNS))


@changing(app)
async def create(
    session: Session,
    change: Change,
    application: _Code,
    domain: _Domain,
    need: _Need,
    owner: _Owner,
    enabled_from: _From,
    enabled_to: _To = "",
) -> None:
    """Add an application to the catalogue."""
    request = application_service_pb2.CreateApplicationRequest(
        application=_described(application, domain, need, owner, enabled_from, enabled_to),
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _applications(session).CreateApplication(request))


@changing(app)
async def change(
    session: Session,
    change: Change,
    application: _Code,
    domain: _Domain,
    need: _Need,
    owner: _Owner,
    enabled_from: _From,
    enabled_to: _To = "",
    etag: Etag = "",
) -> None:
    """Change what the catalogue says of an application, all of it; what is open on cards stays open."""
    request = application_service_pb2.ChangeApplicationRequest(
        application=_described(application, domain, need, owner, enabled_from, enabled_to),
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _applications(session).ChangeApplication(request))


@changing(app)
async def end(
    session: Session,
    change: Change,
    application: _Code,
    last_day: Annotated[str, typer.Option(help="Last day on which it is offered, YYYY-MM-DD; else today.")] = "",
    etag: Etag = "",
) -> None:
    """End an application: after its last day it is opened on no card, and no terminal takes it."""
    request = application_service_pb2.EndApplicationRequest(
        application=application,
        last_day=last_day,
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _applications(session).EndApplication(request))


@reading(app, "list")
async def list_applications(session: Session, limit: Limit = DEFAULT_LIMIT) -> None:
    """List the catalogue in the order of codes."""
    request = application_service_pb2.ListApplicationsRequest()
    found = pages(_applications(session).ListApplications, request, lambda reply: reply.applications, limit)
    await session.printer.many(found, _COLUMNS)


@changing(app, "open")
async def open_application(
    session: Session,
    change: Change,
    application: _Code,
    card: CardName,
    actor: ActorWord = "",
    proof: ProofWords = None,
) -> None:
    """Open an application on a card that has what it needs; repeating it changes nothing."""
    request = application_service_pb2.OpenApplicationRequest(
        card=card,
        application=application,
        actor=asked_by(actor, proof),
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _applications(session).OpenApplication(request))


@changing(app)
async def close(
    session: Session,
    change: Change,
    application: _Code,
    card: CardName,
    actor: ActorWord = "",
    proof: ProofWords = None,
) -> None:
    """Close an application on a card; closing what is not open changes nothing."""
    request = application_service_pb2.CloseApplicationRequest(
        card=card,
        application=application,
        actor=asked_by(actor, proof),
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _applications(session).CloseApplication(request))


@reading(app, "list-open")
async def list_open(session: Session, card: CardName, limit: Limit = DEFAULT_LIMIT) -> None:
    """List what is open on a card, and whether it may be used today."""
    request = application_service_pb2.ListOpenApplicationsRequest(card=card)
    found = pages(_applications(session).ListOpenApplications, request, lambda reply: reply.open_applications, limit)
    await session.printer.many(found, _OPEN_COLUMNS)


@reading(app)
async def check(
    session: Session,
    application: _Code,
    card_no: Annotated[str, typer.Option(help="Card number of 9 characters.")] = "",
    card_identification_code: Annotated[str, typer.Option(help="Or the identification code, 32 characters.")] = "",
    token: Annotated[str, typer.Option(help="Or the text of an electronic card's QR code; - for standard input.")] = "",
) -> None:
    """Tell as a terminal is told whether a card is good for an application; exit code 1 when not. Never says why."""
    request = application_service_pb2.CheckApplicationRequest(
        application=application,
        card_no=card_no,
        card_identification_code=card_identification_code,
        token=code_from(token),
    )
    reply = await _applications(session).CheckApplication(request)
    session.printer.one(reply)
    if not reply.valid:
        raise Failed(ExitCode.REFUSED, "The card is not good for this application.")


@reading(app, "verify-cryptogram")
async def verify_cryptogram(
    session: Session,
    card_identification_code: Annotated[str, typer.Option(help="What the chip gave, 32 characters.")],
    challenge: Annotated[str, typer.Option(help="The terminal's random bytes, 32 hexadecimal digits.")],
    cryptogram: Annotated[str, typer.Option(help="What the chip answered, 32 hexadecimal digits.")],
) -> None:
    """Tell whether the chip of a good card computed a cryptogram (内部认证); exit code 1 when not."""
    request = application_service_pb2.VerifyCryptogramRequest(
        card_identification_code=card_identification_code,
        challenge=_bytes("--challenge", challenge),
        cryptogram=_bytes("--cryptogram", cryptogram),
    )
    reply = await _applications(session).VerifyCryptogram(request)
    session.printer.one(reply)
    if not reply.authentic:
        raise Failed(ExitCode.REFUSED, "No chip of a good card has answered.")


def _described(
    code: str, domain: str, need: str, owner: str, enabled_from: str, enabled_to: str
) -> application_pb2.OneCardApplication:
    return application_pb2.OneCardApplication(
        code=code,
        domain=chosen(application_pb2.ApplicationDomain, "--domain", domain),
        owner=owner,
        need=chosen(application_pb2.ApplicationNeed, "--need", need),
        enabled_from=enabled_from,
        enabled_to=enabled_to,
    )


def _bytes(option: str, text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise Failed(ExitCode.USAGE, f"{option} is written in hexadecimal digits.") from error


def _applications(session: Session) -> "application_service_pb2_grpc.ApplicationServiceAsyncStub":
    return application_service_pb2_grpc.ApplicationServiceStub(session.channel("card"))
