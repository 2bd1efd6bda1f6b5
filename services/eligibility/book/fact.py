"""Facts: what must be known of a person, as columns of whole numbers with bounds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from services.eligibility.book.document import Entry, read_document
from services.eligibility.book.rule import UNITS

AS_OF_MONTH = "as_of_month"
"""The fact that the engine itself supplies: the month of the day to decide for."""

CODE = "code"
"""Unit of a fact whose numbers stand for names."""

_REQUIRED = ("title", "unit", "source")
_OPTIONAL = ("least", "most", "codes", "default")


@dataclass(frozen=True, slots=True)
class Fact:
    """One column of what is known."""

    name: str
    title: str
    unit: str
    source: str
    """Who knows it."""
    least: int
    most: int
    codes: Mapping[str, int] = field(hash=False)
    """Names of the numbers, when the unit is a code."""
    default: str | None
    """The rule whose value is taken when the fact is not given."""
    place: str


def read_facts(file: str, text: str) -> dict[str, Fact]:
    """Read all facts of a book. Raises BookRefused with file and line."""
    return {key.name(): _fact(key.name(), entry) for key, entry in read_document(file, text).pairs()}


def _fact(name: str, entry: Entry) -> Fact:
    fields = entry.fields(_REQUIRED, _OPTIONAL)
    unit = fields["unit"].text()
    codes = _codes(entry, fields) if unit == CODE else {}
    if unit == CODE:
        least, most = 1, len(codes)
    else:
        if unit not in UNITS or not name.endswith(f"_{unit}"):
            raise entry.refuse(f"the name of fact {name} ends in its unit, one of {', '.join(UNITS)}")
        bounds = entry.fields((*_REQUIRED, "least", "most"), ("default",))
        least, most = bounds["least"].quantity(unit), bounds["most"].quantity(unit)
    if least > most:
        raise entry.refuse("least is more than most")
    return Fact(
        name=name,
        title=fields["title"].text(),
        unit=unit,
        source=fields["source"].text(),
        least=least,
        most=most,
        codes=MappingProxyType(codes),
        default=fields["default"].name() if "default" in fields else None,
        place=entry.place,
    )


def _codes(entry: Entry, fields: dict[str, Entry]) -> dict[str, int]:
    entry.fields((*_REQUIRED, "codes"))
    codes = {name: number.whole() for name, number in fields["codes"].mapping().items()}
    if sorted(codes.values()) != list(range(1, len(codes) + 1)):
        raise fields["codes"].refuse("codes count from 1 without a gap")
    return codes
