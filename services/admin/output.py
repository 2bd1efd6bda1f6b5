"""What a command prints: records on stdout as a table, JSON or JSON lines; everything for the person on stderr.

JSON is protobuf's own mapping with the field names of the contract, so 64-bit numbers are texts in it. Services
mask what must be masked; nothing here could unmask it.
"""

import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from rich.table import Table
from rich.text import Text

from services.common.clock import BUREAU_ZONE

M = TypeVar("M", bound=Message)
Record = Mapping[str, str | int | bool | None]
"""A record that is no message of the contract, for example an import's counts."""

_FILE_WIDTH = 10_000  # a pipe has no width: never cut or wrap what a program reads
_FEN = "_fen"


class Format(StrEnum):
    """How records are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"


def tell(text: str) -> None:
    """Say something to the person at the terminal, apart from the records."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


class Printer:
    """Prints records in the chosen form."""

    def __init__(self, form: Format) -> None:
        self.form = form

    def one(self, message: Message) -> None:
        """Print one record; as a table it stands upright, a line a field."""
        if self.form is not Format.TABLE:
            self._json(as_dict(message))
            return
        table = _upright()
        for field in message.DESCRIPTOR.fields:
            text = cell(message, field.name)
            if text:
                table.add_row(title(field.name), Text(text))
        _print(table)

    def record(self, record: Record) -> None:
        """Print one record that is no message."""
        if self.form is not Format.TABLE:
            self._json(record)
            return
        table = _upright()
        for name, value in record.items():
            if value is None:
                continue
            table.add_row(title(name), Text(_record_cell(name, value)))
        _print(table)

    def records(self, records: Sequence[Record]) -> None:
        """Print a short list of records that are no messages; all have the same names."""
        if self.form is Format.JSON:
            sys.stdout.write(json.dumps(records, ensure_ascii=False, indent=2) + "\n")
        elif self.form is Format.JSONL:
            sys.stdout.writelines(map(_line, records))
        elif records:
            table = _lying(list(records[0]))
            for record in records:
                table.add_row(*(Text(_record_cell(name, value)) for name, value in record.items()))
            _print(table)

    def gap(self) -> None:
        """Leave an empty line between two tables."""
        sys.stdout.write("\n")

    async def many(self, messages: AsyncIterator[M], columns: Sequence[str]) -> None:
        """Print a list; `columns` are the fields that a table shows, a dot steps into a nested message."""
        if self.form is Format.TABLE:
            await self._table(messages, columns)
        elif self.form is Format.JSONL:
            async for message in messages:
                self.line(message, columns)
        else:
            before = "["
            async for message in messages:
                sys.stdout.write(before + json.dumps(as_dict(message), ensure_ascii=False))
                before = ",\n "
            sys.stdout.write("[]\n" if before == "[" else "]\n")

    def line(self, message: Message, columns: Sequence[str]) -> None:
        """Print one record of a stream at once, on one line."""
        if self.form is Format.TABLE:
            sys.stdout.write("  ".join(cell(message, column) or "-" for column in columns) + "\n")
        else:
            sys.stdout.write(_line(as_dict(message)))
        sys.stdout.flush()

    async def _table(self, messages: AsyncIterator[M], columns: Sequence[str]) -> None:
        table = _lying(columns)
        found = 0
        async for message in messages:
            table.add_row(*(Text(cell(message, column)) for column in columns))
            found += 1
        if found:
            _print(table)
        else:
            tell("nothing found")

    def _json(self, record: Mapping[str, object]) -> None:
        if self.form is Format.JSONL:
            sys.stdout.write(_line(record))
        else:
            sys.stdout.write(json.dumps(record, ensure_ascii=False, indent=2) + "\n")


class _Named(Protocol):
    @property
    def name(self) -> str: ...


class _Enum(Protocol):
    @property
    def values_by_number(self) -> Mapping[int, _Named]: ...


class _Field(_Named, Protocol):
    @property
    def enum_type(self) -> _Enum | None: ...


def as_dict(message: Message) -> dict[str, object]:
    """Give a message in protobuf's JSON mapping, with the contract's field names and empty fields too."""
    found: dict[str, object] = MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return found


def title(column: str) -> str:
    """Give a column's heading: amounts in fen are shown in yuan."""
    name = column.rpartition(".")[2]
    return f"{name.removesuffix(_FEN)} (yuan)" if name.endswith(_FEN) else name


def cell(message: Message, path: str) -> str:
    """Give a field's value for the eye; empty when it is not set."""
    first, _, rest = path.partition(".")
    field = message.DESCRIPTOR.fields_by_name[first]
    value = getattr(message, first)
    if rest:
        return cell(value, rest)
    if field.has_presence and not message.HasField(first):
        return ""
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return ", ".join(f"{key}={value[key]}" for key in sorted(value))
    if field.is_repeated:
        return ", ".join(_scalar(field, each) for each in value)
    return _scalar(field, value)


def _scalar(field: _Field, value: object) -> str:
    if isinstance(value, Timestamp):
        moment = datetime.fromtimestamp(value.seconds, UTC).astimezone(BUREAU_ZONE)
        return moment.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, Message):
        return _line(as_dict(value)).strip()
    if field.enum_type is not None and isinstance(value, int):
        return enum_word(field.enum_type, value)
    if isinstance(value, bytes):
        return value.hex()
    return _record_cell(field.name, value)


def enum_word(kind: _Enum, number: int) -> str:
    """Give an enumeration's value without its prefix; empty for UNSPECIFIED."""
    prefix = kind.values_by_number[0].name.removesuffix("UNSPECIFIED")
    known = kind.values_by_number.get(number)
    return str(number) if known is None else known.name.removeprefix(prefix) if number else ""


def yuan(fen: int) -> str:
    """Write an amount in fen as yuan."""
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole:,}.{rest:02d}"


def _record_cell(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and name.endswith(_FEN):
        return yuan(value)
    return "" if value is None else str(value)


def _line(record: Mapping[str, object]) -> str:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"


def _lying(columns: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        if column.endswith((_FEN, "_count")):
            table.add_column(title(column), justify="right", overflow="fold")
        else:
            table.add_column(title(column), overflow="fold")
    return table


def _upright() -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    return table


def _print(table: Table) -> None:
    if sys.stdout.isatty():
        Console().print(table)
        return
    console = Console(width=_FILE_WIDTH)
    with console.capture() as text:
        console.print(table)
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in text.get().splitlines())
