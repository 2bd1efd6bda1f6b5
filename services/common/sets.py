"""Asking for many keys at once with one bound value: a list of a thousand parameters costs more than its answer."""

import json
from collections.abc import Iterable
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

Condition = sa.ColumnElement[bool]

K = TypeVar("K", str, int)


def among(connection: sa.Connection, column: "sa.ColumnElement[K]", keys: Iterable[K]) -> Condition:
    """Compare a column with a set of texts or numbers."""
    listed = bound_keys(connection, keys)
    if connection.dialect.name == "sqlite":
        return _in_json(column, sa.literal(listed))
    return column == sa.any_(sa.literal(listed, ARRAY(column.type)))


def among_bound(dialect: str, column: "sa.ColumnElement[K]", name: str) -> Condition:
    """Compare a column with the set that `bound_keys` gives for a parameter."""
    if dialect == "sqlite":
        return _in_json(column, sa.bindparam(name, type_=sa.String()))
    return column == sa.any_(sa.bindparam(name, type_=ARRAY(column.type)))


def bound_keys(connection: sa.Connection, keys: Iterable[K]) -> str | list[K]:
    """Give a set of texts or numbers as the one value that the driver takes."""
    listed = sorted(keys)
    return json.dumps(listed) if connection.dialect.name == "sqlite" else listed


def _in_json(column: "sa.ColumnElement[K]", keys: "sa.ColumnElement[str]") -> Condition:
    return column.in_(sa.select(sa.func.json_each(keys).table_valued("value").c.value))
