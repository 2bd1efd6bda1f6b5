"""The day of a confirmed death, and what an entitlement was before it.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("certification", sa.Column("lost_date", sa.String(), nullable=False, server_default=""))
    op.add_column("entitlement", sa.Column("before_loss", sa.String(), nullable=False, server_default=""))
