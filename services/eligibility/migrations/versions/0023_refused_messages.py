"""Messages on the bus that name no delivery are kept for somebody to read.

Revision ID: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "refused_message",
        sa.Column("refused", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("refusal", sa.String(), nullable=False),
        sa.Column("refuse_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("refused"),
        sa.UniqueConstraint("message"),
    )
    op.create_index(op.f("ix_refused_message_refuse_time"), "refused_message", ["refuse_time"])
