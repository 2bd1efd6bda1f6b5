"""What happened to the person of a certification that decides what months are worth.

Revision ID: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("certification", sa.Column("life_events", sa.String(), nullable=False, server_default=""))
