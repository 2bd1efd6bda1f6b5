"""Tables of evidence and of the feeds that bring it."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from services.eligibility.store.tables.base import BIG, TIME, Base, table_of

_NUMBER = "length(sealed_number) > 0"


class EvidenceRecord(Base, table=True):
    """A record of another office; withdrawn ones stay."""

    __tablename__ = "evidence"
    __table_args__ = (sa.Index("evidence_person", "person", "event_date"),)

    source: str = Field(primary_key=True)
    reference: str = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    person: str
    kind: str
    event_date: str
    received_date: str
    withdrawn_date: str
    withdrawal_reason: str
    superseded_date: str
    batch: str
    event_count: int
    undone: bool


class FeedBatchRecord(Base, table=True):
    """A delivery; findings, kinds, proposal and decisions are JSON, as they are only shown."""

    __tablename__ = "feed_batch"
    __table_args__ = (sa.UniqueConstraint("source", "reference"),)

    batch: str = Field(primary_key=True)
    source: str
    reference: str
    state: str = Field(index=True)
    rows: int = Field(sa_type=BIG)
    negative: int = Field(sa_type=BIG)
    accepted: int = Field(sa_type=BIG)
    corrected: int = Field(sa_type=BIG)
    repeated: int = Field(sa_type=BIG)
    refused: int = Field(sa_type=BIG)
    waiting: int = Field(sa_type=BIG)
    restored_people: int = Field(sa_type=BIG)
    back_pay_months: int = Field(sa_type=BIG)
    back_pay_fen: int = Field(sa_type=BIG)
    kinds: str
    findings: str
    proposal: str
    decisions: str
    cursor: str
    create_time: datetime = Field(sa_type=TIME)
    close_time: datetime | None = Field(sa_type=TIME)
    apply_time: datetime | None = Field(sa_type=TIME)
    release_date: str
    update_time: datetime = Field(sa_type=TIME)
    pieces: int
    last_piece: int
    declared_rows: int = Field(sa_type=BIG)
    refusal: str
    event_count: int
    version: int


class RefusedMessageRecord(Base, table=True):
    """A message on the bus that named no delivery; `source` is empty when its subject named no office."""

    __tablename__ = "refused_message"

    refused: str = Field(primary_key=True)
    message: str = Field(unique=True)
    source: str
    refusal: str
    refuse_time: datetime = Field(sa_type=TIME, index=True)


class FeedRestoredRecord(Base, table=True):
    """Somebody whose certification the undoing of a delivery changed back."""

    __tablename__ = "feed_restored"

    batch: str = Field(primary_key=True)
    person: str = Field(primary_key=True)


class DeskNegativeRecord(Base, table=True):
    """Negative records of an office that were submitted one by one on a day."""

    __tablename__ = "desk_negative"

    source: str = Field(primary_key=True)
    day: str = Field(primary_key=True)
    count: int = Field(sa_type=BIG)


class FeedRowRecord(Base, table=True):
    """A row of a delivery as it came; the number of somebody unknown is sealed for the row's own place."""

    __tablename__ = "feed_row"
    __table_args__ = (
        sa.Index(
            "feed_row_waiting",
            "batch",
            "reference",
            sqlite_where=sa.text("outcome = 'WAITING'"),
            postgresql_where=sa.text("outcome = 'WAITING'"),
        ),
        sa.Index(
            "feed_row_number",
            "batch",
            "reference",
            sqlite_where=sa.text(_NUMBER),
            postgresql_where=sa.text(_NUMBER),
        ),
    )

    batch: str = Field(primary_key=True)
    reference: str = Field(primary_key=True)
    revision: int
    person: str
    sealed_number: bytes
    kind: str
    event_date: str
    received_date: str
    outcome: str


EVIDENCE = table_of(EvidenceRecord)
FEED_BATCH = table_of(FeedBatchRecord)
FEED_RESTORED = table_of(FeedRestoredRecord)
DESK_NEGATIVE = table_of(DeskNegativeRecord)
FEED_ROW = table_of(FeedRowRecord)
REFUSED_MESSAGE = table_of(RefusedMessageRecord)
HAS_NUMBER: sa.ColumnElement[bool] = sa.text(_NUMBER)  # type: ignore[assignment]  # as the index has it
"""Whether a row of a delivery has an identity number beside it."""
