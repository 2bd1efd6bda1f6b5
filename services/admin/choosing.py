"""What an option says: a card, a person, a word of an enumeration, a secret number."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Protocol, TypeVar

import typer
from google.protobuf.descriptor import EnumDescriptor

from services.admin.outcome import ExitCode, Failed
from services.admin.resolving import People, read_numbers
from services.admin.session import Session

V_co = TypeVar("V_co", covariant=True)
V = TypeVar("V")

CardName = Annotated[str, typer.Argument(metavar="CARD", help="cards/{card}.", show_default=False)]
ECardName = Annotated[str, typer.Argument(metavar="ECARD", help="ecards/{ecard}.", show_default=False)]
PersonName = Annotated[str, typer.Option("--person", help="The person: people/{person}.")]
NumberFile = Annotated[
    Path | None,
    typer.Option(
        "--identity-number-file",
        help="Instead: a file that holds the person's identity number, - for standard input. Never on the command "
        "line, which everybody on the machine can list.",
    ),
]
Etag = Annotated[str, typer.Option("--etag", help="The version that was read; refused when somebody changed it since.")]


class _Words(Protocol[V_co]):
    """A generated enumeration."""

    @property
    def DESCRIPTOR(self) -> EnumDescriptor: ...  # noqa: N802  protobuf's name

    def Value(self, name: str) -> V_co: ...  # noqa: N802  protobuf's name


async def the_person(session: Session, person: str, number_file: Path | None) -> str:
    """Give the one person who is named: `people/{person}`; raises Failed."""
    found = await any_person(session, person, number_file)
    if not found:
        raise Failed(ExitCode.USAGE, "Say who: --person people/{person}, or --identity-number-file FILE.")
    return found


async def any_person(session: Session, person: str, number_file: Path | None) -> str:
    """Give the person who is named, or nothing when nobody is; raises Failed."""
    if person and number_file:
        raise Failed(ExitCode.USAGE, "Give --person or --identity-number-file, not both.")
    if number_file is None:
        return person
    number = secret_from(number_file, "identity number")
    people = await People(session.channel("card")).resolve([number])
    if not people:
        raise Failed(ExitCode.NOTHING, "Nobody is registered under that identity number.")
    return people[number]


def secret_from(source: Path, what: str) -> str:
    """Read one number that must not be on the command line from a file, or `-` for standard input; raises Failed."""
    numbers = read_numbers(source, what)
    if len(numbers) > 1:
        raise Failed(ExitCode.USAGE, f"{source} must hold one {what}, and holds {len(numbers)}.")
    return numbers[0]


def lines_from(source: Path, needed: Sequence[str], optional: str = "") -> list[str]:
    """Read one thing a line from a file, or `-` for standard input: what must not be on the command line.

    Without the last, `optional` one its place is empty. Raises Failed, which names what the file holds.
    """
    try:
        text = sys.stdin.read() if str(source) == "-" else source.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(ExitCode.USAGE, f"{source} cannot be read as UTF-8 text.") from error
    lines = [line.strip() for line in text.rstrip().split("\n")]
    if optional and len(lines) == len(needed):
        lines.append("")
    if len(lines) != len(needed) + bool(optional) or not all(lines[: len(needed)]):
        said = ", ".join([*needed, *([f"if there is one {optional}"] if optional else [])])
        raise Failed(ExitCode.USAGE, f"{source} has a line each: {said}.")
    return lines


def code_from(text: str) -> str:
    """Give the text of a QR code, which `-` takes from standard input, for example from a scanner."""
    return sys.stdin.readline().rstrip("\r\n") if text == "-" else text


def words(kind: _Words[V]) -> str:
    """List an enumeration's words, for help."""
    return ", ".join(value.name.removeprefix(_prefix(kind)) for value in kind.DESCRIPTOR.values if value.number)


def chosen(kind: _Words[V], option: str, text: str) -> V:
    """Give the value of a word, in any case and with - or _; raises Failed."""
    try:
        return kind.Value(_prefix(kind) + text.upper().replace("-", "_"))
    except ValueError as error:
        raise Failed(ExitCode.USAGE, f"{option} is one of: {words(kind)}.") from error


def _prefix(kind: _Words[V]) -> str:
    return str(kind.DESCRIPTOR.values_by_number[0].name).removesuffix("UNSPECIFIED")
