"""Tables of draws and of the lists that make them."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from services.eligibility.store.tables.base import BIG, TIME, Base, table_of


class DrawRecord(Base, table=True):
    """A draw; `slot` is what only one standing draw of ours may take: a month of an entitlement, or a lump sum."""

    __tablename__ = "draw"
    __table_args__ = (
        sa.UniqueConstraint("origin", "reference"),
        sa.Index("draw_month", "entitlement_reference", "benefit_month"),
    )

    draw: str = Field(primary_key=True)
    origin: str
    reference: str
    person: str = Field(index=True)
    entitlement_reference: str
    scheme: str
    pooling_region: str
    benefit_month: int
    pay_date: str
    kind: str
    amount_fen: int = Field(sa_type=BIG)
    offset: str
    offset_fen: int = Field(sa_type=BIG)
    account_key: str
    masked_account: str
    reverse_date: str
    reverse_reason: str
    slot: str | None = Field(unique=True)
    create_time: datetime = Field(sa_type=TIME)


class DrawListRecord(Base, table=True):
    """A draw list and how far it has come."""

    __tablename__ = "draw_list"
    __table_args__ = (sa.Index("draw_list_region", "scheme", "pooling_region"),)

    draw_list: str = Field(primary_key=True)
    scheme: str
    pooling_region: str
    benefit_month: int
    pay_date: str
    opening_month: int
    state: str = Field(index=True)
    cursor: str
    released_to: int = Field(sa_type=BIG)
    lines: int = Field(sa_type=BIG)
    held: int = Field(sa_type=BIG)
    released: int = Field(sa_type=BIG)
    paid: int = Field(sa_type=BIG)
    returned: int = Field(sa_type=BIG)
    amount_fen: int = Field(sa_type=BIG)
    held_fen: int = Field(sa_type=BIG)
    returned_fen: int = Field(sa_type=BIG)
    offset_fen: int = Field(sa_type=BIG)
    creator: str
    releaser: str
    create_time: datetime = Field(sa_type=TIME)
    update_time: datetime = Field(sa_type=TIME)
    version: int


class DrawLineRecord(Base, table=True):
    """A line of a draw list; the account is sealed for the place `entitlements/{id}`, from the release on."""

    __tablename__ = "draw_line"

    draw_list: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_type=BIG)
    entitlement: str
    entitlement_version: int
    entitlement_reference: str
    person: str
    benefit_month: int
    kind: str
    amount_fen: int = Field(sa_type=BIG)
    offset: str
    offset_fen: int = Field(sa_type=BIG)
    masked_account: str
    sealed_account: bytes | None
    state: str
    hold_reason: str
    return_date: str
    return_reason: str


DRAW = table_of(DrawRecord)
DRAW_LIST = table_of(DrawListRecord)
DRAW_LINE = table_of(DrawLineRecord)
