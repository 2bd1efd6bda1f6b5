"""Tables of electronic cards; migrations/ has them as they were at each version."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from services.card.store.tables import METADATA

_TIME = sa.DateTime(timezone=True)
_UNUSABLE = sa.text("status <> 'USABLE'")
_UNPUBLISHED = sa.text("version IS NULL")


class _Base(SQLModel):
    metadata = METADATA


class ECardRecord(_Base, table=True):
    """An electronic card; the partial index is what a whole status list is made of."""

    __tablename__ = "ecard"
    __table_args__ = (
        sa.UniqueConstraint("list_number", "list_index"),
        sa.Index("ecard_unusable", "list_number", "list_index", sqlite_where=_UNUSABLE, postgresql_where=_UNUSABLE),
    )

    ecard: str = Field(primary_key=True)
    person: str = Field(foreign_key="person.person", unique=True)
    card: str = Field(foreign_key="card.card", index=True)
    list_number: int
    list_index: int
    level: str
    status: str
    masked_phone: str
    sealed_phone: bytes
    authorize_time: datetime | None = Field(sa_type=_TIME)
    authorize_proof: str
    create_time: datetime = Field(sa_type=_TIME)
    update_time: datetime = Field(sa_type=_TIME)
    version: int
    origin: str | None
    """Record of the operation that brought it in one batch with others."""


class StatusListRecord(_Base, table=True):
    """A status list: the version given out last, and the oldest from which changes are kept."""

    __tablename__ = "status_list"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    version: int = Field(sa_type=sa.BigInteger)
    floor: int = Field(sa_type=sa.BigInteger)


class StatusChangeRecord(_Base, table=True):
    """That a place of a list changed; without a version until the next one is given out.

    Per place `pos` rises in the order of the changes, as these are made under the lock of the electronic card.
    """

    __tablename__ = "status_list_change"
    __table_args__ = (
        sa.Index("status_list_change_version", "list_number", "version"),
        sa.Index(
            "status_list_change_unpublished",
            "list_number",
            sqlite_where=_UNPUBLISHED,
            postgresql_where=_UNPUBLISHED,
        ),
    )

    pos: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True)
    )
    list_number: int
    list_index: int
    is_revoked: bool
    version: int | None = Field(sa_type=sa.BigInteger)
    change_time: datetime = Field(sa_type=_TIME, index=True)


class UsedTokenRecord(_Base, table=True):
    """A token that was used up."""

    __tablename__ = "used_token"

    token_id: bytes = Field(primary_key=True)
    expire_time: datetime = Field(sa_type=_TIME, index=True)


class FamilyDelegateRecord(_Base, table=True):
    """Who may show whose electronic card."""

    __tablename__ = "family_delegate"

    ecard: str = Field(primary_key=True, foreign_key="ecard.ecard")
    delegate: str = Field(primary_key=True, foreign_key="person.person", index=True)
    relation: str
    create_time: datetime = Field(sa_type=_TIME)


class ECardPasswordRecord(_Base, table=True):
    """An electronic card's password: only what it is verified by."""

    __tablename__ = "ecard_password"

    ecard: str = Field(primary_key=True, foreign_key="ecard.ecard")
    verification_value: bytes
    key_id: str
    is_initial: bool
    wrong_tries: int
    proof: str
    update_time: datetime = Field(sa_type=_TIME)


def _table(record: type[SQLModel]) -> sa.Table:
    table: sa.Table = record.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass
    return table


ECARD = _table(ECardRecord)
STATUS_LIST = _table(StatusListRecord)
STATUS_CHANGE = _table(StatusChangeRecord)
USED_TOKEN = _table(UsedTokenRecord)
ECARD_PASSWORD = _table(ECardPasswordRecord)
FAMILY_DELEGATE = _table(FamilyDelegateRecord)
