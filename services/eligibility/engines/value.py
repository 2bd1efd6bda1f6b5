"""Columns of a query that may be one number for all rows, as in a batch."""

from services.eligibility.engines.expression import Expression

Value = int | Expression
"""A column; an int stands for one of equal values."""


def choose(condition: Value, yes: Value, no: Value) -> Value:
    """Take `yes` where the condition holds, else `no`."""
    if isinstance(condition, int):
        return yes if condition else no
    return condition.where(yes, no)


def either(first: Value, second: Value) -> Value:
    """Tell whether one holds."""
    if isinstance(first, int):
        return 1 if first else truth(second)
    if isinstance(second, int):
        return 1 if second else truth(first)
    return first.logical_or(second)


def united(first: Value, second: Value) -> Value:
    """Give the bits of both."""
    if isinstance(first, int):
        return first | second if isinstance(second, int) else second.united(first)
    return first.united(second)


def truth(value: Value) -> Value:
    """Give a value as a condition."""
    return value.condition() if isinstance(value, Expression) else int(value != 0)


def number(value: Value) -> Value:
    """Give a condition as a number."""
    return value.number() if isinstance(value, Expression) else int(value)


def is_zero(value: Value) -> Value:
    """Tell where a value is 0."""
    return int(value == 0) if isinstance(value, int) else value == 0
