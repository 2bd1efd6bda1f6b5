"""Tables of benefits that were found."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from services.eligibility.store.tables.base import BIG, TIME, Base, table_of


class ProposalRecord(Base, table=True):
    """A proposal; `slot` is what only one that stands may take: a benefit of a person."""

    __tablename__ = "proposal"
    __table_args__ = (sa.Index("proposal_state", "state", "expire_date"),)

    proposal: str = Field(primary_key=True)
    person: str = Field(index=True)
    benefit: str
    scheme: str
    start_month: int
    end_month: int | None
    monthly_fen: int = Field(sa_type=BIG)
    asks: str
    """Separated by commas."""
    channel: str
    missing: str
    decision: str
    run: str = Field(index=True)
    preparer: str
    division: str
    basis: str
    expire_date: str
    state: str
    confirmer: str
    payee: str
    proof: str
    approver: str
    entitlement: str
    reason: str
    slot: str | None = Field(unique=True)
    create_time: datetime = Field(sa_type=TIME)
    update_time: datetime = Field(sa_type=TIME)
    version: int
    event_count: int


class FindingRunRecord(Base, table=True):
    """A run and how far it has come."""

    __tablename__ = "finding_run"

    run: str = Field(primary_key=True)
    as_of_date: str
    dry_run: bool
    total: int = Field(sa_type=BIG)
    creator: str
    state: str = Field(index=True)
    cursor: str
    examined: int = Field(sa_type=BIG)
    found: str
    """By benefit, as JSON."""
    create_time: datetime = Field(sa_type=TIME)
    end_time: datetime | None = Field(sa_type=TIME)


class LookedForRecord(Base, table=True):
    """Somebody of whom new facts came: benefits are looked for again. The newest number of the arrival counts."""

    __tablename__ = "looked_for"
    __table_args__ = (sa.Index("looked_for_arrival", "arrival", "person"),)

    person: str = Field(primary_key=True)
    arrival: str


PROPOSAL = table_of(ProposalRecord)
FINDING_RUN = table_of(FindingRunRecord)
LOOKED_FOR = table_of(LookedForRecord)
