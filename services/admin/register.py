"""`ssctl cards`, third part: the register as a whole, copied and followed, and asked for many people."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable
from pathlib import Path
from typing import Annotated

import grpc
import typer

from services.admin.importing import PATIENCE_SECONDS
from services.admin.listing import Filter
from services.admin.outcome import ExitCode, Failed, failure_of
from services.admin.resolving import BATCH, People, read_numbers
from services.admin.session import Session
from services.admin.verbs import reading
from services.admin.watching import Count, Place, TokenFile, follow, print_changes, tell_lost
from socsec.card.v1 import (
    card_register_service_pb2,
    card_register_service_pb2_grpc,
    card_service_pb2,
    card_service_pb2_grpc,
)

app = typer.Typer()

_PAGE = 1_000
_PAUSE_SECONDS = 0.5
_COLUMNS = ("name", "person", "status", "progress", "card_no", "issuing_division", "issue_date", "expire_date")
_CHANGE_COLUMNS = ("change_time", "kind", *(f"card.{column}" for column in _COLUMNS))


@reading(app)
async def export(
    session: Session,
    condition: Filter = "",
    token_file: Annotated[
        Path | None, typer.Option(help="Gets the place from which `cards watch` goes on without a gap.")
    ] = None,
) -> None:
    """Print all cards, masked, newest first, as they come; a service that goes away is waited for.

    Filter fields: person, status, progress, issuing_division, issue_date.
    """
    place = TokenFile(token_file)

    def export_from(page: str) -> AsyncIterable[card_register_service_pb2.ExportCardsResponse]:
        request = card_register_service_pb2.ExportCardsRequest(filter=condition, page_token=page, page_size=_PAGE)
        return _register(session).ExportCards(request)

    async for message in exported(export_from):
        for card in message.cards:
            session.printer.line(card, _COLUMNS)
        if message.resume_token:
            place.write(message.resume_token)


@reading(app)
async def watch(session: Session, condition: Filter = "", token_file: Place = None, count: Count = 0) -> None:
    """Print every change of the cards as it comes; Ctrl-C ends it.

    Goes on where --token-file says, as `cards export` or an earlier watch with the same filter left it; else from now
    on. Nothing is missed while the service is away; a change may come twice.
    """
    file = TokenFile(token_file)
    await print_changes(session.printer, _CHANGE_COLUMNS, _changes(session, condition, file.read()), file, count)


@reading(app)
async def payable(
    session: Session,
    identity_number_file: Annotated[
        Path, typer.Option(help="File with an identity number a line; - for standard input.")
    ],
) -> None:
    """Tell who can be paid onto a card, a line of the file each; exit code 1 when somebody cannot."""
    numbers = read_numbers(identity_number_file)
    people = await People(session.channel("card")).resolve(numbers)
    names = sorted(set(people.values()))
    paid: dict[str, bool] = {}
    for start in range(0, len(names), BATCH):
        some = names[start : start + BATCH]
        reply = await _cards(session).CheckPayees(card_service_pb2.CheckPayeesRequest(people=some))
        paid |= zip(some, reply.payable, strict=True)
    found = [(line, people.get(number, "")) for line, number in enumerate(numbers, 1)]
    session.printer.records(
        [{"line": line, "person": person, "payable": paid.get(person, False)} for line, person in found]
    )
    if not all(paid.get(person, False) for _, person in found):
        raise Failed(ExitCode.REFUSED, "Somebody cannot be paid onto a card.")


async def exported(
    export: Callable[[str], AsyncIterable[card_register_service_pb2.ExportCardsResponse]],
) -> AsyncIterator[card_register_service_pb2.ExportCardsResponse]:
    """Give an export's messages, going on after the last of them when the service was away.

    `export` calls the service with the page token to go on from. Raises AioRpcError when it refuses, or stays away.
    """
    page, waited = "", 0.0
    while True:
        try:
            async for message in export(page):
                page, waited = message.page_token, 0.0
                yield message
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE or waited >= PATIENCE_SECONDS:
                raise
            tell_lost(failure_of(error))
        else:
            return
        await asyncio.sleep(_PAUSE_SECONDS)
        waited += _PAUSE_SECONDS


async def _changes(
    session: Session, condition: str, token: str
) -> AsyncIterator[tuple[card_register_service_pb2.CardChange | None, str]]:
    """Give the changes after a token, each with its own; a bookmark has only that."""

    def watch_from(place: str) -> AsyncIterable[card_register_service_pb2.WatchCardsResponse]:
        request = card_register_service_pb2.WatchCardsRequest(filter=condition, resume_token=place)
        return _register(session).WatchCards(request)

    async for message in follow(watch_from, token, tell_lost):
        yield message.change if message.HasField("change") else None, message.resume_token


def _register(session: Session) -> "card_register_service_pb2_grpc.CardRegisterServiceAsyncStub":
    return card_register_service_pb2_grpc.CardRegisterServiceStub(session.channel("card"))


def _cards(session: Session) -> "card_service_pb2_grpc.CardServiceAsyncStub":
    return card_service_pb2_grpc.CardServiceStub(session.channel("card"))
