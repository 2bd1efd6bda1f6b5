"""Pieces of a delivery count in whatever order they come.

Revision ID: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("feed_batch", sa.Column("last_piece", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("feed_batch", sa.Column("declared_rows", sa.BigInteger(), nullable=False, server_default="0"))
