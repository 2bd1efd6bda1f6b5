"""Asking for many keys at once with one bound value: a list of a thousand parameters costs more than its answer."""

import json
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

Condition = sa.ColumnElement[bool]


def among(connection: sa.Connection, column: "sa.ColumnElement[str]", keys: Iterable[str]) -> Condition:
    """Compare a column with a set of texts."""
    listed = sorted(keys)
    if connection.dialect.name == "sqlite":
        return column.in_(sa.select(sa.func.json_each(json.dumps(listed)).table_valued("value").c.value))
    return column == sa.any_(sa.literal(listed, ARRAY(sa.String())))
