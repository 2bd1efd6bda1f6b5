"""Parameters: the numbers of the law, each with the dates for which it holds and where it is written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from services.eligibility.book.document import Entry, read_document
from services.eligibility.book.fact import CODE, Fact
from services.eligibility.book.refusal import BookRefused
from services.eligibility.book.rule import FLAG, UNITS

_REQUIRED = ("title", "unit", "by", "since")
_OPTIONAL = ("source", "published", "checked", "unverified", "rows", "codes")


@dataclass(frozen=True, slots=True)
class Dated:
    """The values that hold from a month on."""

    since: int
    until: int | None
    """Last month; None until the next entry begins."""
    values: tuple[int, ...]
    """One value, or one a row."""
    source: str
    published: date | None
    """The day it could be known; None only while unverified."""
    unverified: bool
    place: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of the law, or one table."""

    name: str
    title: str
    unit: str
    by: str
    """The month that picks the entry: a fact or a rule."""
    rows: str | None
    """The column that picks the row of a table; None when there is one value."""
    first_row: int
    codes: Mapping[str, int]
    """Names of the values, when the unit is a code."""
    checked: date | None
    """The day somebody last compared it with the law; None only while unverified."""
    entries: tuple[Dated, ...]
    """In the order of their dates, the newest publication of each."""
    place: str

    @property
    def is_unverified(self) -> bool:
        """Whether a value is in it that nobody has compared with the law."""
        return any(entry.unverified for entry in self.entries)

    def entry_of(self, month: int) -> Dated | None:
        """Give the entry of a month; None before the first one and after the last one's end."""
        found: Dated | None = None
        for entry in self.entries:
            if entry.since > month:
                break
            found = entry
        return found if found is not None and (found.until is None or month <= found.until) else None

    def row_of(self, key: int) -> int | None:
        """Give the position of a row; None outside the table."""
        row = key - self.first_row
        return row if 0 <= row < len(self.entries[0].values) else None


def read_parameters(file: str, text: str, facts: Mapping[str, Fact], known: date | None) -> list[Parameter]:
    """Read a file of parameters as far as they were published by a day (None: all).

    Raises BookRefused with file and line: an unknown key, a date twice, an overlap, a gap, no source.
    """
    parameters = []
    for key, entry in read_document(file, text).pairs():
        parameter = _Reader(key.name(), entry, facts, known).parameter()
        if parameter is not None:
            parameters.append(parameter)
    return parameters


class _Reader:
    """Reads one parameter."""

    def __init__(self, name: str, entry: Entry, facts: Mapping[str, Fact], known: date | None) -> None:
        self.name, self.entry, self.facts, self.known = name, entry, facts, known
        self.fields = entry.fields(_REQUIRED, _OPTIONAL)
        self.unit = self.fields["unit"].text()
        self.rows = self.fields["rows"].name() if "rows" in self.fields else None
        self.unverified = "unverified" in self.fields and self.fields["unverified"].flag()
        codes = self.fields["codes"].pairs() if "codes" in self.fields else []
        self.codes = {key.text(): code.whole() for key, code in codes}
        self.first_row = 0
        self.length: int | None = None

    def parameter(self) -> Parameter | None:
        self._check_unit()
        checked = self.fields["checked"].day() if "checked" in self.fields else None
        entries = tuple(self._entries())
        if not entries:
            return None  # nothing of it was published by then
        if checked is None and not all(entry.unverified for entry in entries):
            raise self.entry.refuse("checked is missing: the day it was compared with the law (or unverified: true)")
        return Parameter(
            name=self.name,
            title=self.fields["title"].text(),
            unit=self.unit,
            by=self.fields["by"].name(),
            rows=self.rows,
            first_row=self.first_row,
            codes=self.codes,
            checked=checked,
            entries=entries,
            place=self.entry.place,
        )

    def _check_unit(self) -> None:
        if self.unit == CODE:
            if not self.codes:
                raise self.entry.refuse("codes is missing: the names of the values")
        elif self.unit != FLAG and (self.unit not in UNITS or not self.name.endswith(f"_{self.unit}")):
            raise self.entry.refuse(f"the name of parameter {self.name} ends in its unit, one of {', '.join(UNITS)}")

    def _entries(self) -> Iterator[Dated]:
        dated = [found for key, entry in self._dates() if (found := self._newest(key, entry)) is not None]
        for earlier, later in pairwise(dated):
            if later.since <= earlier.since:
                raise BookRefused(later.place, "the dates are not in order")
            if earlier.until is not None and earlier.until >= later.since:
                raise BookRefused(earlier.place, "this entry overlaps the next")
            # Before an entry was published there was a gap in what was known, and no fault.
            if earlier.until is not None and earlier.until < later.since - 1 and self.known is None:
                raise BookRefused(earlier.place, "this entry leaves a gap before the next")
        yield from dated

    def _dates(self) -> Iterator[tuple[int, Entry]]:
        entries = self.fields["since"].pairs()
        if not entries:
            raise self.fields["since"].refuse("there is no dated entry")
        for key, entry in entries:
            yield key.month(), entry

    def _newest(self, since: int, entry: Entry) -> Dated | None:
        """Of several publications for one date the last one that was known."""
        readings = [self._dated(since, item) for item in (entry.sequence() if entry.is_sequence else [entry])]
        for earlier, later in pairwise(readings):
            if earlier.published is None or later.published is None or earlier.published >= later.published:
                raise BookRefused(later.place, "publications for one date follow in the order of their days")
        known = self.known
        return next(
            (one for one in reversed(readings) if known is None or one.published is None or one.published <= known),
            None,
        )

    def _dated(self, since: int, entry: Entry) -> Dated:
        fields = entry.fields(("value",), ("source", "published", "unverified", "until"))
        unverified = fields["unverified"].flag() if "unverified" in fields else self.unverified
        source = fields.get("source", self.fields.get("source"))
        if source is None:
            raise entry.refuse("source is missing: where the value is written")
        published = fields.get("published", self.fields.get("published"))
        if published is None and not unverified:
            raise entry.refuse("published is missing: the day the value could be known")
        until = fields["until"].month() if "until" in fields else None
        if until is not None and until < since:
            raise fields["until"].refuse("until lies before since")
        return Dated(
            since=since,
            until=until,
            values=self._values(fields["value"]),
            source=source.text(),
            published=published.day() if published is not None else None,
            unverified=unverified,
            place=entry.place,
        )

    def _values(self, entry: Entry) -> tuple[int, ...]:
        if self.rows is None:
            return (self._value(entry),)
        names = self.facts[self.rows].codes if self.rows in self.facts else {}
        table = {self._row(key, names): self._value(value) for key, value in entry.pairs()}
        keys = sorted(table)
        if not keys or keys != list(range(keys[0], keys[-1] + 1)):
            raise entry.refuse("rows are missing in the middle of the table")
        if names and len(keys) != len(names):
            raise entry.refuse(f"the table has not all rows of {self.rows}")
        if self.length is not None and (self.first_row, self.length) != (keys[0], len(keys)):
            raise entry.refuse("the table has other rows than that of the entry before")
        self.first_row, self.length = keys[0], len(keys)
        return tuple(table[key] for key in keys)

    def _row(self, key: Entry, names: Mapping[str, int]) -> int:
        if not names:
            return key.whole()
        if key.text() not in names:
            raise key.refuse(f"{key.text()} is no {self.rows}")
        return names[key.text()]

    def _value(self, entry: Entry) -> int:
        if self.unit == CODE:
            if entry.text() not in self.codes:
                raise entry.refuse(f"{entry.text()} is none of {', '.join(self.codes)}")
            return self.codes[entry.text()]
        value = entry.quantity(self.unit)
        if self.unit == FLAG and value not in (0, 1):
            raise entry.refuse("a flag is 1 or 0")
        return value
