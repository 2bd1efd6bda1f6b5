"""Tables of card; migrations/ has them as they were at each version.

Dates are ISO 8601 texts of ten characters: both databases, and filters, compare them as dates compare.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

METADATA = sa.MetaData()

_TIME = sa.DateTime(timezone=True)


class _Base(SQLModel):
    metadata = METADATA


class PersonRecord(_Base, table=True):
    """A person: nothing in clear from which the identity number could be put together again, birth date included."""

    __tablename__ = "person"

    person: str = Field(primary_key=True)
    identity_index: str = Field(unique=True)
    sealed_identity: bytes
    division: str
    representative: str
    representative_kind: str
    create_time: datetime = Field(sa_type=_TIME)
    version: int


class CardRecord(_Base, table=True):
    """A card; `live_person` is the place that only one live card of a person may take."""

    __tablename__ = "card"
    __table_args__ = (
        sa.Index(
            "card_loss_lapse_time",
            "loss_lapse_time",
            sqlite_where=sa.text("loss_lapse_time IS NOT NULL"),
            postgresql_where=sa.text("loss_lapse_time IS NOT NULL"),
        ),
    )

    card: str = Field(primary_key=True)
    person: str = Field(foreign_key="person.person", index=True)
    live_person: str | None = Field(unique=True)
    issuing_division: str
    service_bank_code: str
    progress: str
    status: str
    former_status: str
    card_no: str | None = Field(unique=True)
    identification_code: str | None = Field(unique=True)
    masked_account: str
    sealed_account: bytes
    issue_date: str | None
    expire_date: str | None
    loss_lapse_time: datetime | None = Field(sa_type=_TIME)
    replaces: str
    cancel_reason: str
    create_time: datetime = Field(sa_type=_TIME)
    update_time: datetime = Field(sa_type=_TIME)
    version: int


class RevealRecord(_Base, table=True):
    """A reveal; the time is in microseconds since 1970, as filters compare numbers and texts."""

    __tablename__ = "reveal"

    reveal: str = Field(primary_key=True)
    person: str = Field(foreign_key="person.person", index=True)
    caller: str
    purpose: str
    case_reference: str
    reveal_us: int = Field(sa_type=sa.BigInteger)


class SequenceRecord(_Base, table=True):
    """The next number of a sequence that leaves no gaps and never repeats."""

    __tablename__ = "number_sequence"

    name: str = Field(primary_key=True)
    next_number: int = Field(sa_type=sa.BigInteger)


def _table(record: type[SQLModel]) -> sa.Table:
    table: sa.Table = record.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass
    return table


PERSON = _table(PersonRecord)
CARD = _table(CardRecord)
REVEAL = _table(RevealRecord)
SEQUENCE = _table(SequenceRecord)
