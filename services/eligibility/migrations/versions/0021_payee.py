"""Who is paid of what is due to survivors.

Revision ID: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.add_column("proposal", sa.Column("payee", sa.String(), nullable=False, server_default=""))
