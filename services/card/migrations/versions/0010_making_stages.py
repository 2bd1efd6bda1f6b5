"""How far making batches have come, and the cards that wait too long.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    stage = sa.Column("stage", sa.String(), nullable=False, server_default="ASSIGNED")
    op.add_column("making_batch", stage)
    overdue = sa.text("is_making_overdue AND status = ''")
    op.create_index("card_overdue", "card", ["card"], sqlite_where=overdue, postgresql_where=overdue)
