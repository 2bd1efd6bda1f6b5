"""The first schema: facts, cases, the ledger; inbox, outbox, answered requests.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "draw",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("entitlement_reference", sa.String(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("pooling_region", sa.String(), nullable=False),
        sa.Column("benefit_month", sa.Integer(), nullable=False),
        sa.Column("pay_date", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("reversal", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("person", "id"),
    )
    op.create_index("draw_account", "draw", ["account", "person"], unique=False)
    op.create_table(
        "death",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("death_date", sa.String(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("person", "evidence"),
    )
    op.create_table(
        "certification",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("effective_date", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("person", "sequence"),
    )
    op.create_table(
        "representation",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("representative", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("person", "representative"),
    )
    op.create_table(
        "audit_case",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("division", sa.String(), nullable=False),
        sa.Column("amount_at_risk_fen", sa.BigInteger(), nullable=False),
        sa.Column("opened_us", sa.BigInteger(), nullable=False),
        sa.Column("opened_position", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("position"),
        sa.UniqueConstraint("opened_position"),
    )
    op.create_index("audit_case_subject", "audit_case", ["subject"], unique=False)
    op.create_index(
        "audit_case_live",
        "audit_case",
        ["subject", "rule"],
        unique=True,
        sqlite_where=sa.text("state IN ('OPEN', 'TAKEN')"),
        postgresql_where=sa.text("state IN ('OPEN', 'TAKEN')"),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("position", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("append_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_table(
        "ledger_node",
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "number"),
    )
    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("roots", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "answered_request",
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("reply", sa.LargeBinary(), nullable=False),
        sa.Column("answer_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("caller", "method", "request_id"),
    )
    op.create_index("ix_answered_request_answer_time", "answered_request", ["answer_time"], unique=False)
    op.create_table(
        "consumer_position",
        sa.Column("consumer", sa.String(), nullable=False),
        sa.Column("aggregate", sa.String(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_event_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "aggregate"),
    )
    op.create_table(
        "held_event",
        sa.Column("consumer", sa.String(), nullable=False),
        sa.Column("aggregate", sa.String(), nullable=False),
        sa.Column("aggregate_seq", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("subject_resource", sa.String(), nullable=False),
        sa.Column("division", sa.String(), nullable=False),
        sa.Column("occurred_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("traceparent", sa.String(), nullable=False),
        sa.Column("waiting", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "aggregate", "aggregate_seq"),
    )
    op.create_index("ix_held_event_event_id", "held_event", ["event_id"], unique=False)
    op.create_table(
        "event_outbox",
        sa.Column("pos", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("subject_resource", sa.String(), nullable=False),
        sa.Column("aggregate", sa.String(), nullable=False),
        sa.Column("aggregate_seq", sa.BigInteger(), nullable=False),
        sa.Column("division", sa.String(), nullable=False),
        sa.Column("occurred_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("traceparent", sa.String(), nullable=False),
        sa.Column("publish_time", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("pos"),
        sa.UniqueConstraint("aggregate", "aggregate_seq"),
        sa.UniqueConstraint("event_id"),
    )
    op.create_index(
        "event_outbox_unpublished",
        "event_outbox",
        ["pos"],
        unique=False,
        sqlite_where=sa.text("publish_time IS NULL"),
        postgresql_where=sa.text("publish_time IS NULL"),
    )
    op.execute(sa.text("INSERT INTO ledger_head (id, size, roots) VALUES (1, 0, :none)").bindparams(none=b""))
