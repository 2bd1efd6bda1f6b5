"""`ssctl people`: the identity vault."""

from pathlib import Path
from typing import Annotated

import typer

from services.admin.choosing import NumberFile, PersonName, the_person
from services.admin.files import add_import
from services.admin.kinds import PEOPLE
from services.admin.listing import DEFAULT_LIMIT, Filter, Limit, both, equal, pages
from services.admin.outcome import ExitCode, Failed
from services.admin.resolving import People, read_numbers
from services.admin.session import Session
from services.admin.verbs import reading
from socsec.card.v1 import person_service_pb2, person_service_pb2_grpc

app = typer.Typer(help="The identity vault: who is who, masked.", no_args_is_help=True)

add_import(app, PEOPLE, "import", "Register people.")

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


@reading(app)
async def get(session: Session, person: PersonName = "", identity_number_file: NumberFile = None) -> None:
    """Read a person, masked."""
    name = await the_person(session, person, identity_number_file)
    session.printer.one(await _vault(session).GetPerson(person_service_pb2.GetPersonRequest(name=name)))


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


def _vault(session: Session) -> "person_service_pb2_grpc.PersonServiceAsyncStub":
    return person_service_pb2_grpc.PersonServiceStub(session.channel("card"))
