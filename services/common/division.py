"""Divisions by their GB/T 2260 codes: Qingdao's in full with their history, the rest of the country by province.

An identity number keeps the code of its first registration for life, so abolished codes stay in use there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

_CODE = re.compile(r"[0-9]{6}", re.ASCII)
_CITY = "3702"
_PROVINCES = frozenset(
    str(code)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    for code in range(first, last + 1)
)  # 71 is Taiwan in GB/T 2260, 83 in residence permits


@dataclass(frozen=True, slots=True)
class Division:
    """A city, district, county or county-level city."""

    code: str
    name: str
    valid_from: date | None = None
    """First day; None when it is older than this table needs to know."""
    valid_to: date | None = None
    """Last day; None while it exists."""
    successor: str = ""
    """Code of the division that took its place; empty while it exists."""

    def is_valid_on(self, day: date) -> bool:
        """Tell whether the division existed on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


_LAST_BEFORE_2012 = date(2012, 11, 30)
_JIMO_DISTRICT = date(2017, 9, 20)
_LAST_OF_JIMO_CITY = date(2017, 9, 19)

# The days of changes before 2012 only matter for registers of that time; they are known by the year.
QINGDAO: Mapping[str, Division] = {
    division.code: division
    for division in (
        Division("370200", "青岛市"),
        Division("370202", "市南区"),
        Division("370203", "市北区"),
        Division("370204", "台东区", None, date(1994, 12, 31), "370203"),
        Division("370205", "四方区", None, _LAST_BEFORE_2012, "370203"),
        Division("370206", "沧口区", None, date(1994, 12, 31), "370213"),
        Division("370211", "黄岛区"),
        Division("370212", "崂山区", date(1988, 1, 1)),
        Division("370213", "李沧区", date(1994, 1, 1)),
        Division("370214", "城阳区", date(1994, 1, 1)),
        Division("370215", "即墨区", _JIMO_DISTRICT),
        Division("370221", "崂山县", None, date(1988, 12, 31), "370212"),
        Division("370222", "即墨县", None, date(1989, 12, 31), "370282"),
        Division("370223", "胶南县", None, date(1990, 12, 31), "370284"),
        Division("370224", "胶县", None, date(1987, 12, 31), "370281"),
        Division("370225", "莱西县", None, date(1990, 12, 31), "370285"),
        Division("370226", "平度县", None, date(1989, 12, 31), "370283"),
        Division("370281", "胶州市", date(1987, 1, 1)),
        Division("370282", "即墨市", date(1989, 1, 1), _LAST_OF_JIMO_CITY, "370215"),
        Division("370283", "平度市", date(1989, 1, 1)),
        Division("370284", "胶南市", date(1990, 1, 1), _LAST_BEFORE_2012, "370211"),
        Division("370285", "莱西市", date(1990, 1, 1)),
    )
}
"""Every code that Qingdao has had; 370271 (high-tech zone) is a code of statistics only."""


def is_known(code: str) -> bool:
    """Tell whether a code is, or may once have been, a division: in Qingdao by this table, elsewhere by province."""
    if not _CODE.fullmatch(code):
        return False
    return code in QINGDAO if code.startswith(_CITY) else code[:2] in _PROVINCES


def is_residence(code: str, day: date) -> bool:
    """Tell whether somebody may be resident there on a day; outside Qingdao every known code is taken."""
    found = QINGDAO.get(code)
    return found.is_valid_on(day) if found else is_known(code)


def is_issuer(code: str, day: date) -> bool:
    """Tell whether cards are issued under a code on a day: the city's and those of its parts."""
    found = QINGDAO.get(code)
    return found is not None and found.is_valid_on(day)
