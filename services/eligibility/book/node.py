"""The three kinds of node of a plan: facts, parameters and rules, each for one person, for a batch, and as bounds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from services.eligibility.book.explain import Step
from services.eligibility.book.fact import Fact
from services.eligibility.book.interval import Interval, hull, interval
from services.eligibility.book.parameter import Dated, Parameter
from services.eligibility.book.rule import Rule

Numbers = NDArray[np.int64]
Truths = NDArray[np.bool_]
Values = int | Numbers
"""A column of a batch, conditions included; an int stands for a column of equal values."""

MISSING = -(2**63)
"""In a column: this row's value is not known."""


_new = tuple.__new__
"""Steps are made so, past the named tuple's own constructor: dozens in each decision, at less than half the time."""

_NOTHING: Mapping[str, int] = MappingProxyType({})


class Cells(NamedTuple):
    """A computed column."""

    values: Values
    lacking: Values
    """Bits of what each row lacks; its value means nothing then. A plain 0: no row lacks anything."""
    unverified: bool | Truths
    """Whether each row rests here on what nobody has compared with the law."""


class Node(Protocol):
    """What a plan computes."""

    @property
    def name(self) -> str:
        """Its name in the book."""

    @property
    def place(self) -> str:
        """Where it is written: file and line."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """What it is computed from."""

    def one(self, givens: dict[str, int]) -> Step | None:
        """Compute it for one person; None when there is no value for the case."""

    def many(self, givens: list[Values], bit: int) -> Cells:
        """Compute it for a batch; `bit` marks rows for which it has no value itself."""

    def bounds(self, givens: list[Interval]) -> Interval:
        """Give the bounds of its values."""


@dataclass(frozen=True, slots=True)
class FactNode:
    """A fact; computed only where it was not given, and then it is its default, not needed, or missing."""

    fact: Fact

    @property
    def name(self) -> str:
        """Its name in the book."""
        return self.fact.name

    @property
    def place(self) -> str:
        """Where it is written."""
        return self.fact.place

    @property
    def inputs(self) -> tuple[str, ...]:
        """The default or the condition that asks for it, if there is one."""
        return tuple(name for name in (self.fact.default, self.fact.needed_if) if name is not None)

    def given(self, value: int, givens: Mapping[str, int] = _NOTHING) -> Step:
        """Tell a value that was given."""
        fact = self.fact
        return _new(Step, (fact.name, fact.title, value, fact.unit, fact.source, givens, False))

    def one(self, givens: dict[str, int]) -> Step | None:
        """Take the default, or the least where the case does not need it."""
        for value in givens.values():
            if self.fact.needed_if is None:
                return self.given(value, givens)
            return None if value else self.given(self.fact.least, givens)
        return None

    def many(self, givens: list[Values], bit: int) -> Cells:
        """Take the default; without one, the least keeps the rows harmless."""
        if self.fact.needed_if is not None:
            asked = givens[0]
            lacking: Values = np.where(asked, bit, 0) if isinstance(asked, np.ndarray) else bit if asked else 0
            return Cells(self.fact.least, lacking, False)
        return Cells(givens[0], 0, False) if givens else Cells(self.fact.least, bit, False)

    def bounds(self, givens: list[Interval]) -> Interval:
        """Give the bounds of the fact, and of its default."""
        own = Interval(self.fact.least, self.fact.most)
        return own if self.fact.default is None else hull(own, *givens)


@dataclass(frozen=True, slots=True)
class RuleNode:
    """A version of a rule."""

    rule: Rule

    @property
    def name(self) -> str:
        """Its name in the book."""
        return self.rule.name

    @property
    def place(self) -> str:
        """Where it is written."""
        return self.rule.place

    @property
    def inputs(self) -> tuple[str, ...]:
        """The arguments of its function."""
        return self.rule.inputs

    def one(self, givens: dict[str, int]) -> Step | None:
        """Apply the rule."""
        rule = self.rule
        value = int(rule.function(*givens.values()))
        return _new(Step, (rule.name, rule.title, value, rule.unit, rule.article, givens, rule.unverified))

    def many(self, givens: list[Values], bit: int) -> Cells:  # noqa: ARG002  a rule has a value whenever its inputs have
        """Apply the rule to all rows at once."""
        return Cells(self.rule.function(*givens), 0, self.rule.unverified)

    def bounds(self, givens: list[Interval]) -> Interval:
        """Apply the rule to bounds."""
        return interval(self.rule.function(*givens))


@dataclass(frozen=True, slots=True)
class ParameterNode:
    """A parameter, its entries laid out for look-up by month."""

    parameter: Parameter
    values: Numbers = field(init=False)
    """One line an entry, one column a row of the table."""
    months: Numbers = field(init=False)
    """Number of the entry of each month, from the month before the first entry on; -1 where there is none."""
    unverified: Truths = field(init=False)
    """Of each entry."""

    def __post_init__(self) -> None:
        entries = self.parameter.entries
        end = entries[-1].since if entries[-1].until is None else entries[-1].until + 1
        numbers = {entry: number for number, entry in enumerate(entries)}
        months = [_number(numbers, self.parameter.entry_of(month)) for month in range(entries[0].since - 1, end + 1)]
        object.__setattr__(self, "values", np.array([entry.values for entry in entries], dtype=np.int64))
        object.__setattr__(self, "months", np.array(months, dtype=np.int64))
        object.__setattr__(self, "unverified", np.array([entry.unverified for entry in entries], dtype=np.bool_))

    @property
    def name(self) -> str:
        """Its name in the book."""
        return self.parameter.name

    @property
    def place(self) -> str:
        """Where it is written."""
        return self.parameter.place

    @property
    def inputs(self) -> tuple[str, ...]:
        """The month that picks the entry, and the column that picks the row."""
        parameter = self.parameter
        return (parameter.by,) if parameter.rows is None else (parameter.by, parameter.rows)

    def one(self, givens: dict[str, int]) -> Step | None:
        """Look it up."""
        parameter = self.parameter
        entry = parameter.entry_of(givens[parameter.by])
        row = 0 if parameter.rows is None else parameter.row_of(givens[parameter.rows])
        if entry is None or row is None:
            return None
        value = entry.values[row]
        return _new(
            Step, (parameter.name, parameter.title, value, parameter.unit, entry.source, givens, entry.unverified)
        )

    def many(self, givens: list[Values], bit: int) -> Cells:
        """Look all rows up at once."""
        entry, no_entry = self._entry(givens[0])
        row, no_row = (0, False) if self.parameter.rows is None else self._row(givens[1])
        nothing = no_entry | no_row
        lacking: Values = nothing * bit if isinstance(nothing, np.ndarray) else bit if nothing else 0
        unverified = self.unverified.take(entry) if isinstance(entry, np.ndarray) else bool(self.unverified[entry])
        if isinstance(entry, np.ndarray) and isinstance(row, np.ndarray):
            return Cells(self.values[entry, row], lacking, unverified)
        if isinstance(entry, np.ndarray):
            return Cells(self.values[:, row].take(entry), lacking, unverified)
        if isinstance(row, np.ndarray):
            return Cells(self.values[entry].take(row), lacking, unverified)
        return Cells(int(self.values[entry, row]), lacking, unverified)

    def bounds(self, givens: list[Interval]) -> Interval:  # noqa: ARG002  any entry and row may be picked
        """Give the smallest and the largest value of any date and row."""
        return Interval(int(self.values.min()), int(self.values.max()))

    def _entry(self, month: Values) -> tuple[Values, bool | Truths]:
        """Give the number of the entry of each row, and the rows that have none."""
        first, last = self.parameter.entries[0].since, len(self.months) - 1
        if not isinstance(month, np.ndarray):
            number = int(self.months[min(max(month - first + 1, 0), last)])
            return max(number, 0), number < 0
        if len(self.parameter.entries) == 1 and self.parameter.entries[0].until is None:
            return 0, month < first if month.min() < first else False
        numbers = self.months.take(month - (first - 1), mode="clip")
        return (np.maximum(numbers, 0), numbers < 0) if numbers.min() < 0 else (numbers, False)

    def _row(self, key: Values) -> tuple[Values, bool | Truths]:
        """Give the row of the table for each row of the batch, and the rows that are outside."""
        position = key - self.parameter.first_row
        last = self.values.shape[1] - 1
        if not isinstance(position, np.ndarray):
            return min(max(position, 0), last), not 0 <= position <= last
        if position.min() >= 0 and position.max() <= last:
            return position, False
        return np.clip(position, 0, last), (position < 0) | (position > last)


def _number(numbers: dict[Dated, int], entry: Dated | None) -> int:
    return -1 if entry is None else numbers[entry]
