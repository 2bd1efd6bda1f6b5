"""Bounds of a column: the kind of value with which a book is checked for overflow and division by zero at load."""

from dataclasses import dataclass

from services.eligibility.book.ops import Column

MOST = 2**63 - 1
"""What an int64 holds; minus one more is kept for "missing"."""


@dataclass(frozen=True, slots=True)
class Interval(Column):
    """All whole numbers from low to high; a condition is 0, 1, or both.

    Raises OverflowError when a value may leave int64, ZeroDivisionError when a divisor may be zero or negative.
    """

    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low < -MOST or self.high > MOST:
            raise OverflowError("a value may leave 64 bits")

    def __add__(self, other: object) -> "Interval":
        right = interval(other)
        return Interval(self.low + right.low, self.high + right.high)

    def __sub__(self, other: object) -> "Interval":
        right = interval(other)
        return Interval(self.low - right.high, self.high - right.low)

    def __mul__(self, other: object) -> "Interval":
        right = interval(other)
        corners = [left * factor for left in (self.low, self.high) for factor in (right.low, right.high)]
        return Interval(min(corners), max(corners))

    def __floordiv__(self, other: object) -> "Interval":
        right = _divisor(other)
        corners = [left // divisor for left in (self.low, self.high) for divisor in (right.low, right.high)]
        return Interval(min(corners), max(corners))

    def __mod__(self, other: object) -> "Interval":
        return Interval(0, _divisor(other).high - 1)

    def __radd__(self, other: object) -> "Interval":
        return self + other

    def __rmul__(self, other: object) -> "Interval":
        return self * other

    def __rsub__(self, other: object) -> "Interval":
        return interval(other) - self

    def __rfloordiv__(self, other: object) -> "Interval":
        return interval(other) // self

    def __neg__(self) -> "Interval":
        return Interval(-self.high, -self.low)

    def __lt__(self, other: object) -> "Interval":
        right = interval(other)
        return _condition(always=self.high < right.low, never=self.low >= right.high)

    def __le__(self, other: object) -> "Interval":
        right = interval(other)
        return _condition(always=self.high <= right.low, never=self.low > right.high)

    def __gt__(self, other: object) -> "Interval":
        return interval(other) < self

    def __ge__(self, other: object) -> "Interval":
        return interval(other) <= self

    def __eq__(self, other: object) -> "Interval":  # type: ignore[override]  # a column compares row by row, as an array does
        right = interval(other)
        same = self.low == self.high == right.low == right.high
        return _condition(always=same, never=self.high < right.low or right.high < self.low)

    def __ne__(self, other: object) -> "Interval":  # type: ignore[override]  # likewise
        return (self == other).logical_not()

    __hash__ = None  # type: ignore[assignment]  # equality gives a column

    def __bool__(self) -> bool:
        raise TypeError("a condition of a rule is chosen with where, not with if")

    def where(self, yes: object, no: object) -> "Interval":
        """Either value, unless the condition is certain."""
        chosen = ([interval(yes)] if self.high else []) + ([interval(no)] if not self.low else [])
        return Interval(min(value.low for value in chosen), max(value.high for value in chosen))

    def least(self, other: object) -> "Interval":
        """Both ends are the smaller ones."""
        right = interval(other)
        return Interval(min(self.low, right.low), min(self.high, right.high))

    def most(self, other: object) -> "Interval":
        """Both ends are the larger ones."""
        right = interval(other)
        return Interval(max(self.low, right.low), max(self.high, right.high))

    def logical_and(self, other: object) -> "Interval":
        """Certain when both are."""
        return self.least(other)

    def logical_or(self, other: object) -> "Interval":
        """Certain when one is."""
        return self.most(other)

    def logical_not(self) -> "Interval":
        """Certain when the condition is."""
        return Interval(1 - self.high, 1 - self.low)


def interval(value: object) -> Interval:
    """Give the bounds of a constant; bounds stay as they are."""
    if isinstance(value, Interval):
        return value
    if isinstance(value, int):
        return Interval(int(value), int(value))
    raise TypeError(f"a rule computes with whole numbers, not with {type(value).__name__}")


def hull(*parts: Interval) -> Interval:
    """Give the bounds of several values together."""
    return Interval(min(part.low for part in parts), max(part.high for part in parts))


def _divisor(value: object) -> Interval:
    divisor = interval(value)
    if divisor.low <= 0:
        raise ZeroDivisionError("a divisor may be zero or negative")
    return divisor


def _condition(*, always: bool, never: bool) -> Interval:
    return Interval(int(always), int(not never))
