"""Follows case changes over whatever happens to the connection: every message moves the place from which it goes on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import grpc

from services.admin.outcome import ExitCode, Failed, failure_of
from socsec.fundaudit.v1 import case_service_pb2, case_service_pb2_grpc

_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0
_GOES_ON = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.CANCELLED)
"""The service stops or starts again, has too many watches, or found this reader too slow: the token stays good."""

Lost = Callable[[Failed], None]
"""Is told that the stream has ended and is taken up again."""


def _ignore(_: Failed) -> None:
    """Say nothing."""


async def follow(
    cases: "case_service_pb2_grpc.CaseServiceAsyncStub", condition: str, token: str, on_lost: Lost = _ignore
) -> AsyncIterator[case_service_pb2.WatchCasesResponse]:
    """Give all changes after a token and for ever, bookmarks too; each at least once, in the ledger's order.

    An empty token means from now on. Raises AioRpcError when the service refuses the filter or the token.
    """
    pause = _PAUSE_SECONDS
    while True:
        request = case_service_pb2.WatchCasesRequest(filter=condition, resume_token=token)
        try:
            async for message in cases.WatchCases(request):
                pause, token = _PAUSE_SECONDS, message.resume_token
                yield message
        except grpc.aio.AioRpcError as error:
            if error.code() not in _GOES_ON:
                raise
            on_lost(failure_of(error))
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


class TokenFile:
    """Keeps the last resume token, so that the next watch begins where this one has ended."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> str:
        """Give the token; empty when there is none yet. Raises Failed."""
        try:
            return self._path.read_text("utf-8").strip()
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise Failed(ExitCode.USAGE, f"The token file {self._path} cannot be read.") from error

    def write(self, token: str) -> None:
        """Replace the token; complete or not at all. Raises Failed."""
        temporary = self._path.with_name(self._path.name + ".new")
        try:
            temporary.write_text(token + "\n", "utf-8")
            temporary.replace(self._path)
        except OSError as error:
            raise Failed(ExitCode.USAGE, f"The token file {self._path} cannot be written.") from error
