"""Tables of decisions: facts, books and what came of them."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from services.eligibility.store.tables.base import BIG, TIME, Base, table_of


class FactsRecord(Base, table=True):
    """The newest facts of a person; null is missing."""

    __tablename__ = "person_facts"

    person: str = Field(primary_key=True)
    as_of_date: str
    birth_date: str
    retirement_group: str
    contribution_months: int | None
    deemed_months: int | None
    avg_index_bp: int | None
    account_balance_fen: int | None = Field(sa_type=BIG)
    more: str
    """Further facts by their names in the book, as JSON in the order of the names."""
    verified: bool


class RuleBookRecord(Base, table=True):
    """All texts of a rule book that has decided, packed, and sealed for the place `rule_books/{hash}`."""

    __tablename__ = "rule_book"

    hash: str = Field(primary_key=True)
    sealed_content: bytes
    create_time: datetime = Field(sa_type=TIME)


class DecisionRecord(Base, table=True):
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
    create_time: datetime = Field(sa_type=TIME)


FACTS = table_of(FactsRecord)
RULE_BOOK = table_of(RuleBookRecord)
DECISION = table_of(DecisionRecord)
