"""A filter as an SQL condition."""

from collections.abc import Callable, Mapping

import sqlalchemy as sa

from services.common.filtering import All, AnyOf, Comparison, Filter, Not, Value

Column = sa.ColumnElement[str] | sa.ColumnElement[int]

_OPERATORS: Mapping[str, Callable[[Column, Value], sa.ColumnElement[bool]]] = {
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column != value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
}


def condition(wanted: Filter, columns: Mapping[str, Column]) -> sa.ColumnElement[bool]:
    """Turn a filter into a condition; `columns` has a column for every field that the filter may name."""
    match wanted:
        case All(parts):
            return sa.and_(sa.true(), *(condition(part, columns) for part in parts))
        case AnyOf(parts):
            return sa.or_(sa.false(), *(condition(part, columns) for part in parts))
        case Not(part):
            return sa.not_(condition(part, columns))
        case Comparison(field, name, value):
            return _OPERATORS[name](columns[field], value)
