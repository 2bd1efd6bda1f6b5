"""The first schema: evidence, certifications, entitlements, draws, facts, sweeps; outbox and answered requests.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "certification",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("division", sa.String(), nullable=False),
        sa.Column("birth_date", sa.String(), nullable=False),
        sa.Column("start_date", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_since", sa.String(), nullable=False),
        sa.Column("valid_to", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("last_kind", sa.String(), nullable=False),
        sa.Column("last_evidence_date", sa.String(), nullable=False),
        sa.Column("notice_date", sa.String(), nullable=False),
        sa.Column("assessed_to", sa.String(), nullable=False),
        sa.Column("periods", sa.String(), nullable=False),
        sa.Column("alarm_death_date", sa.String(), nullable=False),
        sa.Column("alarm_seen_date", sa.String(), nullable=False),
        sa.Column("event_count", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person"),
    )
    op.create_index("ix_certification_state", "certification", ["state"], unique=False)
    op.create_index("ix_certification_valid_to", "certification", ["valid_to"], unique=False)
    op.create_table(
        "certification_notice",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("delivered_date", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("counts_from", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("person", "delivered_date", "channel"),
    )
    op.create_table(
        "certification_sweep",
        sa.Column("sweep", sa.String(), nullable=False),
        sa.Column("as_of_date", sa.String(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("examined", sa.BigInteger(), nullable=False),
        sa.Column("qualified", sa.BigInteger(), nullable=False),
        sa.Column("to_verify", sa.BigInteger(), nullable=False),
        sa.Column("lost", sa.BigInteger(), nullable=False),
        sa.Column("silent", sa.BigInteger(), nullable=False),
        sa.Column("warned", sa.BigInteger(), nullable=False),
        sa.Column("suspended", sa.BigInteger(), nullable=False),
        sa.Column("unnoticed", sa.BigInteger(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_time", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("sweep"),
    )
    op.create_index("ix_certification_sweep_state", "certification_sweep", ["state"], unique=False)
    op.create_table(
        "draw",
        sa.Column("draw", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("entitlement_reference", sa.String(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("pooling_region", sa.String(), nullable=False),
        sa.Column("benefit_month", sa.Integer(), nullable=False),
        sa.Column("pay_date", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("account_key", sa.String(), nullable=False),
        sa.Column("masked_account", sa.String(), nullable=False),
        sa.Column("reverse_date", sa.String(), nullable=False),
        sa.Column("reverse_reason", sa.String(), nullable=False),
        sa.Column("slot", sa.String(), nullable=True),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("draw"),
        sa.UniqueConstraint("origin", "reference"),
        sa.UniqueConstraint("slot"),
    )
    op.create_index("ix_draw_entitlement_reference", "draw", ["entitlement_reference"], unique=False)
    op.create_index("ix_draw_person", "draw", ["person"], unique=False)
    op.create_table(
        "entitlement",
        sa.Column("entitlement", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("benefit", sa.String(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("pooling_region", sa.String(), nullable=False),
        sa.Column("start_month", sa.Integer(), nullable=False),
        sa.Column("end_month", sa.Integer(), nullable=True),
        sa.Column("monthly_amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("account_key", sa.String(), nullable=False),
        sa.Column("masked_account", sa.String(), nullable=False),
        sa.Column("sealed_account", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("suspensions", sa.String(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("entitlement"),
        sa.UniqueConstraint("reference"),
    )
    op.create_index("ix_entitlement_person", "entitlement", ["person"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("event_date", sa.String(), nullable=False),
        sa.Column("received_date", sa.String(), nullable=False),
        sa.Column("withdrawn_date", sa.String(), nullable=False),
        sa.Column("withdrawal_reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("source", "reference"),
    )
    op.create_index("evidence_person", "evidence", ["person", "event_date"], unique=False)
    op.create_table(
        "person_facts",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("as_of_date", sa.String(), nullable=False),
        sa.Column("birth_date", sa.String(), nullable=False),
        sa.Column("retirement_group", sa.String(), nullable=False),
        sa.Column("contribution_months", sa.Integer(), nullable=True),
        sa.Column("deemed_months", sa.Integer(), nullable=True),
        sa.Column("avg_index_bp", sa.Integer(), nullable=True),
        sa.Column("account_balance_fen", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("person"),
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
