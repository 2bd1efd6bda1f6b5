"""Accesses to people as messages, filters and page tokens."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from services.card.access import Access, AccessKind
from services.card.api.fields import filter_person, timestamp
from services.card.service.accesses import Place
from services.common import tokens
from services.common.filtering import All, Comparison, Fields, Filter
from services.common.resources import resource_name
from services.common.rpc.requests import enum_number
from socsec.card.v1 import person_pb2

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def filter_time(text: str) -> int:
    """Read a moment of a filter, RFC 3339 with an offset, as microseconds since 1970."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("A time needs an offset.")
    return (moment - _EPOCH) // timedelta(microseconds=1)


PLACE = (int, str, int)
"""What a page token of accesses is made of."""
ACCESS_FIELDS: Fields = {"person": filter_person, "caller": str, "kind": AccessKind, "access_time": filter_time}
REVEAL_FIELDS: Fields = {"person": filter_person, "caller": str, "reveal_time": filter_time}


def revealed(wanted: Filter) -> Filter:
    """Let only reveals through of what a filter of ListReveals lets through."""
    return All((Comparison("kind", "=", AccessKind.REVEAL), wanted))


def place_after(after: tokens.Position | None) -> Place | None:
    """Read where a page begins; None for the first one."""
    match after:
        case (int(access_us), str(call), int(place)):
            return access_us, call, place
        case _:
            return None


def last_place(found: Sequence[Access], size: int) -> tokens.Position | None:
    """Give where the next page begins; None after the last one."""
    return (found[-1].access_us, found[-1].call, found[-1].place) if len(found) == size else None


def access_message(access: Access) -> person_pb2.Access:
    """Write an access."""
    return person_pb2.Access(
        person=resource_name("people", access.person),
        caller=access.caller,
        kind=person_pb2.AccessKind.ValueType(enum_number(person_pb2.AccessKind, access.kind)),
        purpose=access.purpose,
        case_reference=access.case_reference,
        access_time=timestamp(_moment(access)),
    )


def reveal_message(access: Access) -> person_pb2.Reveal:
    """Write a reveal."""
    return person_pb2.Reveal(
        person=resource_name("people", access.person),
        caller=access.caller,
        purpose=access.purpose,
        case_reference=access.case_reference,
        reveal_time=timestamp(_moment(access)),
    )


def _moment(access: Access) -> datetime:
    return _EPOCH + access.access_us * timedelta(microseconds=1)
