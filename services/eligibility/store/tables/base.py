"""What the tables of eligibility share."""

import sqlalchemy as sa
from sqlmodel import SQLModel

METADATA = sa.MetaData()
"""Every table of the service, once the modules that declare them are imported."""

TIME = sa.DateTime(timezone=True)
BIG = sa.BigInteger


class Base(SQLModel):
    """A record of eligibility."""

    metadata = METADATA


def table_of(record: type[SQLModel]) -> sa.Table:
    """Give the table of a record."""
    table: sa.Table = record.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass
    return table
