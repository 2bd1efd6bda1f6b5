"""Identity numbers: read, checked, and understood as far as the standards say what is in them.

Citizens: GB 11643-1999 (18 characters) and its predecessor of 15 digits; residents of Hong Kong, Macao and Taiwan have
permits of the same form, and before 2018 were insured under their travel permits; foreigners have a permanent residence
card of 15 (2017) or 18 characters (2023).
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from operator import mul

from services.common.division import is_known
from services.common.errors import InvalidInput
from services.common.masking import mask_identity_number


class DocumentKind(StrEnum):
    """Kind of the document that a number belongs to."""

    CITIZEN = "CITIZEN"
    RESIDENCE_PERMIT = "RESIDENCE_PERMIT"
    FOREIGNER_2017 = "FOREIGNER_2017"
    FOREIGNER_2023 = "FOREIGNER_2023"
    TRAVEL_PERMIT_HONG_KONG_MACAO = "TRAVEL_PERMIT_HONG_KONG_MACAO"
    TRAVEL_PERMIT_TAIWAN = "TRAVEL_PERMIT_TAIWAN"


class Sex(StrEnum):
    """Sex as the 17th digit says (AAC004)."""

    MALE = "MALE"
    FEMALE = "FEMALE"


@dataclass(frozen=True, slots=True, repr=False)
class IdentityNumber:
    """A checked identity number; shows itself masked only."""

    number: str
    """In clear: 18 characters, 15 of a foreigner's card of 2017, 8 or 9 of a travel permit; letters are capitals."""
    kind: DocumentKind
    birth_date: date | None
    """None for foreigners, where the place of it is not published, and for travel permits, which hold none."""
    sex: Sex | None
    division: str
    """Division code of the first registration; empty for foreigners and travel permits."""

    @property
    def masked(self) -> str:
        """Give the number as it may be shown."""
        return mask_identity_number(self.number)

    @property
    def has_unknown_division(self) -> bool:
        """Tell whether the division is in no table; no reason to refuse, as historical codes are not all known."""
        return bool(self.division) and not is_known(self.division)

    def __repr__(self) -> str:
        return f"IdentityNumber({self.masked})"

    __str__ = __repr__


_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ZEROS = ord("0") * sum(_WEIGHTS)  # what the codes of the digits add to the weighted sum of the digits
_CHECK = "10X98765432"
_EIGHTEEN = re.compile(r"[1-9][0-9]{16}[0-9X]", re.ASCII)
_FIFTEEN = re.compile(r"[1-8][0-9]{14}", re.ASCII)
_FOREIGNER_2017 = re.compile(r"[A-Z]{3}[0-9]{12}", re.ASCII)
_TRAVEL_PERMIT = re.compile(r"([HM][0-9]{8})(?:[0-9]{2})?|[0-9]{8}", re.ASCII)
_IN_TEXT = re.compile(r"(?<![0-9])([1-8][0-9]{5})[ -]?([0-9]{8})[ -]?([0-9]{3}[0-9Xx])(?![0-9])", re.ASCII)
_PERMIT_DIVISIONS = frozenset(("810000", "820000", "830000"))
_SHORTEST_TEXT = 18
_ODD = "13579"
_BIRTH_YEARS = range(1800, 2200)
_CENTENARIAN_SEQUENCE = 996  # 996 to 999 were kept for people of 100 years and more


def check_character(first: str) -> str:
    """Compute the 18th character from the first 17 digits (ISO 7064 MOD 11-2)."""
    return _CHECK[(sum(map(mul, first.encode(), _WEIGHTS)) - _ZEROS) % 11]


def parse(text: str, today: date, field: str = "identity_number") -> IdentityNumber:
    """Read and check an identity number; one of 15 digits is converted to 18.

    Raises InvalidInput naming `field`: the number has another form, a wrong check character, a date that the calendar
    does not have, or a birth after `today`.
    """
    number = text.upper() if text.isascii() else text
    if not text:
        raise InvalidInput(field, "FIELD_REQUIRED", f"{field} is required.")
    if not _EIGHTEEN.fullmatch(number):  # as nearly all are
        if _FOREIGNER_2017.fullmatch(number):
            return read(number)
        if permit := _TRAVEL_PERMIT.fullmatch(number):
            return read(permit[1] or number)  # two more digits count the documents, the nine before them stay for life
        if not _FIFTEEN.fullmatch(number):
            raise InvalidInput(
                field,
                "INVALID_IDENTITY_NUMBER",
                f"{field} is no identity number: 18 or 15 characters, or 8 to 11 of a travel permit.",
            )
        number = _converted(number)
    if check_character(number[:17]) != number[17]:
        raise InvalidInput(field, "WRONG_CHECK_DIGIT", f"The last character of {field} does not fit the others.")
    try:
        found = read(number)
    except ValueError as error:
        raise InvalidInput(field, "IMPOSSIBLE_DATE", f"{field} holds a birth date that does not exist.") from error
    if found.birth_date is not None and found.birth_date > today:
        raise InvalidInput(field, "DATE_IN_FUTURE", f"{field} holds a birth date in the future.")
    return found


def read(number: str) -> IdentityNumber:
    """Understand a number that `parse` has checked before; raises ValueError for an impossible date."""
    if len(number) < 15:
        of_taiwan = len(number) == 8
        permit = DocumentKind.TRAVEL_PERMIT_TAIWAN if of_taiwan else DocumentKind.TRAVEL_PERMIT_HONG_KONG_MACAO
        return IdentityNumber(number, permit, None, None, "")
    if len(number) == 15:
        return IdentityNumber(number, DocumentKind.FOREIGNER_2017, None, None, "")
    if number[0] == "9":
        return IdentityNumber(number, DocumentKind.FOREIGNER_2023, None, None, "")
    division = number[:6]
    kind = DocumentKind.RESIDENCE_PERMIT if division in _PERMIT_DIVISIONS else DocumentKind.CITIZEN
    birth_date = _date_of(number[6:14])
    return IdentityNumber(number, kind, birth_date, Sex.MALE if number[16] in _ODD else Sex.FEMALE, division)


def holds_identity_number(text: str) -> bool:
    """Tell whether somewhere in a text stands a valid number of 18 characters, plain or in the usual groups.

    Numbers of foreigners' cards, which begin with 9, are not looked for: the codes of organisations have their form.
    Nor are births of other centuries: payers number their payments with as many digits.
    """
    if len(text) < _SHORTEST_TEXT and text.isascii():
        return False
    for found in _IN_TEXT.finditer(unicodedata.normalize("NFKC", text)):
        number = "".join(found.groups()).upper()
        if check_character(number[:17]) == number[17] and _is_date(number[6:14]):
            return True
    return False


@lru_cache(maxsize=1 << 16)  # the days of a hundred and eighty years
def _date_of(digits: str) -> date:
    return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))


def _is_date(digits: str) -> bool:
    try:
        return _date_of(digits).year in _BIRTH_YEARS
    except ValueError:
        return False


def _converted(number: str) -> str:
    """Convert 15 digits to 18 characters (GB 11643-1989 to GB 11643-1999)."""
    century = "18" if int(number[12:]) >= _CENTENARIAN_SEQUENCE else "19"
    first = number[:6] + century + number[6:]
    return first + check_character(first)
