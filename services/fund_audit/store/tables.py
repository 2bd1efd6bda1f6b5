"""The tables. Days and times are ISO 8601 texts and microseconds since 1970: the same on every database."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

METADATA = sa.MetaData()

ONLY_ROW = 1
"""Key of the one row of a table that has one row."""


class _Base(SQLModel):
    metadata = METADATA


class DrawRow(_Base, table=True):
    """A payment as it was recorded; `reversal` is the event by which it came back."""

    __tablename__ = "draw"
    __table_args__ = (sa.Index("draw_account", "account", "person"),)

    person: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    event_id: str
    origin: str
    reference: str
    entitlement_reference: str
    scheme: str
    pooling_region: str
    benefit_month: int
    pay_date: str
    kind: str
    amount_fen: int = Field(sa_type=sa.BigInteger)
    account: str
    reversal: str


class DeathRow(_Base, table=True):
    """An office's report of a death; kept when it is withdrawn, as cases have rested on it."""

    __tablename__ = "death"

    person: str = Field(primary_key=True)
    evidence: str = Field(primary_key=True)
    event_id: str
    death_date: str
    withdrawn: bool


class SentenceRow(_Base, table=True):
    """An office's or a court's report of a sentence."""

    __tablename__ = "sentence"

    person: str = Field(primary_key=True)
    evidence: str = Field(primary_key=True)
    sentence_date: str
    withdrawn: bool


class CertificationRow(_Base, table=True):
    """A state of a person's certification from a day on."""

    __tablename__ = "certification"

    person: str = Field(primary_key=True)
    sequence: int = Field(sa_type=sa.BigInteger, primary_key=True)
    event_id: str
    state: str
    effective_date: str


class RepresentationRow(_Base, table=True):
    """A registered guardian or agent."""

    __tablename__ = "representation"

    person: str = Field(primary_key=True)
    representative: str = Field(primary_key=True, index=True)


class AliasRow(_Base, table=True):
    """A merge of two records; kept when it is undone, as cases have been decided while it stood."""

    __tablename__ = "alias"

    person: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    survivor: str = Field(index=True)
    stands: bool


_LIVE = sa.text("state IN ('OPEN', 'TAKEN')")


class CaseRow(_Base, table=True):
    """Where a case stands, for searching; what it says is the ledger entry at `position`."""

    __tablename__ = "audit_case"
    __table_args__ = (
        sa.Index(
            "audit_case_live",
            "subject",
            "rule",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        sa.Index("audit_case_subject", "subject"),
    )

    id: str = Field(primary_key=True)
    rule: str
    severity: str
    subject: str
    state: str
    division: str
    amount_at_risk_fen: int = Field(sa_type=sa.BigInteger)
    opened_us: int = Field(sa_type=sa.BigInteger)
    opened_position: int = Field(sa_type=sa.BigInteger, unique=True)
    position: int = Field(sa_type=sa.BigInteger, unique=True)


class LedgerEntryRow(_Base, table=True):
    """One leaf of the ledger."""

    __tablename__ = "ledger_entry"

    position: int = Field(sa_type=sa.BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    leaf: bytes
    append_us: int = Field(sa_type=sa.BigInteger)


class LedgerNodeRow(_Base, table=True):
    """The root of one complete subtree of the ledger."""

    __tablename__ = "ledger_node"

    level: int = Field(primary_key=True)
    number: int = Field(sa_type=sa.BigInteger, primary_key=True)
    digest: bytes


class LedgerHeadRow(_Base, table=True):
    """The right edge of the ledger; its one row is locked by whoever appends."""

    __tablename__ = "ledger_head"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    size: int = Field(sa_type=sa.BigInteger)
    roots: bytes


def _table(row: type[SQLModel]) -> sa.Table:
    return row.__table__  # type: ignore[attr-defined,no-any-return]  # set by SQLModel's metaclass


DRAW = _table(DrawRow)
DEATH = _table(DeathRow)
SENTENCE = _table(SentenceRow)
CERTIFICATION = _table(CertificationRow)
REPRESENTATION = _table(RepresentationRow)
ALIAS = _table(AliasRow)
CASE = _table(CaseRow)
ENTRY = _table(LedgerEntryRow)
NODE = _table(LedgerNodeRow)
HEAD = _table(LedgerHeadRow)
