"""Passwords of electronic cards; PINs say which key they are verified under.

Revision ID: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("card_pin", sa.Column("key_id", sa.String(), nullable=False, server_default="derived"))
    op.create_table(
        "ecard_password",
        sa.Column("ecard", sa.String(), nullable=False),
        sa.Column("verification_value", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("is_initial", sa.Boolean(), nullable=False),
        sa.Column("wrong_tries", sa.Integer(), nullable=False),
        sa.Column("proof", sa.String(), nullable=False),
        sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ecard"], ["ecard.ecard"]),
        sa.PrimaryKeyConstraint("ecard"),
    )
