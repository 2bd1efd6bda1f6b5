"""Recorded decisions, and the rule books that they rest on.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "rule_book",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "decision",
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("entitlement", sa.String(), nullable=False),
        sa.Column("benefit", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("as_of_date", sa.String(), nullable=False),
        sa.Column("known_date", sa.String(), nullable=False),
        sa.Column("book_hash", sa.String(), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=False),
        sa.Column("create_date", sa.String(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["book_hash"], ["rule_book.hash"]),
        sa.PrimaryKeyConstraint("decision"),
    )
    op.create_index("decision_benefit", "decision", ["benefit", "decision"], unique=False)
    op.create_index("ix_decision_entitlement", "decision", ["entitlement"], unique=False)
    op.create_index("ix_decision_person", "decision", ["person"], unique=False)
