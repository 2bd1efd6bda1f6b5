"""Fields that several methods read and write."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import overload

from google.protobuf.timestamp_pb2 import Timestamp

from services.common.errors import Conflict, InvalidInput
from services.common.months import format_month, parse_date, parse_month
from services.common.resources import resource_id
from services.common.rpc.requests import date_of, enum_number, enum_of
from services.eligibility.domain import Scheme
from socsec.type.v1 import scheme_pb2

_DIVISION = re.compile(r"[0-9]{6}", re.ASCII)
_PROVINCES = frozenset(
    str(code)
    for code in (
        *range(11, 16),
        *range(21, 24),
        *range(31, 38),
        *range(41, 47),
        *range(50, 55),
        *range(61, 66),
        71,
        81,
        82,
    )
)
_ACCOUNT = re.compile(r"[0-9]{10,32}", re.ASCII)


def person_of(name: str, field: str = "person") -> str:
    """Take the id out of `people/{person}`."""
    return resource_id(name, "people", field)


def scheme_of(number: scheme_pb2.Scheme.ValueType, field: str = "scheme") -> Scheme:
    """Read a scheme."""
    return enum_of(scheme_pb2.Scheme, number, Scheme, field)


def scheme_number(scheme: Scheme) -> scheme_pb2.Scheme.ValueType:
    """Write a scheme."""
    return scheme_pb2.Scheme.ValueType(enum_number(scheme_pb2.Scheme, scheme))


def region_of(code: str, field: str = "pooling_region") -> str:
    """Read the division code of a pooling region."""
    if not _DIVISION.fullmatch(code) or code[:2] not in _PROVINCES:
        raise InvalidInput(field, "UNKNOWN_DIVISION", f"{field} must be a division code of six digits (GB/T 2260).")
    return code


def account_of(number: str, field: str = "account") -> str:
    """Read a bank account's number."""
    if not number:
        raise InvalidInput(field, "FIELD_REQUIRED", f"{field} is required.")
    if not _ACCOUNT.fullmatch(number):
        raise InvalidInput(field, "INVALID_TEXT", f"{field} has 10 to 32 digits.")
    return number


def version_of(etag: str) -> int | None:
    """Read an etag: the record's version; None when no matter which. One that was never given out fits no version."""
    if not etag:
        return None
    if not (etag.isascii() and etag.isdecimal() and len(etag) < 10):
        raise Conflict("ETAG_MISMATCH", "The resource was changed since it was read; read it again.")
    return int(etag)


def known_date_of(text: str, today: date, field: str = "known_date") -> date | None:
    """Read the day up to which publications count; None, for an empty text, is all."""
    return date_of(text, field, latest=today) if text else None


def day_text(day: date | None) -> str:
    """Write a date; empty for none."""
    return day.isoformat() if day is not None else ""


def month_text(month: int | None) -> str:
    """Write a month; empty for none."""
    return format_month(month) if month is not None else ""


@overload
def timestamp(moment: datetime) -> Timestamp: ...
@overload
def timestamp(moment: None) -> None: ...
def timestamp(moment: datetime | None) -> Timestamp | None:
    """Write a moment; None for none."""
    if moment is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def filter_date(text: str) -> str:
    """Read a date of a filter."""
    return parse_date(text).isoformat()


def filter_month(text: str) -> int:
    """Read a month of a filter."""
    return parse_month(text)


def filter_person(text: str) -> str:
    """Read a person of a filter, `people/{person}`."""
    try:
        return person_of(text)
    except InvalidInput as error:
        raise ValueError("people/{person}") from error


def filter_enum(known: Callable[[str], str]) -> Callable[[str], str]:
    """Give a reader of the values of an enumeration; anything else raises ValueError."""
    return lambda text: str(known(text))
