"""Making batches, their lines, and the applications that wait for one.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "making_batch",
        sa.Column("batch", sa.String(), nullable=False),
        sa.Column("issuing_division", sa.String(), nullable=False),
        sa.Column("service_bank_code", sa.String(), nullable=False),
        sa.Column("card_count", sa.Integer(), nullable=False),
        sa.Column("made_count", sa.Integer(), nullable=False),
        sa.Column("failed_count", sa.Integer(), nullable=False),
        sa.Column("creator", sa.String(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("batch"),
    )
    op.create_table(
        "making_line",
        sa.Column("batch", sa.String(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("card_no", sa.String(), nullable=False),
        sa.Column("identification_code", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("failure_stage", sa.String(), nullable=False),
        sa.Column("failure_reason", sa.String(), nullable=False),
        sa.Column("reset_code", sa.String(), nullable=False),
        sa.Column("box_position", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["making_batch.batch"]),
        sa.ForeignKeyConstraint(["card"], ["card.card"]),
        sa.PrimaryKeyConstraint("batch", "serial"),
        sa.UniqueConstraint("card_no"),
    )
    op.create_index("ix_making_line_card", "making_line", ["card"])
    waiting = sa.text("progress = 'APPLIED' AND status = ''")
    columns = ["issuing_division", "service_bank_code", "card"]
    op.create_index("card_waiting", "card", columns, sqlite_where=waiting, postgresql_where=waiting)
