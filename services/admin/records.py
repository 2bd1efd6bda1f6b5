"""One line of a CSV file becomes one message of the contract."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

M = TypeVar("M", bound=Message)

_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)


class RecordRejected(Exception):
    """A line cannot be sent; reasons are those of the contract where it has one. Holds nothing of the line."""

    def __init__(self, field_name: str, reason: str, message: str) -> None:
        super().__init__(message)
        self.field = field_name
        self.reason = reason


class _EnumType(Protocol):
    @property
    def DESCRIPTOR(self) -> EnumDescriptor: ...  # noqa: N802  protobuf's name


@dataclass(frozen=True, slots=True)
class Column:
    """A column and how its text is read; here: as text."""

    name: str

    def read(self, text: str) -> "str | int | Timestamp | None":
        """Turn a cell into a field's value; None leaves the field unset."""
        return text


@dataclass(frozen=True, slots=True)
class Whole(Column):
    """A column of whole numbers."""

    optional: bool = False
    """An empty cell is a missing value, not a fault."""

    def read(self, text: str) -> int | None:
        """Read a decimal number of at most 18 digits."""
        if not text and self.optional:
            return None
        if not text:
            raise RecordRejected(self.name, "FIELD_REQUIRED", f"{self.name} is required.")
        if not _WHOLE.fullmatch(text):
            raise RecordRejected(self.name, "VALUE_OUT_OF_RANGE", f"{self.name} must be a whole number.")
        return int(text)


@dataclass(frozen=True, slots=True)
class Word(Column):
    """A column of an enumeration's words, without prefix; an empty cell is UNSPECIFIED."""

    numbers: Mapping[str, int] = field(default_factory=dict)

    def read(self, text: str) -> int:
        """Look the word up."""
        number = self.numbers.get(text)
        if number is None:
            known = ", ".join(word for word in self.numbers if word)
            raise RecordRejected(self.name, "UNKNOWN_VALUE", f"{self.name} must be one of: {known}.")
        return number


def yes(name: str) -> Word:
    """Declare a column that says yes or no; an empty cell means no."""
    return Word(name, {"": 0, "no": 0, "yes": 1})


def word(name: str, kind: _EnumType) -> Word:
    """Declare a column of a generated enumeration."""
    values = kind.DESCRIPTOR.values
    prefix = values[0].name.removesuffix("UNSPECIFIED")
    return Word(name, {value.name.removeprefix(prefix) if value.number else "": value.number for value in values})


@dataclass(frozen=True, slots=True)
class Moment(Column):
    """A column of moments; an empty cell leaves the field unset."""

    def read(self, text: str) -> Timestamp | None:
        """Read RFC 3339 with an offset, for example 2026-11-25T18:00:00+08:00."""
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise RecordRejected(
                self.name, "IMPOSSIBLE_DATE", f"{self.name} must be a moment with an offset (RFC 3339)."
            )
        found = Timestamp()
        found.FromDatetime(moment)
        return found


@dataclass(frozen=True, slots=True)
class PersonColumn(Column):
    """The column of an identity number, which the message holds as the name of a person."""

    name: str = "identity_number"


PERSON_FIELD = "person"


class RecordType(Generic[M]):
    """The lines of one kind of file: their columns in order, and the message that each becomes."""

    def __init__(self, message: type[M], *columns: Column) -> None:
        self._message = message
        self._columns = columns
        self.header = [column.name for column in columns]
        """The file's first line, exactly."""
        places = [place for place, column in enumerate(columns) if isinstance(column, PersonColumn)]
        self.identity_place = places[0] if places else None
        """Where a line has the identity number that is to be resolved; None when it is sent as it is, or has none."""

    def cells(self, line: str) -> list[str]:
        """Split a line; raises RecordRejected. Every line stands alone, so that an open quote spoils only its own."""
        if '"' not in line:
            cells = line.split(",")
        else:
            try:
                cells = next(csv.reader([line], strict=True))
            except csv.Error as error:
                raise RecordRejected("", "MALFORMED_LINE", "The line's quotes are not closed or misplaced.") from error
        if len(cells) != len(self.header):
            raise RecordRejected(
                "", "MALFORMED_LINE", f"The line has {len(cells)} values; the header has {len(self.header)} columns."
            )
        return cells

    def message(self, cells: Sequence[str], person: str) -> M:
        """Make the message of a line, of the person that was found for it; raises RecordRejected."""
        values: dict[str, str | int | Timestamp] = {}
        for column, cell in zip(self._columns, cells, strict=True):
            if isinstance(column, PersonColumn):
                values[PERSON_FIELD] = person
                continue
            value = column.read(cell)
            if value is not None:
                values[column.name] = value
        return self._message(**values)

    def column_of(self, field_name: str) -> str:
        """Give the column that a field of the message comes from, as rejections name it."""
        return "identity_number" if field_name == PERSON_FIELD and self.identity_place is not None else field_name
