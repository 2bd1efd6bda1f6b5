"""Columns that are expressions of SQL: the kind of value with which the rules of the book write their own query.

A rule is run on expressions as it is run on numbers and arrays. What it gives is text; the bounds that go with it are
those of the book's own check, so division and remainder are written short wherever nothing can be negative, and what
is certain is written as the number that it is.

A text that is used again would double at each use. So each result of a rule, and any part that has become long, is a
column of its own, in a layer of the query above those that it reads from.
"""

from dataclasses import dataclass, field

from services.eligibility.book.interval import Interval, hull, interval
from services.eligibility.book.ops import Column
from services.eligibility.engines.dialect import Dialect

_LONG = 160
"""Characters from which on an operand becomes a column of its own."""


@dataclass(slots=True)
class Layers:
    """The columns of a query, by the layer that computes them; a layer reads what those below have computed."""

    dialect: Dialect
    columns: list[dict[str, str]] = field(default_factory=lambda: [{}])
    """Of each layer the text of each new column."""
    _named: dict[str, "Expression"] = field(default_factory=dict)
    """Columns of long operands, by their text."""

    def column(self, name: str, expression: "Expression") -> "Expression":
        """Compute an expression as a column; give the column."""
        while len(self.columns) <= expression.layer:
            self.columns.append({})
        self.columns[expression.layer][name] = expression.text
        return Expression(self, f'"{name}"', expression.bounds, expression.layer + 1, expression.is_condition)

    def short(self, expression: "Expression") -> "Expression":
        """Give an expression that may be written several times."""
        if len(expression.text) < _LONG:
            return expression
        if expression.text not in self._named:
            self._named[expression.text] = self.column(f"part {len(self._named) + 1}", expression)
        return self._named[expression.text]


@dataclass(frozen=True, slots=True, eq=False)
class Expression(Column):
    """A text of SQL, never NULL, that gives a whole number of 64 bits, or a truth when it is a condition."""

    layers: Layers = field(repr=False)
    text: str
    bounds: Interval
    """Of its values; of a condition 0 to 1."""
    layer: int
    """The lowest layer that can compute it."""
    is_condition: bool = False

    @property
    def is_column(self) -> bool:
        """Whether it is a column that a layer has computed."""
        return self.text.startswith('"')

    def __add__(self, other: object) -> "int | Expression":
        return self._infix("+", other, self.bounds + _bounds(other))

    def __radd__(self, other: object) -> "int | Expression":
        return self + other

    def __sub__(self, other: object) -> "int | Expression":
        return self._infix("-", other, self.bounds - _bounds(other))

    def __rsub__(self, other: object) -> "int | Expression":
        return self._like(other)._infix("-", self, _bounds(other) - self.bounds)

    def __mul__(self, other: object) -> "int | Expression":
        return self._infix("*", other, self.bounds * _bounds(other))

    def __rmul__(self, other: object) -> "int | Expression":
        return self * other

    def __neg__(self) -> "int | Expression":
        return 0 - self

    def __floordiv__(self, other: object) -> "int | Expression":
        """Divide as Python does, downwards; SQL divides towards zero."""
        number, divisor, bounds = self._number(), self._like(other)._number(), self.bounds // _bounds(other)
        quotient = self.layers.dialect.quotient(number.text, divisor.text)
        if self.bounds.low < 0:
            below = f"{number.text} % {divisor.text} < 0"
            quotient = f"({quotient} - CASE WHEN {below} THEN {_literal(1)} ELSE {_literal(0)} END)"
        return self._made(quotient, bounds, number, divisor)

    def __rfloordiv__(self, other: object) -> "int | Expression":
        return self._like(other) // self

    def __mod__(self, other: object) -> "int | Expression":
        """Give the remainder as Python does, never negative; SQL gives it the dividend's sign."""
        number, divisor, bounds = self._number(), self._like(other)._number(), self.bounds % _bounds(other)
        rest = f"({number.text} % {divisor.text})"
        if self.bounds.low < 0:
            rest = f"CASE WHEN {rest} < 0 THEN {rest} + {divisor.text} ELSE {rest} END"
        return self._made(rest, bounds, number, divisor)

    def __rmod__(self, other: object) -> "int | Expression":
        return self._like(other) % self

    def __lt__(self, other: object) -> "int | Expression":
        return self._infix("<", other, self.bounds < _bounds(other), is_condition=True)

    def __le__(self, other: object) -> "int | Expression":
        return self._infix("<=", other, self.bounds <= _bounds(other), is_condition=True)

    def __gt__(self, other: object) -> "int | Expression":
        return self._infix(">", other, self.bounds > _bounds(other), is_condition=True)

    def __ge__(self, other: object) -> "int | Expression":
        return self._infix(">=", other, self.bounds >= _bounds(other), is_condition=True)

    def __eq__(self, other: object) -> "int | Expression":  # type: ignore[override]  # a column compares row by row, as an array does
        return self._infix("=", other, self.bounds == _bounds(other), is_condition=True)

    def __ne__(self, other: object) -> "int | Expression":  # type: ignore[override]  # likewise
        return self._infix("<>", other, self.bounds != _bounds(other), is_condition=True)

    __hash__ = None  # type: ignore[assignment]  # equality gives a column

    def __bool__(self) -> bool:
        raise TypeError("a condition of a rule is chosen with where, not with if")

    def where(self, yes: object, no: object) -> "int | Expression":
        """Choose; self is the condition."""
        condition, first, second = self.condition(), self._like(yes)._number(), self._like(no)._number()
        if first.text == second.text:
            return self._made(first.text, first.bounds, first)
        text = f"CASE WHEN {condition.text} THEN {first.text} ELSE {second.text} END"
        return self._made(text, hull(first.bounds, second.bounds), condition, first, second)

    def least(self, other: object) -> "int | Expression":
        """Give the smaller."""
        return self._call("least", other, self.bounds.least(_bounds(other)))

    def most(self, other: object) -> "int | Expression":
        """Give the larger."""
        return self._call("greatest", other, self.bounds.most(_bounds(other)))

    def logical_and(self, other: object) -> "int | Expression":
        """Both."""
        return self._joined("AND", other, _truth(self.bounds).least(_truth(_bounds(other))))

    def logical_or(self, other: object) -> "int | Expression":
        """At least one."""
        return self._joined("OR", other, _truth(self.bounds).most(_truth(_bounds(other))))

    def logical_not(self) -> "int | Expression":
        """Tell the contrary."""
        condition = self.condition()
        return self._made(f"(NOT {condition.text})", condition.bounds.logical_not(), condition, is_condition=True)

    def condition(self) -> "Expression":
        """Give it as a truth: what is not 0 holds."""
        short = self.layers.short(self)
        if self.is_condition:
            return short
        return Expression(self.layers, f"({short.text} <> 0)", _truth(self.bounds), short.layer, is_condition=True)

    def number(self) -> "Expression":
        """Give it as a number: what holds is 1."""
        if not self.is_condition:
            return self
        text = f"CASE WHEN {self.text} THEN {_literal(1)} ELSE {_literal(0)} END"
        return Expression(self.layers, text, self.bounds, self.layer)

    def united(self, other: object) -> "int | Expression":
        """Give the bits of both numbers, neither of which is negative."""
        first, second = self._number(), self._like(other)._number()
        bits = max(self.bounds.high, _bounds(other).high).bit_length()
        text = self.layers.dialect.union(first.text, second.text)
        return self._made(text, Interval(0, (1 << bits) - 1), first, second)

    def _number(self) -> "Expression":
        return self.layers.short(self.number())

    def _like(self, other: object) -> "Expression":
        return other if isinstance(other, Expression) else constant(self.layers, other)

    def _infix(self, sign: str, other: object, bounds: Interval, *, is_condition: bool = False) -> "int | Expression":
        left, right = self._number(), self._like(other)._number()
        return self._made(f"({left.text} {sign} {right.text})", bounds, left, right, is_condition=is_condition)

    def _call(self, function: str, other: object, bounds: Interval) -> "int | Expression":
        left, right = self._number(), self._like(other)._number()
        return self._made(f"{function}({left.text}, {right.text})", bounds, left, right)

    def _joined(self, word: str, other: object, bounds: Interval) -> "int | Expression":
        left, right = self.condition(), self._like(other).condition()
        return self._made(f"({left.text} {word} {right.text})", bounds, left, right, is_condition=True)

    def _made(
        self, text: str, bounds: Interval, *parts: "Expression", is_condition: bool = False
    ) -> "int | Expression":
        """Give what was written of some parts; what can have one value only is that number."""
        if bounds.low == bounds.high:
            return bounds.low
        return Expression(self.layers, text, bounds, max(part.layer for part in parts), is_condition)


def constant(layers: Layers, value: object) -> Expression:
    """Write a number."""
    bounds = interval(value)
    return Expression(layers, _literal(bounds.low), bounds, 0)


def _literal(number: int) -> str:
    """Write a number with its type: the engines would give it a smaller one, that overflows."""
    return f"CAST({number} AS BIGINT)"


def _bounds(value: object) -> Interval:
    return value.bounds if isinstance(value, Expression) else interval(value)


def _truth(bounds: Interval) -> Interval:
    return bounds != 0
