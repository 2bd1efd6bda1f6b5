"""`ssctl ecards`: electronic cards, their codes, and what a device needs to check these without a network."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from services.admin import family
from services.admin.card_kinds import ECARDS
from services.admin.choosing import (
    ECardName,
    Etag,
    NumberFile,
    PersonName,
    any_person,
    code_from,
    lines_from,
    secret_from,
)
from services.admin.files import add_import
from services.admin.outcome import ExitCode, Failed
from services.admin.output import tell
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from services.common.ecard_token import held_list
from services.common.ecard_token.cbor import Malformed
from services.common.ecard_token.keys import Forged, KeySet, UnknownKey
from services.common.ecard_token.verifier import Verifier
from socsec.card.v1 import (
    ecard_password_service_pb2,
    ecard_password_service_pb2_grpc,
    ecard_service_pb2,
    ecard_service_pb2_grpc,
    pin_service_pb2,
)

_PasswordFile = Annotated[Path, typer.Option("--password-file", help="File with the password; - for standard input.")]
app = typer.Typer(help="Electronic cards and their codes.", no_args_is_help=True)

add_import(app, ECARDS, "import", "Issue electronic cards to many people; who has one counts as repeated.")
app.add_typer(family.app, name="family")
Code = Annotated[str, typer.Argument(metavar="TOKEN", help="Text of the QR code; - for standard input.")]
KeysFile = Annotated[Path, typer.Option("--keys", help="File of the issuer's public keys, a COSE key set.")]
ListFile = Annotated[Path, typer.Option("--status-list", help="File of the status list and its deltas.")]


@changing(app)
async def issue(
    session: Session, change: Change, person: Annotated[str, typer.Argument(help="people/{person}.")]
) -> None:
    """Issue a person's electronic card (一级签发)."""
    request = ecard_service_pb2.IssueECardRequest(
        person=person, request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _ecards(session).IssueECard(request))


@changing(app)
async def upgrade(
    session: Session,
    change: Change,
    ecard: ECardName,
    phone_file: Annotated[
        Path, typer.Option(help="File with the phone number that the bank has reserved; - for standard input.")
    ],
    etag: Etag = "",
) -> None:
    """Raise it to level 2 (二级签发): the card's bank account is activated."""
    request = ecard_service_pb2.UpgradeECardRequest(
        name=ecard,
        phone=secret_from(phone_file, "phone number"),
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _ecards(session).UpgradeECard(request))


@changing(app, "set-password")
async def set_password(
    session: Session,
    change: Change,
    ecard: ECardName,
    password_file: _PasswordFile,
    proof: Annotated[str, typer.Option(help="How the holder proved who they are, 5 to 200 characters.")],
) -> None:
    """Set its password, the first one or after it was forgotten or locked (电子社保卡密码)."""
    request = ecard_password_service_pb2.SetECardPasswordRequest(
        name=ecard,
        new_password=secret_from(password_file, "password"),
        proof=proof,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _passwords(session).SetECardPassword(request))


@changing(app, "change-password")
async def change_password(
    session: Session,
    change: Change,
    ecard: ECardName,
    passwords_file: Annotated[
        Path, typer.Option(help="File of two lines: current password, new password; - for standard input.")
    ],
) -> None:
    """Change its password; exit code 1 when the current one is wrong, which counts."""
    if not change.execute:
        raise Failed(
            ExitCode.USAGE, "A password cannot be changed on trial, since every wrong one counts: --execute does it."
        )
    current, new = lines_from(passwords_file, ["current password", "new password"])
    request = ecard_password_service_pb2.ChangeECardPasswordRequest(
        name=ecard, current_password=current, new_password=new, request_id=change.request_id
    )
    _checked(session, await _passwords(session).ChangeECardPassword(request))


@reading(app, "verify-password")
async def verify_password(session: Session, ecard: ECardName, password_file: _PasswordFile) -> None:
    """Check its password; exit code 1 when it is wrong. Every wrong one counts, and the last one locks it."""
    request = ecard_password_service_pb2.VerifyECardPasswordRequest(
        name=ecard, password=secret_from(password_file, "password")
    )
    _checked(session, await _passwords(session).VerifyECardPassword(request))


@changing(app, "authorize-use")
async def authorize_use(
    session: Session,
    change: Change,
    ecard: ECardName,
    proof: Annotated[str, typer.Option(help="How the holder was known and agreed, 5 to 200 characters.")],
    etag: Etag = "",
) -> None:
    """Let the holder use it while the physical card is provisionally lost; ends with that loss."""
    request = ecard_service_pb2.AuthorizeUseRequest(
        name=ecard, proof=proof, etag=etag, request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _ecards(session).AuthorizeUse(request))


@reading(app)
async def get(
    session: Session,
    ecard: Annotated[str, typer.Argument(metavar="[ECARD]", help="ecards/{ecard}, or say whose it is.")] = "",
    person: PersonName = "",
    identity_number_file: NumberFile = None,
) -> None:
    """Read an electronic card, by its name or its holder."""
    holder = await any_person(session, person, identity_number_file)
    if bool(ecard) == bool(holder):
        raise Failed(ExitCode.USAGE, "Give ECARD, --person or --identity-number-file: one of them.")
    request = ecard_service_pb2.GetECardRequest(name=ecard, person=holder)
    session.printer.one(await _ecards(session).GetECard(request))


@reading(app)
async def token(
    session: Session,
    ecard: ECardName,
    delegate: Annotated[str, typer.Option(help="people/{person} of the relative who shows it.")] = "",
) -> None:
    """Make the code that is shown for the next minute."""
    request = ecard_service_pb2.IssueTokenRequest(name=ecard, delegate=delegate)
    session.printer.one(await _ecards(session).IssueToken(request))


@changing(app)
async def redeem(session: Session, change: Change, code: Code) -> None:
    """Check a code online and use it up."""
    request = ecard_service_pb2.RedeemTokenRequest(
        token=code_from(code), request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _ecards(session).RedeemToken(request))


@reading(app)
async def fetch(session: Session, keys: KeysFile, status_list: ListFile) -> None:
    """Bring the files of a device up to date: keys, and the status list or only what changed."""
    ecards = _ecards(session)
    published = await ecards.GetTokenKeys(ecard_service_pb2.GetTokenKeysRequest())
    accepted = KeySet.from_cose(published.cose_key_set)
    parts, since = _held(status_list, accepted)
    reply = await ecards.GetStatusList(ecard_service_pb2.GetStatusListRequest(since_version=since))
    parts = [reply.status_list, reply.delta] if reply.status_list else [*parts, reply.delta]
    held = held_list.open_parts(parts, accepted)
    _replace(keys, published.cose_key_set)
    _replace(status_list, held_list.write(parts))
    tell(f"version {held.version}, good until {held.expire_time:%Y-%m-%d %H:%M} UTC")


@app.command()
def verify(
    code: Code,
    keys: KeysFile,
    status_list: ListFile,
    application_bit: Annotated[
        int | None, typer.Option(min=0, max=61, help="token_bit of the one-card application that must be open.")
    ] = None,
) -> None:
    """Check a code without a network; prints VALID or the reason, exit code 1 when it is refused."""
    try:
        accepted = KeySet.from_cose(keys.read_bytes())
        held = held_list.open_parts(held_list.parts_of(status_list.read_bytes()), accepted)
    except OSError as error:
        tell(f"{error.filename}: {error.strerror}; ssctl ecards fetch writes the files.")
        raise typer.Exit(ExitCode.USAGE) from error
    except (Malformed, UnknownKey, Forged) as error:
        tell("The files are not those of one issuer, or were changed; ssctl ecards fetch writes them anew.")
        raise typer.Exit(ExitCode.USAGE) from error
    verdict = Verifier(accepted, [held]).verify(code_from(code), datetime.now(UTC), application_bit)
    typer.echo(verdict.refusal or "VALID")
    if not verdict.valid:
        raise typer.Exit(ExitCode.REFUSED)


def _checked(session: Session, found: pin_service_pb2.PinCheck) -> None:
    session.printer.one(found)
    if not found.verified:
        locked = "The password is wrong, and locked now."
        raise Failed(ExitCode.REFUSED, locked if found.locked else "The password is wrong.")


def _passwords(session: Session) -> "ecard_password_service_pb2_grpc.ECardPasswordServiceAsyncStub":
    return ecard_password_service_pb2_grpc.ECardPasswordServiceStub(session.channel("card"))


def _ecards(session: Session) -> "ecard_service_pb2_grpc.ECardServiceAsyncStub":
    return ecard_service_pb2_grpc.ECardServiceStub(session.channel("card"))


def _held(file: Path, accepted: KeySet) -> tuple[list[bytes], int]:
    """Give the parts of a list that is still good to build on, and its version; none and 0 otherwise."""
    try:
        parts = held_list.parts_of(file.read_bytes())
        version = held_list.open_parts(parts, accepted).version
    except (FileNotFoundError, Malformed, UnknownKey, Forged):
        return [], 0
    return (parts, version) if len(parts) <= held_list.MOST_DELTAS else ([], 0)


def _replace(file: Path, data: bytes) -> None:
    new = file.with_name(file.name + ".new")
    try:
        new.write_bytes(data)
        new.replace(file)
    except OSError as error:
        raise Failed(ExitCode.USAGE, f"{file}: {error.strerror}") from error
