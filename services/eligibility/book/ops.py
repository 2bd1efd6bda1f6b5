"""What a rule may do besides arithmetic and comparison: the same words for every kind of column.

The kind of a column is the backend: an int is one person, a numpy int64 array a batch, a `Column` anything else (bounds
of values today; an expression of a query engine would be another subclass). Rules are therefore typed as they are read,
for one person; only this module knows that arrays pass through them.
"""

from abc import ABC, abstractmethod

import numpy as np

MONTHS_A_YEAR = 12
BP = 10_000
"""Ten-thousandths in one."""


class Column(ABC):
    """A kind of column that is neither int nor array; arithmetic and comparison are its own operators."""

    @abstractmethod
    def where(self, yes: object, no: object) -> object:
        """Choose; self is the condition."""

    @abstractmethod
    def least(self, other: object) -> object:
        """Give the smaller."""

    @abstractmethod
    def most(self, other: object) -> object:
        """Give the larger."""

    @abstractmethod
    def logical_and(self, other: object) -> object:
        """Both."""

    @abstractmethod
    def logical_or(self, other: object) -> object:
        """At least one."""

    @abstractmethod
    def logical_not(self) -> object:
        """The contrary."""


def where(condition: bool, yes: int, no: int) -> int:
    """Take `yes` where the condition holds, else `no`."""
    if type(condition) is bool:
        return yes if condition else no
    if isinstance(condition, Column):
        return condition.where(yes, no)  # type: ignore[return-value]  # a column passes for what it holds
    return np.where(condition, yes, no)  # type: ignore[return-value]  # likewise


def least(first: int, second: int) -> int:
    """Take the smaller of two."""
    if type(first) is int and type(second) is int:
        return min(first, second)
    if isinstance(first, Column):
        return first.least(second)  # type: ignore[return-value]  # a column passes for what it holds
    if isinstance(second, Column):
        return second.least(first)  # type: ignore[return-value]  # likewise
    return np.minimum(first, second)


def most(first: int, second: int) -> int:
    """Take the larger of two."""
    if type(first) is int and type(second) is int:
        return max(first, second)
    if isinstance(first, Column):
        return first.most(second)  # type: ignore[return-value]  # a column passes for what it holds
    if isinstance(second, Column):
        return second.most(first)  # type: ignore[return-value]  # likewise
    return np.maximum(first, second)


def half_up(numerator: int, denominator: int) -> int:
    """Divide and round to the nearest whole number, halves up; the denominator is positive."""
    return (numerator + denominator // 2) // denominator


def logical_and(first: bool, *others: bool) -> bool:
    """Tell whether all hold."""
    result = first
    for other in others:
        result = _both(result, other)
    return result


def logical_or(first: bool, *others: bool) -> bool:
    """Tell whether one holds."""
    result = first
    for other in others:
        result = _either(result, other)
    return result


def logical_not(condition: bool) -> bool:
    """Tell whether it does not hold."""
    if isinstance(condition, Column):
        return condition.logical_not()  # type: ignore[return-value]  # a column passes for what it holds
    return not condition if type(condition) is bool else np.logical_not(condition)


def _both(first: bool, second: bool) -> bool:
    if isinstance(first, Column):
        return first.logical_and(second)  # type: ignore[return-value]  # a column passes for what it holds
    if isinstance(second, Column):
        return second.logical_and(first)  # type: ignore[return-value]  # likewise
    return first & second


def _either(first: bool, second: bool) -> bool:
    if isinstance(first, Column):
        return first.logical_or(second)  # type: ignore[return-value]  # a column passes for what it holds
    if isinstance(second, Column):
        return second.logical_or(first)  # type: ignore[return-value]  # likewise
    return first | second
