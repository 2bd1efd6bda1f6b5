"""The first schema: people, cards, reveals, number sequences; outbox and answered requests.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "person",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("identity_index", sa.String(), nullable=False),
        sa.Column("sealed_identity", sa.LargeBinary(), nullable=False),
        sa.Column("division", sa.String(), nullable=False),
        sa.Column("representative", sa.String(), nullable=False),
        sa.Column("representative_kind", sa.String(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("person"),
        sa.UniqueConstraint("identity_index"),
    )
    op.create_table(
        "card",
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("live_person", sa.String(), nullable=True),
        sa.Column("issuing_division", sa.String(), nullable=False),
        sa.Column("service_bank_code", sa.String(), nullable=False),
        sa.Column("progress", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("former_status", sa.String(), nullable=False),
        sa.Column("card_no", sa.String(), nullable=True),
        sa.Column("identification_code", sa.String(), nullable=True),
        sa.Column("masked_account", sa.String(), nullable=False),
        sa.Column("sealed_account", sa.LargeBinary(), nullable=False),
        sa.Column("issue_date", sa.String(), nullable=True),
        sa.Column("expire_date", sa.String(), nullable=True),
        sa.Column("loss_lapse_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaces", sa.String(), nullable=False),
        sa.Column("cancel_reason", sa.String(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.person"]),
        sa.PrimaryKeyConstraint("card"),
        sa.UniqueConstraint("card_no"),
        sa.UniqueConstraint("identification_code"),
        sa.UniqueConstraint("live_person"),
    )
    op.create_index("ix_card_person", "card", ["person"], unique=False)
    op.create_index(
        "card_loss_lapse_time",
        "card",
        ["loss_lapse_time"],
        unique=False,
        sqlite_where=sa.text("loss_lapse_time IS NOT NULL"),
        postgresql_where=sa.text("loss_lapse_time IS NOT NULL"),
    )
    op.create_table(
        "reveal",
        sa.Column("reveal", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("case_reference", sa.String(), nullable=False),
        sa.Column("reveal_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.person"]),
        sa.PrimaryKeyConstraint("reveal"),
    )
    op.create_index("ix_reveal_person", "reveal", ["person"], unique=False)
    op.create_table(
        "number_sequence",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("next_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
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
