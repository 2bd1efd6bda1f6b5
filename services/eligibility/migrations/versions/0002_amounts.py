"""Amounts of an entitlement over time, and why it was stopped.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_FIRST_AMOUNT = "UPDATE entitlement SET amounts = '[[' || start_month || ', ' || monthly_amount_fen || ', \"\"]]'"


def upgrade() -> None:
    op.add_column("entitlement", sa.Column("amounts", sa.String(), nullable=False, server_default=""))
    op.add_column("entitlement", sa.Column("stop_reason", sa.String(), nullable=False, server_default=""))
    op.execute(_FIRST_AMOUNT)
