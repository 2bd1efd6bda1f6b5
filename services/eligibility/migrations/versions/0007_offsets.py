"""Offsets, and what they took of draws.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "offset_order",
        sa.Column("offset", sa.String(), nullable=False),
        sa.Column("entitlement", sa.String(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("monthly_fen", sa.BigInteger(), nullable=False),
        sa.Column("floor_fen", sa.BigInteger(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("creator", sa.String(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("end_reason", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("offset"),
    )
    op.create_index("ix_offset_order_entitlement", "offset_order", ["entitlement"], unique=False)
    op.add_column("draw_list", sa.Column("offset_fen", sa.BigInteger(), nullable=False, server_default="0"))
    for table in ("draw", "draw_line"):
        op.add_column(table, sa.Column("offset", sa.String(), nullable=False, server_default=""))
        op.add_column(table, sa.Column("offset_fen", sa.BigInteger(), nullable=False, server_default="0"))
