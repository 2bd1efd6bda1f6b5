"""Cards that are sent by mail.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "card_delivery",
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sealed_recipient", sa.LargeBinary(), nullable=False),
        sa.Column("tracking_number", sa.String(), nullable=False),
        sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["card"], ["card.card"]),
        sa.PrimaryKeyConstraint("card"),
    )
    waiting = sa.text("state = 'REQUESTED'")
    op.create_index("card_delivery_waiting", "card_delivery", ["card"], sqlite_where=waiting, postgresql_where=waiting)
