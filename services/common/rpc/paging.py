"""Pages of a list: size, position, and the token that leads to the next one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar

from services.common import tokens
from services.common.errors import InvalidInput
from services.common.months import parse_date

DEFAULT_SIZE = 100
MAX_SIZE = 1_000


class ListRequest(Protocol):
    """A request of a list method."""

    page_size: int
    page_token: str

    def SerializeToString(self, *, deterministic: bool = ...) -> bytes: ...  # noqa: N802, D102  protobuf's name
    def CopyFrom(self: "R", other: "R") -> None: ...  # noqa: N802, D102  protobuf's name


R = TypeVar("R", bound=ListRequest)


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted; `after` is the sort key of the last item before it, None for the beginning."""

    size: int
    after: tokens.Position | None


Shape = type[str] | type[int] | type[date]
"""What stands at one place of a position; a date is kept as `YYYY-MM-DD`."""


def page_of(request: R, *shape: Shape) -> Page:
    """Read page size and token; `shape` says what a position is made of, without it one text (an identifier).

    A token of another query, or with another position than could be ours, is refused.
    """
    if not 0 <= request.page_size <= MAX_SIZE:
        raise InvalidInput(
            "page_size",
            "VALUE_OUT_OF_RANGE",
            f"page_size must be from 0 to {MAX_SIZE}.",
            {"min": "0", "max": str(MAX_SIZE)},
        )
    size = request.page_size or DEFAULT_SIZE
    if not request.page_token:
        return Page(size, None)
    try:
        return Page(size, _shaped(tokens.read(_query(request), request.page_token), shape or (str,)))
    except tokens.WrongToken as error:
        raise InvalidInput(
            "page_token", "INVALID_PAGE_TOKEN", "The page_token belongs to another query; begin with an empty one."
        ) from error


def next_page_token(request: R, last: tokens.Position | None) -> str:
    """Write the token for the page after the item with this sort key; None, for the last page, gives an empty token."""
    return tokens.write(_query(request), last) if last is not None else ""


def _shaped(position: tokens.Position, shape: Sequence[Shape]) -> tokens.Position:
    if len(position) != len(shape) or not all(map(_fits, position, shape)):
        raise tokens.WrongToken
    return position


def _fits(part: str | int, shape: Shape) -> bool:
    if shape is not date:
        return isinstance(part, shape)
    try:
        return bool(parse_date(str(part)))
    except ValueError:
        return False


def _query(request: R) -> bytes:
    query = type(request)()
    query.CopyFrom(request)
    query.page_size, query.page_token = 0, ""
    return type(request).__name__.encode() + query.SerializeToString(deterministic=True)
