"""Deliveries that come over the bus in pieces.

Revision ID: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("feed_batch", sa.Column("pieces", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("feed_batch", sa.Column("refusal", sa.String(), nullable=False, server_default=""))
