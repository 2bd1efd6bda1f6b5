"""Fields that several methods read and write."""

import re
from datetime import UTC, date, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from services.card.number import is_bank_account
from services.common.division import is_issuer
from services.common.errors import Conflict, InvalidInput
from services.common.resources import resource_id

_PHONE = re.compile(r"\+?[0-9]{5,20}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BANK = re.compile(r"[0-9]{3}", re.ASCII)


def person_of(name: str, field: str = "person") -> str:
    """Take the id out of `people/{person}`."""
    return resource_id(name, "people", field)


def issuer_of(code: str, day: date) -> str:
    """Read the code of a division that issues cards on a day."""
    if not is_issuer(code, day):
        raise InvalidInput(
            "issuing_division", "UNKNOWN_DIVISION", "issuing_division must be Qingdao's code or one of its parts'."
        )
    return code


def bank_of(code: str) -> str:
    """Read a service bank's code."""
    if not _BANK.fullmatch(code):
        raise InvalidInput("service_bank_code", "INVALID_TEXT", "service_bank_code has three digits.")
    return code


def phone_of(number: str, field: str) -> str:
    """Read a phone number."""
    if not _PHONE.fullmatch(number):
        raise InvalidInput(field, "INVALID_TEXT", f"{field} has 5 to 20 digits, with an optional plus sign in front.")
    return number


def account_of(number: str) -> str:
    """Read a bank account's number."""
    if not number:
        raise InvalidInput("bank_account", "FIELD_REQUIRED", "bank_account is required.")
    if not is_bank_account(number):
        raise InvalidInput(
            "bank_account", "INVALID_TEXT", "bank_account has 16 to 19 digits, of which the last is a Luhn check digit."
        )
    return number


def version_of(etag: str) -> int | None:
    """Read an etag: the record's version; None when no matter which. One that was never given out fits no version."""
    if not etag:
        return None
    if not (etag.isascii() and etag.isdecimal() and len(etag) < 10):
        raise Conflict("ETAG_MISMATCH", "It was changed since it was read; read it again.")
    return int(etag)


def day_text(day: date | None) -> str:
    """Write a date; empty for none."""
    return day.isoformat() if day is not None else ""


def timestamp(moment: datetime | None) -> Timestamp | None:
    """Write a moment; None for none."""
    if moment is None:
        return None
    since = moment - _EPOCH  # protobuf's own conversion takes ten times as long
    return Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1_000)


def filter_ecard(text: str) -> str:
    """Read an electronic card of a filter, `ecards/{ecard}`."""
    try:
        return resource_id(text, "ecards", "filter")
    except InvalidInput as error:
        raise ValueError("ecards/{ecard}") from error


def filter_person(text: str) -> str:
    """Read a person of a filter, `people/{person}`."""
    try:
        return person_of(text)
    except InvalidInput as error:
        raise ValueError("people/{person}") from error
