"""Identity numbers beside rows of deliveries are found and erased when nobody needs them any longer.

Revision ID: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    numbers = sa.text("length(sealed_number) > 0")
    row = sa.table("feed_row", sa.column("outcome", sa.String), sa.column("sealed_number", sa.LargeBinary))
    done = row.c.outcome.not_in(("", "WAITING"))
    op.execute(row.update().where(done, numbers).values(sealed_number=b""))
    op.create_index(
        "feed_row_number", "feed_row", ["batch", "reference"], sqlite_where=numbers, postgresql_where=numbers
    )
