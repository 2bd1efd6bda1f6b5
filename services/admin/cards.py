"""`ssctl cards`: social security cards through their life."""

from pathlib import Path
from typing import Annotated

import typer

from services.admin import register, upkeep
from services.admin.asking import ActorWord, ProofWords, asked_by
from services.admin.card_kinds import cards, existing_cards
from services.admin.choosing import (
    CardName,
    Etag,
    NumberFile,
    PersonName,
    any_person,
    chosen,
    secret_from,
    the_person,
    words,
)
from services.admin.files import add_import_with_papers
from services.admin.listing import DEFAULT_LIMIT, Filter, Limit, both, equal, pages
from services.admin.outcome import ExitCode, Failed
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from socsec.card.v1 import card_pb2, card_service_pb2, card_service_pb2_grpc

app = typer.Typer(help="Social security cards through their life.", no_args_is_help=True)

add_import_with_papers(app, cards, "import", "Issue cards: applied for, made, collected and enabled in one step.")
add_import_with_papers(
    app, existing_cards, "import-existing", "Take cards of another register over: numbers, status, dates."
)
app.add_typer(upkeep.app)
app.add_typer(register.app)


@changing(app)
async def apply(
    session: Session,
    change: Change,
    issuing_division: Annotated[str, typer.Option(help="Division code that issues the card, for example 370200.")],
    service_bank_code: Annotated[str, typer.Option(help="Service bank, three digits.")],
    person: PersonName = "",
    identity_number_file: NumberFile = None,
    actor: ActorWord = "",
    proof: ProofWords = None,
) -> None:
    """Apply for a card (申领)."""
    request = card_service_pb2.ApplyCardRequest(
        person=await the_person(session, person, identity_number_file),
        issuing_division=issuing_division,
        service_bank_code=service_bank_code,
        actor=asked_by(actor, proof),
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _cards(session).ApplyCard(request))


@changing(app)
async def make(
    session: Session,
    change: Change,
    card: CardName,
    bank_account_file: Annotated[Path, typer.Option(help="File with the debit account; - for standard input.")],
    issue_date: Annotated[str, typer.Option(help="First day of validity, YYYY-MM-DD; else today.")] = "",
    etag: Etag = "",
) -> None:
    """Record that a card was personalised (制卡, 回盘)."""
    request = card_service_pb2.MakeCardRequest(
        name=card,
        bank_account=secret_from(bank_account_file, "account"),
        issue_date=issue_date,
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _cards(session).MakeCard(request))


@changing(app)
async def collect(
    session: Session,
    change: Change,
    card: CardName,
    etag: Etag = "",
    actor: ActorWord = "",
    proof: ProofWords = None,
) -> None:
    """Hand a made card out (领卡)."""
    request = card_service_pb2.CollectCardRequest(
        name=card,
        actor=asked_by(actor, proof),
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _cards(session).CollectCard(request))


@changing(app)
async def enable(
    session: Session,
    change: Change,
    card: CardName,
    etag: Etag = "",
    actor: ActorWord = "",
    proof: ProofWords = None,
) -> None:
    """Enable the social security function of a collected card (启用)."""
    request = card_service_pb2.EnableCardRequest(
        name=card,
        actor=asked_by(actor, proof),
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _cards(session).EnableCard(request))


@changing(app, "report-loss")
async def report_loss(
    session: Session,
    change: Change,
    card: CardName,
    kind: Annotated[str, typer.Option(help=f"One of: {words(card_pb2.LossKind)}.")],
    etag: Etag = "",
    actor: ActorWord = "",
    proof: ProofWords = None,
) -> None:
    """Report a card lost (挂失): provisionally, which lapses by itself, or formally."""
    request = card_service_pb2.ReportLossRequest(
        name=card,
        kind=chosen(card_pb2.LossKind, "--kind", kind),
        etag=etag,
        actor=asked_by(actor, proof),
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _cards(session).ReportLoss(request))


@changing(app, "cancel-loss")
async def cancel_loss(
    session: Session,
    change: Change,
    card: CardName,
    etag: Etag = "",
    actor: ActorWord = "",
    proof: ProofWords = None,
) -> None:
    """Cancel a loss report (解挂); the card returns to the status it had before."""
    request = card_service_pb2.CancelLossRequest(
        name=card,
        actor=asked_by(actor, proof),
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _cards(session).CancelLoss(request))


@changing(app)
async def replace(
    session: Session,
    change: Change,
    card: CardName,
    etag: Etag = "",
    actor: ActorWord = "",
    proof: ProofWords = None,
) -> None:
    """Cancel a formally lost card and apply for its successor (补领), which is printed."""
    request = card_service_pb2.ReplaceCardRequest(
        name=card,
        actor=asked_by(actor, proof),
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _cards(session).ReplaceCard(request))


@changing(app)
async def cancel(
    session: Session,
    change: Change,
    card: CardName,
    reason: Annotated[str, typer.Option(help="DEATH, EMIGRATION or HOLDER_REQUEST.")],
    etag: Etag = "",
    actor: ActorWord = "",
    proof: ProofWords = None,
) -> None:
    """Cancel a card for good (注销)."""
    request = card_service_pb2.CancelCardRequest(
        name=card,
        reason=chosen(card_pb2.CancelReason, "--reason", reason),
        etag=etag,
        actor=asked_by(actor, proof),
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _cards(session).CancelCard(request))


@reading(app)
async def get(session: Session, card: CardName) -> None:
    """Read a card."""
    session.printer.one(await _cards(session).GetCard(card_service_pb2.GetCardRequest(name=card)))


@reading(app, "list")
async def list_cards(
    session: Session,
    person: PersonName = "",
    identity_number_file: NumberFile = None,
    condition: Filter = "",
    limit: Limit = DEFAULT_LIMIT,
) -> None:
    """List cards, newest first. Filter fields: person, status, progress, issuing_division, issue_date."""
    holder = await any_person(session, person, identity_number_file)
    request = card_service_pb2.ListCardsRequest(filter=both(equal("person", holder), condition))
    found = pages(_cards(session).ListCards, request, lambda reply: reply.cards, limit)
    await session.printer.many(found, ("name", "person", "status", "progress", "card_no", "issue_date", "expire_date"))


@reading(app)
async def verify(
    session: Session,
    card_no: Annotated[str, typer.Option(help="Card number of 9 characters.")] = "",
    card_identification_code: Annotated[str, typer.Option(help="Or the identification code, 32 characters.")] = "",
    with_applications: Annotated[
        bool, typer.Option("--with-applications", help="Tell also for which applications it may be used.")
    ] = False,
) -> None:
    """Tell whether a card is good for use now; exit code 1 when it is not. Never says why."""
    request = card_service_pb2.VerifyCardRequest(
        card_no=card_no,
        card_identification_code=card_identification_code,
        with_applications=with_applications,
    )
    reply = await _cards(session).VerifyCard(request)
    session.printer.one(reply)
    if not reply.valid:
        raise Failed(ExitCode.REFUSED, "The card is not valid.")


def _cards(session: Session) -> "card_service_pb2_grpc.CardServiceAsyncStub":
    return card_service_pb2_grpc.CardServiceStub(session.channel("card"))
