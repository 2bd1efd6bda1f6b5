"""From the fields of a request to values, each refusal naming its field."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Protocol, TypeVar

from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.message import Message

from services.common import months
from services.common.errors import DomainError, InvalidInput
from services.common.identity import holds_identity_number
from services.common.rpc.status import to_status
from socsec.type.v1 import batch_pb2

E = TypeVar("E", bound=StrEnum)
I = TypeVar("I")  # noqa: E741  an item of a batch
V = TypeVar("V")

MAX_BATCH = 1_000


class EnumType(Protocol):
    """A generated enumeration."""

    def __hash__(self) -> int: ...

    @property
    def DESCRIPTOR(self) -> EnumDescriptor: ...  # noqa: N802, D102  protobuf's name


def text_of(value: str, field: str, longest: int = 64, shortest: int = 1) -> str:
    """Take a printable text of a bounded length."""
    if not value and shortest:
        raise InvalidInput(field, "FIELD_REQUIRED", f"{field} is required.")
    if not shortest <= len(value) <= longest or not value.isprintable():
        raise InvalidInput(
            field, "INVALID_TEXT", f"{field} has {shortest} to {longest} printable characters and no line breaks."
        )
    return value


def words_of(value: str, field: str, longest: int = 64, shortest: int = 1) -> str:
    """Take a text that a person writes, as `text_of` does; raise InvalidInput when it holds an identity number.

    Such texts are kept, listed and told in clear: whom they are about is said by the resource, never in words.
    """
    if holds_identity_number(value):
        raise InvalidInput(
            field,
            "IDENTITY_NUMBER_IN_TEXT",
            f"{field} holds an identity number: leave it out, the request says by its resource whom it is about.",
        )
    return text_of(value, field, longest, shortest)


def date_of(value: str, field: str, *, latest: date | None = None) -> date:
    """Read a date `YYYY-MM-DD`, not after `latest` when that is given."""
    if not value:
        raise InvalidInput(field, "FIELD_REQUIRED", f"{field} is required.")
    try:
        day = months.parse_date(value)
    except ValueError as error:
        raise InvalidInput(field, "IMPOSSIBLE_DATE", f"{field} must be a date of the calendar, YYYY-MM-DD.") from error
    if latest is not None and day > latest:
        raise InvalidInput(field, "DATE_IN_FUTURE", f"{field} must not lie in the future.")
    return day


def month_of(value: str, field: str) -> int:
    """Read a month `YYYY-MM` into months since year 0."""
    if not value:
        raise InvalidInput(field, "FIELD_REQUIRED", f"{field} is required.")
    try:
        return months.parse_month(value)
    except ValueError as error:
        raise InvalidInput(field, "IMPOSSIBLE_DATE", f"{field} must be a month, YYYY-MM.") from error


def number_of(value: int, field: str, least: int, most: int, reason: str = "VALUE_OUT_OF_RANGE") -> int:
    """Take a number between two bounds; use reason AMOUNT_OUT_OF_RANGE for money."""
    if not least <= value <= most:
        raise InvalidInput(
            field, reason, f"{field} must be from {least} to {most}.", {"min": str(least), "max": str(most)}
        )
    return value


@lru_cache(maxsize=1024)
def _enum_member(kind: EnumType, number: int, target: type[E]) -> E | None:
    try:
        name = str(kind.DESCRIPTOR.values_by_number[number].name)
        return target(name.removeprefix(_prefix(kind)))
    except (KeyError, ValueError):
        return None


def enum_of(kind: EnumType, number: int, target: type[E], field: str) -> E:
    """Turn a generated enumeration's number into our own, whose values are the names without prefix."""
    member: E | None = _enum_member(kind, number, target)
    if member is None:
        known = ", ".join(target)
        raise InvalidInput(field, "UNKNOWN_VALUE", f"{field} must be one of: {known}.")
    return member


@lru_cache(maxsize=1024)
def enum_number(kind: EnumType, value: str | None) -> int:
    """Turn our own enumeration's value into the generated number; None gives UNSPECIFIED."""
    return int(kind.DESCRIPTOR.values_by_name[_prefix(kind) + value].number) if value else 0


def _prefix(kind: EnumType) -> str:
    """Give what every name of a generated enumeration begins with."""
    return str(kind.DESCRIPTOR.values_by_number[0].name).removesuffix("UNSPECIFIED")


def batch_of(items: Sequence[I], field: str) -> Sequence[I]:
    """Check a batch's size: 1 to 1,000."""
    if not items:
        raise InvalidInput(field, "FIELD_REQUIRED", f"{field} is empty.")
    if len(items) > MAX_BATCH:
        raise InvalidInput(
            field, "BATCH_TOO_LARGE", f"{field} has more than {MAX_BATCH} items.", {"max": str(MAX_BATCH)}
        )
    return items


def convert_each(
    items: Iterable[I], convert: Callable[[I], V]
) -> tuple[list[tuple[int, V]], list[tuple[int, DomainError]]]:
    """Convert a batch's items; those that are refused go with their place and error to the second list."""
    good: list[tuple[int, V]] = []
    refused: list[tuple[int, DomainError]] = []
    for index, item in enumerate(items):
        try:
            good.append((index, convert(item)))
        except DomainError as error:
            refused.append((index, error))
    return good, refused


def batch_result(
    batch: int, accepted: int, repeated: int, refused: Iterable[tuple[int, DomainError]]
) -> batch_pb2.BatchResult:
    """Put a batch's outcome together, rejections in the order of the items."""
    rejections = [
        batch_pb2.Rejection(index=index, status=to_status(error))
        for index, error in sorted(refused, key=lambda pair: pair[0])
    ]
    return batch_pb2.BatchResult(batch=batch, accepted=accepted, repeated_items=repeated, rejections=rejections)


def type_name(message: Message) -> str:
    """Give a message's full type name."""
    return str(message.DESCRIPTOR.full_name)
