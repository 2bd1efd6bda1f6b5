"""People, accounts and requests of a small city, each valid until a test changes it."""

from datetime import date, timedelta
from itertools import count

from services.card.number import is_bank_account
from services.common import identity
from socsec.card.v1 import card_service_pb2, person_pb2

_numbers = count(1)
_FIRST_BIRTH = date(1930, 1, 1)


def identity_number() -> str:
    """Give the next number of nobody: its division was never assigned."""
    day, sequence = divmod(next(_numbers), 1000)
    first = f"370299{_FIRST_BIRTH + timedelta(days=day):%Y%m%d}{sequence:03d}"
    return first + identity.check_character(first)


def account() -> str:
    body = f"62220200{next(_numbers):07d}"
    return next(f"{body}{last}" for last in range(10) if is_bank_account(f"{body}{last}"))


def registration(number: str = "", **changed: object) -> person_pb2.PersonRegistration:
    fields: dict[str, object] = {
        "identity_number": number or identity_number(),
        "full_name": "王小明",
        "division": "370202",
    }
    return person_pb2.PersonRegistration(**(fields | changed))  # type: ignore[arg-type]  # by name


def issue(person: str, **changed: object) -> card_service_pb2.CardIssue:
    fields: dict[str, object] = {
        "person": person,
        "issuing_division": "370200",
        "service_bank_code": "102",
        "bank_account": account(),
        "issue_date": "2026-03-01",
    }
    return card_service_pb2.CardIssue(**(fields | changed))  # type: ignore[arg-type]  # by name
