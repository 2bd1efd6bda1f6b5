"""Benefits that are paid once, for an event.

Revision ID: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("entitlement", sa.Column("once", sa.String(), nullable=False, server_default=""))
    op.add_column("entitlement", sa.Column("once_slot", sa.String(), nullable=True))
    op.create_index("entitlement_once_slot", "entitlement", ["once_slot"], unique=True)
