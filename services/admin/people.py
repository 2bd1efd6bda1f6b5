"""`ssctl people`: the identity vault."""

from pathlib import Path
from typing import Annotated

import typer

from services.admin.asking import OPERATION_COLUMNS, ActorWord, ProofWords, asked_by
from services.admin.card_kinds import people
from services.admin.choosing import Etag, NumberFile, PersonName, chosen, lines_from, secret_from, the_person, words
from services.admin.files import add_import_with_papers
from services.admin.listing import DEFAULT_LIMIT, Filter, Limit, both, equal, pages
from services.admin.outcome import ExitCode, Failed
from services.admin.resolving import People, read_numbers
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from socsec.card.v1 import (
    card_upkeep_service_pb2,
    card_upkeep_service_pb2_grpc,
    person_pb2,
    person_service_pb2,
    person_service_pb2_grpc,
)

app = typer.Typer(help="The identity vault: who is who, masked.", no_args_is_help=True)

add_import_with_papers(app, people, "import", "Register people.")

_Numbers = Annotated[
    Path, typer.Option("--identity-number-file", help="File with an identity number a line; - for standard input.")
]


@reading(app)
async def resolve(session: Session, identity_number_file: _Numbers) -> None:
    """Turn identity numbers into names of people, a line of the file each; exit code 3 when nobody is found."""
    numbers = read_numbers(identity_number_file)
    found = await People(session.channel("card")).resolve(numbers)
    session.printer.records([{"line": line, "person": found.get(number, "")} for line, number in enumerate(numbers, 1)])
    if not found:
        raise Failed(ExitCode.NOTHING, "Nobody is registered under these numbers.")


@changing(app)
async def register(
    session: Session,
    change: Change,
    person_file: Annotated[
        Path,
        typer.Option(
            help="File of two or three lines: identity number, full name, representative's identity number; - for "
            "standard input."
        ),
    ],
    division: Annotated[str, typer.Option(help="Division code of the residence, for example 370202.")],
    representative_kind: Annotated[
        str, typer.Option(help=f"With a third line: {words(person_pb2.RepresentativeKind)}.")
    ] = "",
    proof: ProofWords = None,
) -> None:
    """Register a person, and who acts for them."""
    number, full_name, representative = lines_from(
        person_file, ["identity number", "full name"], "representative's identity number"
    )
    if bool(representative) != bool(representative_kind):
        raise Failed(ExitCode.USAGE, "--representative-kind goes with a third line of the file, and with no other.")
    request = person_service_pb2.RegisterPersonRequest(
        person=person_pb2.PersonRegistration(
            identity_number=number,
            full_name=full_name,
            division=division,
            representative_identity_number=representative,
            representative_kind=chosen(
                person_pb2.RepresentativeKind, "--representative-kind", representative_kind or "UNSPECIFIED"
            ),
        ),
        actor=asked_by("", proof),
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _vault(session).RegisterPerson(request))


@changing(app, "change-name")
async def change_name(
    session: Session,
    change: Change,
    name_file: Annotated[Path, typer.Option(help="File with the new full name; - for standard input.")],
    person: PersonName = "",
    identity_number_file: NumberFile = None,
    etag: Etag = "",
    actor: ActorWord = "",
    proof: ProofWords = None,
) -> None:
    """Change a person's name (更名); a card with the old name is then reissued."""
    name = await the_person(session, person, identity_number_file)
    [full_name] = lines_from(name_file, ["full name"])
    request = person_service_pb2.ChangeNameRequest(
        name=name,
        full_name=full_name,
        actor=asked_by(actor, proof),
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _vault(session).ChangeName(request))


@changing(app, "change-number")
async def change_number(
    session: Session,
    change: Change,
    new_number_file: Annotated[Path, typer.Option(help="File with the new identity number; - for standard input.")],
    reason: Annotated[str, typer.Option(help=f"One of: {words(person_pb2.NumberChangeReason)}.")],
    person: PersonName = "",
    identity_number_file: NumberFile = None,
    etag: Etag = "",
    actor: ActorWord = "",
    proof: ProofWords = None,
) -> None:
    """Change a person's identity number (换号); the former one still leads to the person."""
    name = await the_person(session, person, identity_number_file)
    request = person_service_pb2.ChangeIdentityNumberRequest(
        name=name,
        identity_number=secret_from(new_number_file, "identity number"),
        reason=chosen(person_pb2.NumberChangeReason, "--reason", reason),
        actor=asked_by(actor, proof),
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _vault(session).ChangeIdentityNumber(request))


@reading(app)
async def get(session: Session, person: PersonName = "", identity_number_file: NumberFile = None) -> None:
    """Read a person, masked."""
    name = await the_person(session, person, identity_number_file)
    session.printer.one(await _vault(session).GetPerson(person_service_pb2.GetPersonRequest(name=name)))


@reading(app)
async def operations(
    session: Session, person: PersonName = "", identity_number_file: NumberFile = None, limit: Limit = DEFAULT_LIMIT
) -> None:
    """List what was done to a person and to the person's cards, and by whom, newest first."""
    name = await the_person(session, person, identity_number_file)
    request = card_upkeep_service_pb2.ListPersonOperationsRequest(person=name)
    upkeep = card_upkeep_service_pb2_grpc.CardUpkeepServiceStub(session.channel("card"))
    found = pages(upkeep.ListPersonOperations, request, lambda reply: reply.operations, limit)
    await session.printer.many(found, ("card", "person", *OPERATION_COLUMNS))


@reading(app)
async def reveal(
    session: Session,
    person: Annotated[str, typer.Option("--person", help="people/{person}.")],
    purpose: Annotated[str, typer.Option("--purpose", help="Why it is needed, 5 to 200 characters.")],
    case_reference: Annotated[str, typer.Option("--case-reference", help="Case or file it is needed for.")],
) -> None:
    """Read a person in clear. The purpose is recorded first, for good, under the caller's name."""
    request = person_service_pb2.RevealPersonRequest(name=person, purpose=purpose, case_reference=case_reference)
    session.printer.one(await _vault(session).RevealPerson(request))


@reading(app)
async def reveals(
    session: Session,
    person: PersonName = "",
    condition: Filter = "",
    limit: Limit = DEFAULT_LIMIT,
) -> None:
    """List who read whose data in clear and why, newest first."""
    request = person_service_pb2.ListRevealsRequest(filter=both(equal("person", person), condition))
    found = pages(_vault(session).ListReveals, request, lambda reply: reply.reveals, limit)
    await session.printer.many(found, ("reveal_time", "person", "caller", "case_reference", "purpose"))


@reading(app)
async def access(
    session: Session,
    person: PersonName = "",
    condition: Filter = "",
    limit: Limit = DEFAULT_LIMIT,
) -> None:
    """List whose data were read by whom, masked or in clear, newest first.

    Filter fields: person, caller, kind, access_time, for example 'access_time >= "2026-11-01T00:00:00+08:00"'.
    """
    request = person_service_pb2.ListAccessRequest(filter=both(equal("person", person), condition))
    found = pages(_vault(session).ListAccess, request, lambda reply: reply.accesses, limit)
    await session.printer.many(found, ("access_time", "person", "caller", "kind", "case_reference", "purpose"))


def _vault(session: Session) -> "person_service_pb2_grpc.PersonServiceAsyncStub":
    return person_service_pb2_grpc.PersonServiceStub(session.channel("card"))
