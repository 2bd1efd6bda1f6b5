"""Tables of entitlements and of what is taken off them."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from services.eligibility.store.tables.base import BIG, TIME, Base, table_of


class EntitlementRecord(Base, table=True):
    """An entitlement; the account is sealed for the place `entitlements/{id}`, amounts and suspensions are JSON."""

    __tablename__ = "entitlement"
    __table_args__ = (
        sa.Index("entitlement_region", "scheme", "pooling_region", "entitlement"),
        sa.Index("entitlement_once_slot", "once_slot", unique=True),
    )

    entitlement: str = Field(primary_key=True)
    reference: str = Field(unique=True)
    person: str = Field(index=True)
    benefit: str
    scheme: str
    pooling_region: str
    start_month: int
    end_month: int | None
    monthly_amount_fen: int = Field(sa_type=BIG)
    amounts: str
    account_key: str
    masked_account: str
    sealed_account: bytes
    state: str
    suspensions: str
    stop_reason: str
    before_loss: str
    settled_to: int | None
    settled_by: str
    once: str
    once_slot: str | None
    """Equal to `once`, but for what never was."""
    create_time: datetime = Field(sa_type=TIME)
    update_time: datetime = Field(sa_type=TIME)
    version: int


class OffsetRecord(Base, table=True):
    """An offset and what it has taken so far."""

    __tablename__ = "offset_order"

    offset: str = Field(primary_key=True)
    entitlement: str = Field(index=True)
    total_fen: int = Field(sa_type=BIG)
    monthly_fen: int = Field(sa_type=BIG)
    floor_fen: int = Field(sa_type=BIG)
    basis: str
    creator: str
    create_time: datetime = Field(sa_type=TIME)
    update_time: datetime = Field(sa_type=TIME)
    taken_fen: int = Field(sa_type=BIG)
    state: str
    end_reason: str
    version: int


ENTITLEMENT = table_of(EntitlementRecord)
OFFSET = table_of(OffsetRecord)
