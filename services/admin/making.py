"""`ssctl making`: batches of cards on their way to bank and card maker, and back."""

from pathlib import Path
from typing import Annotated

import typer

from services.admin.card_kinds import card_applications, making_returns
from services.admin.choosing import chosen
from services.admin.files import Again, CsvFile, import_file
from services.admin.listing import DEFAULT_LIMIT, Filter, Limit, pages
from services.admin.outcome import ExitCode, Failed
from services.admin.output import tell
from services.admin.private_file import write_private
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from socsec.card.v1 import actor_pb2, making_pb2, making_service_pb2, making_service_pb2_grpc

app = typer.Typer(help="Cards that are made together: apply, send out, take back.", no_args_is_help=True)

BatchName = Annotated[str, typer.Argument(metavar="BATCH", help="makingBatches/{making_batch}.", show_default=False)]
Target = Annotated[Path, typer.Argument(help="New CSV file for bank and card maker.", show_default=False)]
_HEADER = ("serial", "card_no", "card_identification_code", "full_name", "identity_number", "cancelled")


@changing(app, once=False)
async def apply(
    session: Session,
    change: Change,
    file: CsvFile,
    organisation: Annotated[str, typer.Option(help="Code of the employer or school.")],
    letter: Annotated[str, typer.Option(help="Reference of its letter; agent's identity and name list were seen.")],
    school: Annotated[bool, typer.Option("--school", help="A school, not an employer.")] = False,
    again: Again = False,
) -> None:
    """Apply for the cards of an organisation's people (批量申领).

    The file's header is `identity_number,issuing_division,service_bank_code`.
    """
    shown = (actor_pb2.PROOF_KIND_LETTER, actor_pb2.PROOF_KIND_AGENT_IDENTITY, actor_pb2.PROOF_KIND_NAME_LIST)
    actor = actor_pb2.Actor(
        kind=actor_pb2.ACTOR_KIND_SCHOOL if school else actor_pb2.ACTOR_KIND_EMPLOYER,
        reference=organisation,
        proofs=[actor_pb2.Proof(kind=kind, reference=letter) for kind in shown],
    )
    await import_file(session, change, card_applications(actor), file, again=again)


@changing(app)
async def create(
    session: Session,
    change: Change,
    issuing_division: Annotated[str, typer.Option(help="Division code that issues the cards, for example 370200.")],
    service_bank_code: Annotated[str, typer.Option(help="Service bank, three digits.")],
    max_cards: Annotated[int, typer.Option(max=2**31 - 1, help="At most this many.")] = 1_000,
) -> None:
    """Put the oldest applications of a division and bank together (制卡批次)."""
    request = making_service_pb2.CreateMakingBatchRequest(
        issuing_division=issuing_division,
        service_bank_code=service_bank_code,
        max_cards=max_cards,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _making(session).CreateMakingBatch(request))


@reading(app)
async def get(session: Session, batch: BatchName) -> None:
    """Read a batch."""
    request = making_service_pb2.GetMakingBatchRequest(name=batch)
    session.printer.one(await _making(session).GetMakingBatch(request))


@reading(app, "list")
async def list_(session: Session, condition: Filter = "", limit: Limit = DEFAULT_LIMIT) -> None:
    """List batches, newest first; filter by issuing_division, service_bank_code, stage."""
    request = making_service_pb2.ListMakingBatchesRequest(filter=condition)
    found = pages(_making(session).ListMakingBatches, request, lambda reply: reply.making_batches, limit)
    shown = ("name", "stage", "card_count", "made_count", "failed_count", "cancelled_count", "create_time")
    await session.printer.many(found, shown)


@reading(app)
async def overdue(session: Session, condition: Filter = "", limit: Limit = DEFAULT_LIMIT) -> None:
    """List cards that should have been made; filter by issuing_division, service_bank_code, progress."""
    request = making_service_pb2.ListOverdueCardsRequest(filter=condition)
    found = pages(_making(session).ListOverdueCards, request, lambda reply: reply.cards, limit)
    await session.printer.many(found, ("name", "person", "progress", "making_due_date", "making_due_uncertain"))


@changing(app)
async def advance(
    session: Session,
    change: Change,
    batch: BatchName,
    stage: Annotated[str, typer.Option(help="ACCOUNTS_OPENED or PERSONALISED.")],
) -> None:
    """Note how far bank and card maker have come (制卡进度)."""
    request = making_service_pb2.AdvanceMakingBatchRequest(
        name=batch,
        stage=chosen(making_pb2.MakingStage, "--stage", stage),
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _making(session).AdvanceMakingBatch(request))


@reading(app)
async def export(session: Session, batch: BatchName, file: Target) -> None:
    """Write the lines for bank and card maker to a new file, for its owner alone: it shows people in clear."""
    request = making_service_pb2.ExportMakingBatchRequest(name=batch)
    count = await write_private(file, _HEADER, _making(session).ExportMakingBatch(request))
    tell(f"{count} lines in {file}")


@changing(app, "import", once=False)
async def import_(session: Session, change: Change, batch: BatchName, file: CsvFile, again: Again = False) -> None:
    """Take a return file in (回盘): made cards are sealed, failed ones wait for another batch."""
    await import_file(session, change, making_returns(batch, _count(file)), file, again=again)


def _making(session: Session) -> "making_service_pb2_grpc.MakingServiceAsyncStub":
    return making_service_pb2_grpc.MakingServiceStub(session.channel("card"))


def _count(file: Path) -> int:
    """Count the records of a file."""
    try:
        with file.open("rb") as lines:
            return sum(1 for line in lines if line.strip()) - 1
    except OSError as error:
        raise Failed(ExitCode.USAGE, f"{file}: {error.strerror}.") from error
