"""What a rule may do besides arithmetic and comparison: the same words for every kind of column.

The kind of a column is the backend: an int is one person, a numpy int64 array a batch, a `Column` anything else: the
bounds of values, or an expression of SQL. Rules are therefore typed as they are read, for one person; only this module
knows that arrays pass through them.
"""

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import cast

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
        """Tell the contrary."""


def where(condition: bool, yes: int, no: int) -> int:
    """Take `yes` where the condition holds, else `no`."""
    if type(condition) in (bool, int):  # another rule's condition comes as 1 or 0
        return yes if condition else no
    return _as_number(_where(condition, yes, no))


def least(first: int, second: int) -> int:
    """Take the smaller of two."""
    if type(first) is int and type(second) is int:
        return min(first, second)
    return _as_number(_pair(_smaller, np.minimum, first, second))


def most(first: int, second: int) -> int:
    """Take the larger of two."""
    if type(first) is int and type(second) is int:
        return max(first, second)
    return _as_number(_pair(_larger, np.maximum, first, second))


def half_up(numerator: int, denominator: int) -> int:
    """Divide and round to the nearest whole number, halves up; the denominator is positive."""
    return (numerator + denominator // 2) // denominator


def logical_and(first: bool, *others: bool) -> bool:
    """Tell whether all hold."""
    result = first
    for other in others:
        result = _as_condition(_pair(_both, operator.and_, result, other))
    return result


def logical_or(first: bool, *others: bool) -> bool:
    """Tell whether one holds."""
    result = first
    for other in others:
        result = _as_condition(_pair(_either, operator.or_, result, other))
    return result


def logical_not(condition: bool) -> bool:
    """Tell whether it does not hold."""
    return _as_condition(_not(condition))


def _where(condition: object, yes: int, no: int) -> object:
    return condition.where(yes, no) if isinstance(condition, Column) else np.where(np.asarray(condition), yes, no)


def _not(condition: object) -> object:
    if isinstance(condition, Column):
        return condition.logical_not()
    return not condition if isinstance(condition, int) else np.logical_not(np.asarray(condition))


def _pair(
    own: Callable[[Column, object], object], usual: Callable[[int, int], object], first: int, second: int
) -> object:
    """Apply an operation that does not mind the order: a column's own if one of the two is a column."""
    left: object = first
    right: object = second
    if isinstance(left, Column):
        return own(left, right)
    return own(right, left) if isinstance(right, Column) else usual(first, second)


def _smaller(column: Column, other: object) -> object:
    return column.least(other)


def _larger(column: Column, other: object) -> object:
    return column.most(other)


def _both(column: Column, other: object) -> object:
    return column.logical_and(other)


def _either(column: Column, other: object) -> object:
    return column.logical_or(other)


def _as_number(value: object) -> int:
    """Call a column what it is a column of: the one place where a rule's types are bent."""
    return cast("int", value)


def _as_condition(value: object) -> bool:
    """Do the same for a column of conditions."""
    return cast("bool", value)
