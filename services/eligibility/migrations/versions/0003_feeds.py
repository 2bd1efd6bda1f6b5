"""Deliveries of offices, their rows, and evidence that can be corrected and undone with them.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_NEGATIVE = "('DEATH_REGISTERED', 'CREMATED', 'SENTENCED', 'MISSING_DECLARED')"


def upgrade() -> None:
    op.create_table(
        "feed_batch",
        sa.Column("batch", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in (
                "rows",
                "negative",
                "accepted",
                "corrected",
                "repeated",
                "refused",
                "waiting",
                "restored_people",
                "back_pay_months",
                "back_pay_fen",
            )
        ),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("kinds", "findings", "proposal", "decisions", "cursor")
        ),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("close_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("apply_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("release_date", sa.String(), nullable=False),
        sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_count", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("batch"),
        sa.UniqueConstraint("source", "reference"),
    )
    op.create_index("ix_feed_batch_state", "feed_batch", ["state"])
    op.create_table(
        "feed_row",
        sa.Column("batch", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("sealed_number", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("event_date", sa.String(), nullable=False),
        sa.Column("received_date", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("batch", "reference"),
    )
    op.create_index("feed_row_person", "feed_row", ["batch", "person"])
    op.create_index("feed_row_reference", "feed_row", ["reference"])
    waiting = sa.text("outcome = 'WAITING'")
    op.create_index(
        "feed_row_waiting", "feed_row", ["batch", "reference"], sqlite_where=waiting, postgresql_where=waiting
    )
    _rebuild_evidence()


def _rebuild_evidence() -> None:
    """Give evidence a key with the revision: SQLite cannot change a key, so both databases copy the table."""
    op.drop_index("evidence_person", table_name="evidence")
    op.rename_table("evidence", "evidence_before")
    op.create_table(
        "evidence",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("event_date", sa.String(), nullable=False),
        sa.Column("received_date", sa.String(), nullable=False),
        sa.Column("withdrawn_date", sa.String(), nullable=False),
        sa.Column("withdrawal_reason", sa.String(), nullable=False),
        sa.Column("superseded_date", sa.String(), nullable=False),
        sa.Column("batch", sa.String(), nullable=False),
        sa.Column("event_count", sa.Integer(), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("source", "reference", "revision", name="evidence_key"),
    )
    op.execute(
        "INSERT INTO evidence SELECT source, reference, 0, person, kind, event_date, received_date, withdrawn_date,"  # noqa: S608  constants
        f" withdrawal_reason, '', '', CASE WHEN kind NOT IN {_NEGATIVE} THEN 0 WHEN withdrawn_date = '' THEN 1 ELSE 2"
        " END, FALSE FROM evidence_before"
    )
    op.drop_table("evidence_before")
    op.create_index("evidence_person", "evidence", ["person", "event_date"])
