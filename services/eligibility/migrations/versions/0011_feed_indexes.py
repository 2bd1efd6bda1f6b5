"""Rows of deliveries are found by their delivery alone: indexes halve the rate of intake. Who was restored by undoing.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.drop_index("feed_row_person", table_name="feed_row")
    op.drop_index("feed_row_reference", table_name="feed_row")
    op.create_table(
        "feed_restored",
        sa.Column("batch", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("batch", "person"),
    )
