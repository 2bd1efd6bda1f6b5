"""`ssctl deliveries`: cards that are sent by mail."""

from pathlib import Path
from typing import Annotated

import typer

from services.admin.asking import ActorWord, ProofWords, asked_by
from services.admin.choosing import CardName, lines_from
from services.admin.output import tell
from services.admin.private_file import write_private
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from socsec.card.v1 import delivery_service_pb2, delivery_service_pb2_grpc

app = typer.Typer(help="Cards that are sent by mail.", no_args_is_help=True)

Target = Annotated[Path, typer.Argument(help="New CSV file of labels.", show_default=False)]
_LABEL = ("card", "receiver", "phone", "address")


@changing(app)
async def request(
    session: Session,
    change: Change,
    card: CardName,
    recipient_file: Annotated[
        Path, typer.Option(help="File of three lines: receiver, phone, address; - for standard input.")
    ],
    actor: ActorWord = "",
    proof: ProofWords = None,
) -> None:
    """Ask for a card to be sent (申请邮寄)."""
    receiver, phone, address = lines_from(recipient_file, ("receiver", "phone", "address"))
    asked = delivery_service_pb2.RequestDeliveryRequest(
        card=card,
        receiver=receiver,
        phone=phone,
        address=address,
        actor=asked_by(actor, proof),
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _deliveries(session).RequestDelivery(asked))


@changing(app)
async def post(
    session: Session,
    change: Change,
    card: CardName,
    tracking_number: Annotated[str, typer.Option(help="Number by which the post finds it.")],
) -> None:
    """Record that a made card was posted (寄出)."""
    asked = delivery_service_pb2.PostCardRequest(
        card=card,
        tracking_number=tracking_number,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _deliveries(session).PostCard(asked))


@changing(app)
async def delivered(session: Session, change: Change, card: CardName) -> None:
    """Record that the receiver has the card (送达)."""
    asked = delivery_service_pb2.RecordDeliveredRequest(
        card=card, request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _deliveries(session).RecordDelivered(asked))


@changing(app)
async def undeliverable(session: Session, change: Change, card: CardName) -> None:
    """Record that the letter came back (退回)."""
    asked = delivery_service_pb2.RecordUndeliverableRequest(
        card=card, request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _deliveries(session).RecordUndeliverable(asked))


@reading(app)
async def get(session: Session, card: CardName) -> None:
    """Read a card's delivery, masked."""
    asked = delivery_service_pb2.GetDeliveryRequest(card=card)
    session.printer.one(await _deliveries(session).GetDelivery(asked))


@reading(app)
async def labels(
    session: Session,
    file: Target,
    issuing_division: Annotated[str, typer.Option(help="Division code that issued the cards, for example 370200.")],
) -> None:
    """Write labels for what waits to be posted to a new file, for its owner alone: it shows people in clear."""
    asked = delivery_service_pb2.ExportLabelsRequest(issuing_division=issuing_division)
    count = await write_private(file, _LABEL, _deliveries(session).ExportLabels(asked))
    tell(f"{count} labels in {file}")


def _deliveries(session: Session) -> "delivery_service_pb2_grpc.DeliveryServiceAsyncStub":
    return delivery_service_pb2_grpc.DeliveryServiceStub(session.channel("card"))
