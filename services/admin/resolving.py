"""From identity numbers to the names of people, in batches: the only way from the one to the other."""

import sys
from collections.abc import Iterable
from pathlib import Path

import grpc

from services.admin.outcome import ExitCode, Failed
from socsec.card.v1 import person_service_pb2, person_service_pb2_grpc

BATCH = 1_000
_REMEMBERED = 200_000
"""Numbers kept, so that twelve months of one pensioner's draws ask once; all are forgotten when there are more."""


class People:
    """Resolves identity numbers, and remembers whom it found."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._vault: person_service_pb2_grpc.PersonServiceAsyncStub = person_service_pb2_grpc.PersonServiceStub(channel)
        self._known: dict[str, str] = {}

    async def resolve(self, numbers: Iterable[str]) -> dict[str, str]:
        """Give `people/{person}` by number, for those whom the vault knows."""
        asked = set(numbers)
        found = {number: self._known[number] for number in asked if number in self._known}
        unknown = sorted(asked - found.keys())
        for start in range(0, len(unknown), BATCH):
            some = unknown[start : start + BATCH]
            reply = await self._vault.ResolvePeople(person_service_pb2.ResolvePeopleRequest(identity_numbers=some))
            found |= {number: person for number, person in zip(some, reply.people, strict=True) if person}
        if len(self._known) + len(found) > _REMEMBERED:
            self._known.clear()
        self._known |= found  # nobody leaves the vault, so an answer stays true; an empty one need not
        return found


def read_numbers(source: Path, what: str = "identity number") -> list[str]:
    """Read identity numbers, or others that are nobody's business, from a file or `-`, one a line.

    They are never taken from the command line, which every process of the machine can list. Raises Failed.
    """
    try:
        text = sys.stdin.read() if str(source) == "-" else source.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(ExitCode.USAGE, f"{source} cannot be read: it holds one {what} a line.") from error
    numbers = [line.strip() for line in text.splitlines() if line.strip()]
    if not numbers:
        raise Failed(ExitCode.USAGE, f"{source} holds no {what}.")
    return numbers
