"""`ssctl pins`: the PIN of the social security function. PINs come from a file or standard input, never an argument."""

from pathlib import Path
from typing import Annotated

import typer

from services.admin.asking import ActorWord, ProofWords, the_asker
from services.admin.choosing import CardName, Etag, lines_from
from services.admin.outcome import ExitCode, Failed
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from socsec.card.v1 import pin_service_pb2, pin_service_pb2_grpc

app = typer.Typer(help="The PIN of the social security function (社保密码).", no_args_is_help=True)

_PinFile = Annotated[Path, typer.Option("--pin-file", help="File with the PIN; - for standard input.")]


@reading(app)
async def verify(session: Session, card: CardName, pin_file: _PinFile) -> None:
    """Check a PIN; exit code 1 when it is wrong. Every wrong one counts, and the last one locks the card."""
    [pin] = lines_from(pin_file, ["PIN"])
    found = await _pins(session).VerifyPin(pin_service_pb2.VerifyPinRequest(name=card, pin=pin))
    _print(session, found)


@changing(app)
async def change(
    session: Session,
    change: Change,
    card: CardName,
    pins_file: Annotated[Path, typer.Option(help="File of two lines: current PIN, new PIN; - for standard input.")],
    actor: ActorWord = "",
    proof: ProofWords = None,
) -> None:
    """Change the PIN (密码修改); exit code 1 when the current one is wrong, which counts."""
    if not change.execute:
        raise Failed(
            ExitCode.USAGE, "A PIN cannot be changed on trial, since every wrong one counts: --execute does it."
        )
    current, new = lines_from(pins_file, ["current PIN", "new PIN"])
    request = pin_service_pb2.ChangePinRequest(
        name=card,
        current_pin=current,
        new_pin=new,
        actor=the_asker(actor, proof),
        request_id=change.request_id,
    )
    _print(session, await _pins(session).ChangePin(request))


@changing(app)
async def unlock(
    session: Session,
    change: Change,
    card: CardName,
    etag: Etag = "",
    actor: ActorWord = "",
    proof: ProofWords = None,
) -> None:
    """Unlock a card whose holder remembers the PIN after all (密码解锁)."""
    request = pin_service_pb2.UnlockPinRequest(
        name=card,
        actor=the_asker(actor, proof),
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _pins(session).UnlockPin(request))


@changing(app)
async def reset(
    session: Session,
    change: Change,
    card: CardName,
    pin_file: _PinFile,
    etag: Etag = "",
    actor: ActorWord = "",
    proof: ProofWords = None,
) -> None:
    """Set a new PIN at the counter, the first one too, and unlock the card (密码重置). The holder is to change it."""
    [pin] = lines_from(pin_file, ["PIN"])
    request = pin_service_pb2.ResetPinRequest(
        name=card,
        new_pin=pin,
        actor=the_asker(actor, proof),
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _pins(session).ResetPin(request))


def _print(session: Session, found: pin_service_pb2.PinCheck) -> None:
    session.printer.one(found)
    if not found.verified:
        raise Failed(
            ExitCode.REFUSED, "The PIN is wrong, and the card is locked now." if found.locked else "The PIN is wrong."
        )


def _pins(session: Session) -> "pin_service_pb2_grpc.PinServiceAsyncStub":
    return pin_service_pb2_grpc.PinServiceStub(session.channel("card"))
