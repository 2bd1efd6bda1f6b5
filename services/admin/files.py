"""The verb that takes a file: one for all kinds."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from google.protobuf.message import Message

from services.admin.asking import ProofWords, asked_by
from services.admin.importing import Importer
from services.admin.kinds import FileKind
from services.admin.outcome import ExitCode, Failed
from services.admin.output import tell
from services.admin.progress_bar import progress_bar
from services.admin.session import Session
from services.admin.verbs import Change, changing
from socsec.card.v1 import actor_pb2

M = TypeVar("M", bound=Message)
Q = TypeVar("Q", bound=Message)

CsvFile = Annotated[Path, typer.Argument(help="UTF-8 CSV file with the header of this kind.", show_default=False)]
Again = Annotated[bool, typer.Option("--again", help="Send everything once more, whatever was done before.")]


def add_import(app: typer.Typer, kind: FileKind[M, Q], name: str, summary: str) -> None:
    """Give a command group the verb that imports its kind of file."""

    async def run(session: Session, change: Change, file: CsvFile, again: Again = False) -> None:
        await import_file(session, change, kind, file, again=again)

    _named(app, run, kind, name, summary)


def add_import_with_papers(
    app: typer.Typer, kind_of: Callable[[actor_pb2.Actor | None], FileKind[M, Q]], name: str, summary: str
) -> None:
    """Give a command group the verb that imports a kind of file which comes with a letter or a list."""

    async def run(
        session: Session, change: Change, file: CsvFile, again: Again = False, proof: ProofWords = None
    ) -> None:
        await import_file(session, change, kind_of(asked_by("", proof)), file, again=again)

    _named(app, run, kind_of(None), name, summary)


@contextlib.contextmanager
def _told_how_to_go_on(change: Change) -> Iterator[None]:
    try:
        yield
    except asyncio.CancelledError:  # Ctrl-C
        if change.execute:
            tell("what was settled stays; the same command goes on from there")
        raise


def _named(
    app: typer.Typer, run: Callable[..., Awaitable[None]], kind: FileKind[M, Q], name: str, summary: str
) -> None:
    run.__doc__ = (
        f"{summary}\n\nThe file's header is `{','.join(kind.records.header)}`. Refused records go to FILE.rejects.csv; "
        "an import that was interrupted goes on where it stopped."
    )
    changing(app, name, once=False)(run)


async def import_file(session: Session, change: Change, kind: FileKind[M, Q], file: Path, *, again: bool) -> None:
    """Import a file, show how far it has come, and say what became of it; raises Failed when records were refused."""
    with progress_bar(kind.name) as show, _told_how_to_go_on(change):
        done = await Importer(session).run(
            kind,
            file,
            execute=change.execute,
            again=again,
            on_progress=lambda step: show(step.records, step.total),
        )
    if done.done_before:
        tell(f"{file} was imported before and nothing was sent; --again sends it once more")
    elif done.resumed_from:
        tell(f"went on after record {done.resumed_from} of {file}")
    counts = done.counts
    session.printer.record(
        {"file": str(file), "accepted": counts.accepted, "repeated": counts.repeated, "rejected": counts.rejected}
    )
    if done.rejects:
        raise Failed(ExitCode.REJECTED, f"{counts.rejected} records were rejected: see {done.rejects}")
