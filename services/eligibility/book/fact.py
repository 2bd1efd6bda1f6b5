"""Facts: what must be known of a person, as columns of whole numbers with bounds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from services.eligibility.book.document import Entry, read_document
from services.eligibility.book.rule import FLAG, UNITS

AS_OF_MONTH = "as_of_month"
"""The fact that the engine itself supplies: the month of the day to decide for."""

CODE = "code"
"""Unit of a fact whose numbers stand for names."""

_REQUIRED = ("title", "unit", "source")
_OPTIONAL = ("default", "needed_if")


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
    """The rule or parameter whose value is taken when the fact is not given."""
    needed_if: str | None
    """The condition without which the fact is not asked for: a case that does not need it counts it as its least."""
    place: str


def read_facts(file: str, text: str) -> dict[str, Fact]:
    """Read all facts of a book. Raises BookRefused with file and line."""
    return {key.name(): _fact(key.name(), entry) for key, entry in read_document(file, text).pairs()}


def _fact(name: str, entry: Entry) -> Fact:
    kind = entry.mapping().get("unit")
    unit = kind.text() if kind is not None else ""
    own = {CODE: ("codes",), FLAG: ()}.get(unit, ("least", "most"))
    fields = entry.fields((*_REQUIRED, *own), _OPTIONAL)
    if "default" in fields and "needed_if" in fields:
        raise entry.refuse("a fact with a default is never needed: give default or needed_if")
    codes = _codes(fields["codes"]) if unit == CODE else {}
    if unit == CODE:
        least, most = 1, len(codes)
    elif unit == FLAG:
        least, most = 0, 1
    else:
        if unit not in UNITS or not name.endswith(f"_{unit}"):
            raise entry.refuse(f"the name of fact {name} ends in its unit, one of {', '.join(UNITS)}")
        least, most = fields["least"].quantity(unit), fields["most"].quantity(unit)
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
        needed_if=fields["needed_if"].name() if "needed_if" in fields else None,
        place=entry.place,
    )


def _codes(entry: Entry) -> dict[str, int]:
    codes = {name: number.whole() for name, number in entry.mapping().items()}
    if sorted(codes.values()) != list(range(1, len(codes) + 1)):
        raise entry.refuse("codes count from 1 without a gap")
    return codes
