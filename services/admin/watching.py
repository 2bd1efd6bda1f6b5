"""Follows changes over whatever happens to the connection: every message moves the place from which it goes on."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Annotated, Protocol, TypeVar

import grpc
import typer
from google.protobuf.message import Message

from services.admin.outcome import ExitCode, Failed, failure_of
from services.admin.output import Printer, tell

_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0
_GOES_ON = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.CANCELLED)
"""The service stops or starts again, has too many watches, or found this reader too slow: the token stays good."""

Place = Annotated[
    Path | None,
    typer.Option("--token-file", help="Keeps the place: the next watch with the same filter goes on there."),
]
Count = Annotated[int, typer.Option("--count", min=0, help="End after so many changes; 0: never.")]

Lost = Callable[[Failed], None]
"""Is told that the stream has ended and is taken up again."""


class _Resumable(Protocol):
    """A message of a watch."""

    @property
    def resume_token(self) -> str: ...


M = TypeVar("M", bound=_Resumable)


def _ignore(_: Failed) -> None:
    """Say nothing."""


async def follow(watch: Callable[[str], AsyncIterable[M]], token: str, on_lost: Lost = _ignore) -> AsyncIterator[M]:
    """Give all changes after a token and for ever, bookmarks too; each at least once, in the service's order.

    `watch` calls the service with a token; an empty one means from now on. Raises AioRpcError when the service refuses
    the filter or the token.
    """
    pause = _PAUSE_SECONDS
    while True:
        try:
            async for message in watch(token):
                pause, token = _PAUSE_SECONDS, message.resume_token
                yield message
        except grpc.aio.AioRpcError as error:
            if error.code() not in _GOES_ON:
                raise
            on_lost(failure_of(error))
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


async def print_changes(
    printer: Printer,
    columns: Sequence[str],
    changes: AsyncIterable[tuple[Message | None, str]],
    file: "TokenFile",
    count: int,
) -> None:
    """Print changes as they come, each followed by its token to the file, until there were `count` (0: for ever)."""
    seen = 0
    async for change, token in changes:
        if change is not None:
            printer.line(change, columns)
            seen += 1
        file.write(token)
        if count and seen >= count:
            return


def tell_lost(lost: Failed) -> None:
    """Say that a watch waits for its service."""
    tell(f"{lost} Going on when it is back.")


class TokenFile:
    """Keeps the last resume token, so that the next watch begins where this one has ended; without a path, nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def read(self) -> str:
        """Give the token; empty when there is none yet. Raises Failed."""
        if self._path is None:
            return ""
        try:
            return self._path.read_text("utf-8").strip()
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise Failed(ExitCode.USAGE, f"The token file {self._path} cannot be read.") from error

    def write(self, token: str) -> None:
        """Replace the token; complete or not at all. Raises Failed."""
        if self._path is None:
            return
        temporary = self._path.with_name(self._path.name + ".new")
        try:
            temporary.write_text(token + "\n", "utf-8")
            temporary.replace(self._path)
        except OSError as error:
            raise Failed(ExitCode.USAGE, f"The token file {self._path} cannot be written.") from error
