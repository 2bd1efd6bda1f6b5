"""Draw lists and their lines.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_COUNTS = ("released_to", "lines", "held", "released", "paid", "returned", "amount_fen", "held_fen", "returned_fen")


def upgrade() -> None:
    op.create_table(
        "draw_list",
        sa.Column("draw_list", sa.String(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("pooling_region", sa.String(), nullable=False),
        sa.Column("benefit_month", sa.Integer(), nullable=False),
        sa.Column("pay_date", sa.String(), nullable=False),
        sa.Column("opening_month", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _COUNTS),
        sa.Column("creator", sa.String(), nullable=False),
        sa.Column("releaser", sa.String(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("draw_list"),
    )
    op.create_index("draw_list_region", "draw_list", ["scheme", "pooling_region"], unique=False)
    op.create_index("ix_draw_list_state", "draw_list", ["state"], unique=False)
    op.create_table(
        "draw_line",
        sa.Column("draw_list", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("entitlement", sa.String(), nullable=False),
        sa.Column("entitlement_version", sa.Integer(), nullable=False),
        sa.Column("entitlement_reference", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("benefit_month", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("masked_account", sa.String(), nullable=False),
        sa.Column("sealed_account", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("hold_reason", sa.String(), nullable=False),
        sa.Column("return_date", sa.String(), nullable=False),
        sa.Column("return_reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("draw_list", "number"),
    )
    op.create_index("entitlement_region", "entitlement", ["scheme", "pooling_region", "entitlement"], unique=False)
