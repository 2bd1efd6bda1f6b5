"""Strict reading of YAML: every value knows its line, and nothing is guessed from its look."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import yaml

from services.common.months import parse_date, parse_month
from services.eligibility.book.refusal import BookRefused

_WHOLE = re.compile(r"-?[0-9]+(_[0-9]{3})*", re.ASCII)
_LONGEST = 32
_OUTSIDE = 2**63
_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """A value of a file, with its place."""

    file: str
    node: yaml.Node

    @property
    def place(self) -> str:
        """File and line, for people."""
        return f"{self.file}:{self.node.start_mark.line + 1}"

    def refuse(self, message: str) -> BookRefused:
        """Make the error that says what is wrong at this place."""
        return BookRefused(self.place, message)

    def pairs(self) -> "list[tuple[Entry, Entry]]":
        """Read keys and values in their order; a repeated key is refused."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.refuse("keys with values are expected here")
        found = [(Entry(self.file, key), Entry(self.file, value)) for key, value in self.node.value]
        seen: set[str] = set()
        for key, _ in found:
            if key.text() in seen:
                raise key.refuse(f"{key.text()} is given twice")
            seen.add(key.text())
        return found

    def mapping(self) -> "dict[str, Entry]":
        """Read keys and values, keys as texts."""
        return {key.text(): value for key, value in self.pairs()}

    def fields(self, required: Collection[str], optional: Collection[str] = ()) -> "dict[str, Entry]":
        """Read a mapping that has all required keys and none that is unknown."""
        for key, _ in self.pairs():
            if key.text() not in required and key.text() not in optional:
                raise key.refuse(f"unknown key {key.text()}")
        entries = self.mapping()
        missing = [name for name in required if name not in entries]
        if missing:
            raise self.refuse(f"{missing[0]} is missing")
        return entries

    def sequence(self) -> "list[Entry]":
        """Read a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.refuse("a list is expected here")
        return [Entry(self.file, node) for node in self.node.value]

    @property
    def is_sequence(self) -> bool:
        """Whether a list stands here."""
        return isinstance(self.node, yaml.SequenceNode)

    def text(self) -> str:
        """Read a text that is not empty."""
        if not isinstance(self.node, yaml.ScalarNode) or not self.node.value.strip():
            raise self.refuse("a text is expected here")
        return str(self.node.value).strip()

    def name(self) -> str:
        """Read a name of the book."""
        text = self.text()
        if _NAME.fullmatch(text) is None:
            raise self.refuse("a name consists of small letters, digits and _")
        return text

    def whole(self) -> int:
        """Read a whole number; 1_000 is allowed."""
        text = self.text()
        if _WHOLE.fullmatch(text) is None:
            raise self.refuse("a whole number is expected here")
        if len(text) > _LONGEST or abs(int(text)) >= _OUTSIDE:
            raise self.refuse("the number is larger than 64 bits hold")
        return int(text)

    def flag(self) -> bool:
        """Read true or false."""
        text = self.text()
        if text not in ("true", "false"):
            raise self.refuse("true or false is expected here")
        return text == "true"

    def month(self) -> int:
        """Read YYYY-MM as months since year 0."""
        try:
            return parse_month(self.text())
        except ValueError as error:
            raise self.refuse(str(error)) from error

    def day(self) -> date:
        """Read YYYY-MM-DD."""
        try:
            return parse_date(self.text())
        except ValueError as error:
            raise self.refuse(str(error)) from error

    def quantity(self, unit: str) -> int:
        """Read a value of a unit: a month is written YYYY-MM, all else as a whole number."""
        return self.month() if unit == "month" else self.whole()


def read_document(file: str, text: str) -> Entry:
    """Read the text of a file. Raises BookRefused when it is empty or no YAML."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
        raise BookRefused(f"{file}:{line}", f"no YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise BookRefused(f"{file}:1", "no YAML: it holds a character that cannot be printed") from error
    except RecursionError as error:
        raise BookRefused(f"{file}:1", "no YAML: it is nested too deeply") from error
    if node is None:
        raise BookRefused(f"{file}:1", "the file is empty")
    return Entry(file, node)
