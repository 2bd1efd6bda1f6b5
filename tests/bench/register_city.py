"""A register of any size, person by person: each is made of a number, so a load goes on where it was interrupted."""

from datetime import date, timedelta

from services.card.number import card_no, is_bank_account
from services.common import identity
from services.common.division import QINGDAO
from socsec.card.v1 import card_pb2, card_register_service_pb2, person_pb2

MOST = 30_000_000
"""People that the birth dates from 1930 on have numbers for."""

_FIRST_BIRTH, _FIRST_ISSUE = date(1930, 1, 1), date(2018, 1, 1)
_ISSUE_DAYS = 2_900
_FIRST_NUMBER = 100_000_000
"""Card numbers far from those that the service gives by itself."""
_TODAY = date(2026, 1, 1)
_DIVISIONS = sorted(code for code, known in QINGDAO.items() if known.is_valid_on(_TODAY) and code != "370200")
_BANKS = ("102", "103", "104", "105", "403")
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华"
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙朱马胡郭林何高梁"


def identity_number(place: int) -> str:
    """Give the identity number of a person of the register; its division was never assigned."""
    day, sequence = divmod(place, 1_000)
    first = f"370299{_FIRST_BIRTH + timedelta(days=day):%Y%m%d}{sequence:03d}"
    return first + identity.check_character(first)


def registration(place: int) -> person_pb2.PersonRegistration:
    """Give a person as the register knows him."""
    given = _GIVEN[place % len(_GIVEN)] + _GIVEN[place // 7 % len(_GIVEN)]
    return person_pb2.PersonRegistration(
        identity_number=identity_number(place),
        full_name=_SURNAMES[place // 3 % len(_SURNAMES)] + given,
        division=_DIVISIONS[place % len(_DIVISIONS)],
    )


def number_of_card(place: int) -> str:
    """Give the number of a person's card."""
    return card_no(_FIRST_NUMBER + place)


def existing_card(place: int, person: str) -> card_register_service_pb2.ExistingCard:
    """Give a person's card as the register knows it: one of twenty is not in use yet."""
    issued = _FIRST_ISSUE + timedelta(days=place * 37 % _ISSUE_DAYS)
    is_sealed = place % 20 == 0
    return card_register_service_pb2.ExistingCard(
        person=person,
        card_no=number_of_card(place),
        card_identification_code=f"{place:032X}",
        issuing_division=_DIVISIONS[place % len(_DIVISIONS)],
        service_bank_code=_BANKS[place % len(_BANKS)],
        bank_account=_account(place),
        issue_date=issued.isoformat(),
        expire_date=issued.replace(year=issued.year + 10, day=min(issued.day, 28)).isoformat(),
        status=card_pb2.CARD_STATUS_SEALED if is_sealed else card_pb2.CARD_STATUS_ENABLED,
        collected=is_sealed,
    )


def _account(place: int) -> str:
    body = f"6222020{place:011d}"
    return next(f"{body}{last}" for last in range(10) if is_bank_account(f"{body}{last}"))
