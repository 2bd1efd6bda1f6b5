"""Proposals tell what becomes of them; what a reviewer refused is known again by what it rested on.

Revision ID: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("proposal", sa.Column("division", sa.String(), nullable=False, server_default=""))
    op.add_column("proposal", sa.Column("basis", sa.String(), nullable=False, server_default=""))
    op.add_column("proposal", sa.Column("event_count", sa.Integer(), nullable=False, server_default="0"))
