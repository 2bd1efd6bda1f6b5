"""`ssctl cards`, second part: what happens to a card between its issue and its end, and who did it."""

from pathlib import Path
from typing import Annotated

import typer

from services.admin.asking import OPERATION_COLUMNS, ActorWord, ProofWords, asked_by
from services.admin.choosing import CardName, Etag, chosen, lines_from, words
from services.admin.listing import DEFAULT_LIMIT, Limit, pages
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from socsec.card.v1 import card_pb2, card_upkeep_service_pb2, card_upkeep_service_pb2_grpc

app = typer.Typer()


@changing(app)
async def renew(
    session: Session,
    change: Change,
    card: CardName,
    reason: Annotated[str, typer.Option(help="DAMAGED or EXPIRING.")],
    etag: Etag = "",
    actor: ActorWord = "",
    proof: ProofWords = None,
) -> None:
    """Take a damaged or expiring card in and apply for its successor (换领), which is printed.

    Needs --proof old-card.
    """
    request = card_upkeep_service_pb2.RenewCardRequest(
        name=card,
        reason=chosen(card_pb2.SuccessionReason, "--reason", reason),
        actor=asked_by(actor, proof),
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _upkeep(session).RenewCard(request))


@changing(app)
async def reissue(
    session: Session,
    change: Change,
    card: CardName,
    reason: Annotated[str, typer.Option(help="NAME, NUMBER, PHOTO or BANK.")],
    service_bank_code: Annotated[str, typer.Option(help="The new bank, three digits, when the bank changes.")] = "",
    etag: Etag = "",
    actor: ActorWord = "",
    proof: ProofWords = None,
) -> None:
    """Take a card in whose key data changed and apply for its successor (换发), which is printed.

    Needs --proof old-card and --proof key-data.
    """
    request = card_upkeep_service_pb2.ReissueCardRequest(
        name=card,
        reason=chosen(card_pb2.SuccessionReason, "--reason", reason),
        service_bank_code=service_bank_code,
        actor=asked_by(actor, proof),
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _upkeep(session).ReissueCard(request))


@changing(app, "change-contact")
async def change_contact(
    session: Session,
    change: Change,
    card: CardName,
    contact_file: Annotated[Path, typer.Option(help="File of one or two lines: phone, address; - for standard input.")],
    etag: Etag = "",
    actor: ActorWord = "",
    proof: ProofWords = None,
) -> None:
    """Change how the holder is reached (非关键信息变更): no new card. An address that is left out is forgotten."""
    phone, address = lines_from(contact_file, ["phone"], "address")
    request = card_upkeep_service_pb2.ChangeContactRequest(
        name=card,
        contact=card_upkeep_service_pb2.Contact(phone=phone, address=address),
        actor=asked_by(actor, proof),
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _upkeep(session).ChangeContact(request))


@reading(app)
async def contact(session: Session, card: CardName) -> None:
    """Read how the holder is reached, masked."""
    request = card_upkeep_service_pb2.GetContactRequest(name=card)
    session.printer.one(await _upkeep(session).GetContact(request))


@changing(app)
async def bank(
    session: Session,
    change: Change,
    card: CardName,
    told: Annotated[
        str, typer.Option("--change", help=f"What the bank tells: {words(card_upkeep_service_pb2.BankChange)}.")
    ],
    etag: Etag = "",
    actor: ActorWord = "",
    proof: ProofWords = None,
) -> None:
    """Record what the bank tells of its function; repeating it changes nothing."""
    request = card_upkeep_service_pb2.RecordBankFunctionRequest(
        name=card,
        change=chosen(card_upkeep_service_pb2.BankChange, "--change", told),
        actor=asked_by(actor, proof),
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _upkeep(session).RecordBankFunction(request))


@changing(app, "issue-temporary")
async def issue_temporary(
    session: Session,
    change: Change,
    card: CardName,
    etag: Etag = "",
    actor: ActorWord = "",
    proof: ProofWords = None,
) -> None:
    """Give a temporary card out while the card is made (发放临时卡)."""
    request = card_upkeep_service_pb2.IssueTemporaryCardRequest(
        name=card,
        actor=asked_by(actor, proof),
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _upkeep(session).IssueTemporaryCard(request))


@changing(app, "return-temporary")
async def return_temporary(
    session: Session,
    change: Change,
    card: CardName,
    etag: Etag = "",
    actor: ActorWord = "",
    proof: ProofWords = None,
) -> None:
    """Take a temporary card in before its time (交回临时卡); collecting the real card does that by itself."""
    request = card_upkeep_service_pb2.ReturnTemporaryCardRequest(
        name=card,
        actor=asked_by(actor, proof),
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _upkeep(session).ReturnTemporaryCard(request))


@reading(app)
async def operations(session: Session, card: CardName, limit: Limit = DEFAULT_LIMIT) -> None:
    """List what was done to a card and by whom, newest first."""
    request = card_upkeep_service_pb2.ListCardOperationsRequest(name=card)
    found = pages(_upkeep(session).ListCardOperations, request, lambda reply: reply.operations, limit)
    await session.printer.many(found, OPERATION_COLUMNS)


def _upkeep(session: Session) -> "card_upkeep_service_pb2_grpc.CardUpkeepServiceAsyncStub":
    return card_upkeep_service_pb2_grpc.CardUpkeepServiceStub(session.channel("card"))
