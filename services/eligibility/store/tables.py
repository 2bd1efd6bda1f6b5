"""Tables of eligibility; migrations/ has them as they were at each version.

Dates are ISO 8601 texts of ten characters: both databases, and filters, compare them as dates compare.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

METADATA = sa.MetaData()

_TIME = sa.DateTime(timezone=True)
_BIG = sa.BigInteger


class _Base(SQLModel):
    metadata = METADATA


class EvidenceRecord(_Base, table=True):
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


class FeedBatchRecord(_Base, table=True):
    """A delivery; findings, kinds, proposal and decisions are JSON, as they are only shown."""

    __tablename__ = "feed_batch"
    __table_args__ = (sa.UniqueConstraint("source", "reference"),)

    batch: str = Field(primary_key=True)
    source: str
    reference: str
    state: str = Field(index=True)
    rows: int = Field(sa_type=_BIG)
    negative: int = Field(sa_type=_BIG)
    accepted: int = Field(sa_type=_BIG)
    corrected: int = Field(sa_type=_BIG)
    repeated: int = Field(sa_type=_BIG)
    refused: int = Field(sa_type=_BIG)
    waiting: int = Field(sa_type=_BIG)
    restored_people: int = Field(sa_type=_BIG)
    back_pay_months: int = Field(sa_type=_BIG)
    back_pay_fen: int = Field(sa_type=_BIG)
    kinds: str
    findings: str
    proposal: str
    decisions: str
    cursor: str
    create_time: datetime = Field(sa_type=_TIME)
    close_time: datetime | None = Field(sa_type=_TIME)
    apply_time: datetime | None = Field(sa_type=_TIME)
    release_date: str
    update_time: datetime = Field(sa_type=_TIME)
    event_count: int
    version: int


class FeedRestoredRecord(_Base, table=True):
    """Somebody whose certification the undoing of a delivery changed back."""

    __tablename__ = "feed_restored"

    batch: str = Field(primary_key=True)
    person: str = Field(primary_key=True)


class DeskNegativeRecord(_Base, table=True):
    """Negative records of an office that were submitted one by one on a day."""

    __tablename__ = "desk_negative"

    source: str = Field(primary_key=True)
    day: str = Field(primary_key=True)
    count: int = Field(sa_type=_BIG)


class FeedRowRecord(_Base, table=True):
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


class CertificationNotice(_Base, table=True):
    """A notice, delivered or failed."""

    __tablename__ = "certification_notice"

    person: str = Field(primary_key=True)
    delivered_date: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    counts_from: str
    delivery: str
    proof: str


class CertificationRecord(_Base, table=True):
    """A certification; `periods` is its history as `STATE date` joined by commas."""

    __tablename__ = "certification"

    person: str = Field(primary_key=True)
    division: str
    birth_date: str
    start_date: str
    state: str = Field(index=True)
    state_since: str
    valid_to: str = Field(index=True)
    method: str
    last_kind: str
    last_evidence_date: str
    notice_date: str
    assessed_to: str
    periods: str
    alarm_death_date: str
    alarm_seen_date: str
    lost_date: str
    infirm_since: str
    infirm_until: str
    event_count: int
    version: int
    update_time: datetime = Field(sa_type=_TIME)


class EntitlementRecord(_Base, table=True):
    """An entitlement; the account is sealed for the place `entitlements/{id}`, amounts and suspensions are JSON."""

    __tablename__ = "entitlement"
    __table_args__ = (sa.Index("entitlement_region", "scheme", "pooling_region", "entitlement"),)

    entitlement: str = Field(primary_key=True)
    reference: str = Field(unique=True)
    person: str = Field(index=True)
    benefit: str
    scheme: str
    pooling_region: str
    start_month: int
    end_month: int | None
    monthly_amount_fen: int = Field(sa_type=_BIG)
    amounts: str
    account_key: str
    masked_account: str
    sealed_account: bytes
    state: str
    suspensions: str
    stop_reason: str
    before_loss: str
    create_time: datetime = Field(sa_type=_TIME)
    update_time: datetime = Field(sa_type=_TIME)
    version: int


class DrawRecord(_Base, table=True):
    """A draw; `slot` is what only one standing draw of ours may take: a month of an entitlement, or a lump sum."""

    __tablename__ = "draw"
    __table_args__ = (sa.UniqueConstraint("origin", "reference"),)

    draw: str = Field(primary_key=True)
    origin: str
    reference: str
    person: str = Field(index=True)
    entitlement_reference: str = Field(index=True)
    scheme: str
    pooling_region: str
    benefit_month: int
    pay_date: str
    kind: str
    amount_fen: int = Field(sa_type=_BIG)
    offset: str
    offset_fen: int = Field(sa_type=_BIG)
    account_key: str
    masked_account: str
    reverse_date: str
    reverse_reason: str
    slot: str | None = Field(unique=True)
    create_time: datetime = Field(sa_type=_TIME)


class DrawListRecord(_Base, table=True):
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
    released_to: int = Field(sa_type=_BIG)
    lines: int = Field(sa_type=_BIG)
    held: int = Field(sa_type=_BIG)
    released: int = Field(sa_type=_BIG)
    paid: int = Field(sa_type=_BIG)
    returned: int = Field(sa_type=_BIG)
    amount_fen: int = Field(sa_type=_BIG)
    held_fen: int = Field(sa_type=_BIG)
    returned_fen: int = Field(sa_type=_BIG)
    offset_fen: int = Field(sa_type=_BIG)
    creator: str
    releaser: str
    create_time: datetime = Field(sa_type=_TIME)
    update_time: datetime = Field(sa_type=_TIME)
    version: int


class DrawLineRecord(_Base, table=True):
    """A line of a draw list; the account is sealed for the place `entitlements/{id}`, from the release on."""

    __tablename__ = "draw_line"

    draw_list: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_type=_BIG)
    entitlement: str
    entitlement_version: int
    entitlement_reference: str
    person: str
    benefit_month: int
    kind: str
    amount_fen: int = Field(sa_type=_BIG)
    offset: str
    offset_fen: int = Field(sa_type=_BIG)
    masked_account: str
    sealed_account: bytes | None
    state: str
    hold_reason: str
    return_date: str
    return_reason: str


class OffsetRecord(_Base, table=True):
    """An offset and what it has taken so far."""

    __tablename__ = "offset_order"

    offset: str = Field(primary_key=True)
    entitlement: str = Field(index=True)
    total_fen: int = Field(sa_type=_BIG)
    monthly_fen: int = Field(sa_type=_BIG)
    floor_fen: int = Field(sa_type=_BIG)
    basis: str
    creator: str
    create_time: datetime = Field(sa_type=_TIME)
    update_time: datetime = Field(sa_type=_TIME)
    taken_fen: int = Field(sa_type=_BIG)
    state: str
    end_reason: str
    version: int


class FactsRecord(_Base, table=True):
    """The newest facts of a person; null is missing."""

    __tablename__ = "person_facts"

    person: str = Field(primary_key=True)
    as_of_date: str
    birth_date: str
    retirement_group: str
    contribution_months: int | None
    deemed_months: int | None
    avg_index_bp: int | None
    account_balance_fen: int | None = Field(sa_type=_BIG)
    more: str
    """Further facts by their names in the book, as JSON in the order of the names."""


class RuleBookRecord(_Base, table=True):
    """All texts of a rule book that has decided, packed, and sealed for the place `rule_books/{hash}`."""

    __tablename__ = "rule_book"

    hash: str = Field(primary_key=True)
    sealed_content: bytes
    create_time: datetime = Field(sa_type=_TIME)


class DecisionRecord(_Base, table=True):
    """A recorded decision; facts and transcript are packed, and sealed for the place `decisions/{id}`."""

    __tablename__ = "decision"
    __table_args__ = (sa.Index("decision_benefit", "benefit", "decision"),)

    decision: str = Field(primary_key=True)
    person: str = Field(index=True)
    entitlement: str = Field(index=True)
    benefit: str
    outcome: str
    as_of_date: str
    known_date: str
    book_hash: str = Field(foreign_key="rule_book.hash")
    sealed_content: bytes
    create_date: str
    create_time: datetime = Field(sa_type=_TIME)


class AliasRecord(_Base, table=True):
    """Whom a record of the identity vault means; an empty survivor: a person of its own again."""

    __tablename__ = "alias"

    person: str = Field(primary_key=True)
    survivor: str = Field(index=True)
    sequence: int = Field(sa_type=_BIG)
    event_id: str


class SweepRecord(_Base, table=True):
    """A sweep and how far it has come."""

    __tablename__ = "certification_sweep"

    sweep: str = Field(primary_key=True)
    as_of_date: str
    dry_run: bool
    state: str = Field(index=True)
    cursor: str
    total: int = Field(sa_type=_BIG)
    examined: int = Field(sa_type=_BIG)
    qualified: int = Field(sa_type=_BIG)
    to_verify: int = Field(sa_type=_BIG)
    lost: int = Field(sa_type=_BIG)
    silent: int = Field(sa_type=_BIG)
    warned: int = Field(sa_type=_BIG)
    suspended: int = Field(sa_type=_BIG)
    unnoticed: int = Field(sa_type=_BIG)
    create_time: datetime = Field(sa_type=_TIME)
    end_time: datetime | None = Field(sa_type=_TIME)


def _table(record: type[SQLModel]) -> sa.Table:
    table: sa.Table = record.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass
    return table


EVIDENCE = _table(EvidenceRecord)
FEED_BATCH = _table(FeedBatchRecord)
FEED_RESTORED = _table(FeedRestoredRecord)
DESK_NEGATIVE = _table(DeskNegativeRecord)
FEED_ROW = _table(FeedRowRecord)
NOTICE = _table(CertificationNotice)
CERTIFICATION = _table(CertificationRecord)
ENTITLEMENT = _table(EntitlementRecord)
DRAW = _table(DrawRecord)
DRAW_LIST = _table(DrawListRecord)
DRAW_LINE = _table(DrawLineRecord)
OFFSET = _table(OffsetRecord)
FACTS = _table(FactsRecord)
SWEEP = _table(SweepRecord)
RULE_BOOK = _table(RuleBookRecord)
DECISION = _table(DecisionRecord)
ALIAS = _table(AliasRecord)
