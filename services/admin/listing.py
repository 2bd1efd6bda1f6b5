"""Lists: all pages up to a limit."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Annotated, Protocol, TypeVar

import typer

_PAGE = 1_000

Limit = Annotated[int, typer.Option("--limit", min=0, help="Show at most this many; 0 means all.")]
Filter = Annotated[str, typer.Option("--filter", help="AIP-160 subset, for example 'state = OPEN AND rule = R-04'.")]

DEFAULT_LIMIT = 100


class _ListRequest(Protocol):
    page_size: int
    page_token: str


class _ListReply(Protocol):
    next_page_token: str


Q = TypeVar("Q", bound=_ListRequest)
R = TypeVar("R", bound=_ListReply)
M = TypeVar("M")


async def pages(
    fetch: Callable[[Q], Awaitable[R]], request: Q, items: Callable[[R], Sequence[M]], limit: int
) -> AsyncIterator[M]:
    """Give what a list method has, page by page, at most `limit` (0: all)."""
    left = limit or None
    while True:
        request.page_size = _PAGE if left is None else min(_PAGE, left)
        reply = await fetch(request)
        found = items(reply)
        for item in found:
            yield item
        left = None if left is None else left - len(found)
        if not reply.next_page_token or left == 0:
            return
        request.page_token = reply.next_page_token


async def each(items: Sequence[M]) -> AsyncIterator[M]:
    """Give the items of a list that comes in one answer."""
    for item in items:
        yield item


def both(*conditions: str) -> str:
    """Join the conditions of a filter that are given."""
    given = [condition for condition in conditions if condition]
    return given[0] if len(given) == 1 else " AND ".join(f"({condition})" for condition in given)


def equal(field: str, value: str) -> str:
    """Write the condition that a field has a value; empty for no value."""
    return f'{field} = "{value}"' if value else ""
