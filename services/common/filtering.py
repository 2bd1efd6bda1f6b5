"""The part of AIP-160 that lists and watches understand.

    status = ENABLED AND (issuing_division = "370202" OR issuing_division = "370203") AND NOT amount < 500

Comparisons with `=  !=  <  <=  >  >=`, joined by AND, OR, NOT and parentheses. Which fields there are, and how the text
of a value is read, says the caller. A filter is a small tree that a store turns into SQL (`filter_sql`) and a stream
asks with `matches`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from services.common.errors import InvalidInput

Value = str | int
Fields = Mapping[str, Callable[[str], Value]]
"""Field name -> reader of a value's text; a reader raises ValueError for a text that cannot be such a value."""

MAX_LENGTH = 2_000
MAX_DEPTH = 20
_TOKEN = re.compile(r'\s*(?:(?P<punct>\(|\)|!=|<=|>=|=|<|>)|"(?P<quoted>[^"]*)"|(?P<word>[^\s()=!<>"]+))')
_NAME = re.compile(r"[a-z_]{1,40}")
_OPERATORS = frozenset(("=", "!=", "<", "<=", ">", ">="))


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field operator value`."""

    field: str
    operator: str
    value: Value


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; with no part at all: everything."""

    parts: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Filter"


Filter = Comparison | All | AnyOf | Not
EVERYTHING = All(())


def parse(text: str, fields: Fields) -> Filter:
    """Read a filter; raise InvalidInput naming what cannot be read. An empty text lets everything through."""
    if len(text) > MAX_LENGTH:
        raise _wrong(f"A filter has at most {MAX_LENGTH} characters.", fields)
    if not text.isprintable():
        raise _wrong("A filter is one line of printable characters.", fields)
    if not text.strip():
        return EVERYTHING
    parser = _Parser(_split(text, fields), fields)
    found = parser.any_of(0)
    if parser.next is not None:
        raise _wrong(f"Expected AND, OR or the end instead of {_shown(parser.next[1])}.", fields)
    return found


def matches(tested: Filter, record: Mapping[str, Value]) -> bool:
    """Tell whether a record passes; it has a value for every field that the filter may name."""
    match tested:
        case All(parts):
            return all(matches(part, record) for part in parts)
        case AnyOf(parts):
            return any(matches(part, record) for part in parts)
        case Not(part):
            return not matches(part, record)
        case Comparison(field, operator, value):
            return _compare(record[field], operator, value)


def values_of(wanted: Filter, field: str) -> set[str]:
    """Give the texts that a filter compares a field with."""
    match wanted:
        case All(parts) | AnyOf(parts):
            return {value for part in parts for value in values_of(part, field)}
        case Not(part):
            return values_of(part, field)
        case Comparison(name, _, value):
            return {str(value)} if name == field else set()


def renamed(wanted: Filter, field: str, names: Mapping[str, Sequence[str]]) -> Filter:
    """Let a filter that asks for a value of a field, or for all others, mean each of the value's other names."""
    match wanted:
        case All(parts):
            return All(tuple(renamed(part, field, names) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(renamed(part, field, names) for part in parts))
        case Not(part):
            return Not(renamed(part, field, names))
        case Comparison(name, "=" | "!=" as operator, value) if name == field and str(value) in names:
            meant = AnyOf(tuple(Comparison(field, "=", other) for other in names[str(value)]))
            return meant if operator == "=" else Not(meant)
        case _:
            return wanted


def _compare(left: Value, operator: str, right: Value) -> bool:
    if operator in ("=", "!="):
        return (left == right) == (operator == "=")
    if isinstance(left, int) and isinstance(right, int):
        return _order((left > right) - (left < right), operator)
    left, right = str(left), str(right)
    return _order((left > right) - (left < right), operator)


def _order(sign: int, operator: str) -> bool:
    return {"<": sign < 0, "<=": sign <= 0, ">": sign > 0, ">=": sign >= 0}[operator]


def _split(text: str, fields: Fields) -> list[tuple[str, str]]:
    tokens, position, text = [], 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _wrong(f"Cannot read the filter at character {position + 1}.", fields)
        tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
        position = match.end()
    return tokens


class _Parser:
    """Recursive descent; `depth` keeps a hostile text from using up the stack."""

    def __init__(self, tokens: list[tuple[str, str]], fields: Fields) -> None:
        self._tokens = tokens
        self._at = 0
        self._fields = fields

    @property
    def next(self) -> tuple[str, str] | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def any_of(self, depth: int) -> Filter:
        parts = [self._all(depth)]
        while self._take("word", "OR"):
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _all(self, depth: int) -> Filter:
        parts = [self._one(depth)]
        while self._take("word", "AND"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self, depth: int) -> Filter:
        if depth > MAX_DEPTH:
            raise _wrong(f"A filter nests at most {MAX_DEPTH} deep.", self._fields)
        if self._take("word", "NOT"):
            return Not(self._one(depth + 1))
        if self._take("punct", "("):
            inner = self.any_of(depth + 1)
            if not self._take("punct", ")"):
                raise _wrong("A parenthesis is not closed.", self._fields)
            return inner
        return self._comparison()

    def _comparison(self) -> Comparison:
        kind, field = self._pop()
        if kind != "word" or field not in self._fields:
            raise _wrong(f"Cannot filter by {_shown(field)}.", self._fields)
        kind, operator = self._pop()
        if kind != "punct" or operator not in _OPERATORS:
            raise _wrong(f"Expected a comparison after {_shown(field)}.", self._fields)
        kind, text = self._pop()
        if kind == "punct" or not kind:
            raise _wrong(f"Expected a value after '{field} {operator}'.", self._fields)
        try:
            return Comparison(field, operator, self._fields[field](text))
        except ValueError as error:
            raise _wrong(f"'{field}' cannot be compared with that value.", self._fields) from error

    def _take(self, kind: str, text: str) -> bool:
        if self.next != (kind, text):
            return False
        self._at += 1
        return True

    def _pop(self) -> tuple[str, str]:
        found = self.next or ("", "the end")
        self._at += 1
        return found


def _shown(word: str) -> str:
    """Repeat a word in an error if it can be a field's name: anything else may be somebody's number."""
    return f"'{word}'" if word == "the end" or _NAME.fullmatch(word) else "that"


def _wrong(message: str, fields: Fields) -> InvalidInput:
    names = ", ".join(sorted(fields))
    return InvalidInput("filter", "INVALID_FILTER", f"{message} Fields: {names}.", {"fields": names})
