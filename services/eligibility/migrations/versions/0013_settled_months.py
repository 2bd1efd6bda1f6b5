"""How far the months of an entitlement are settled; draws of an entitlement are found by month.

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("entitlement", sa.Column("settled_to", sa.Integer(), nullable=True))
    op.add_column("entitlement", sa.Column("settled_by", sa.String(), nullable=False, server_default=""))
    op.create_index("draw_month", "draw", ["entitlement_reference", "benefit_month"])
    op.drop_index("ix_draw_entitlement_reference", table_name="draw")
