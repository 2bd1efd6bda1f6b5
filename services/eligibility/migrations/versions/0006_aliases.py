"""Follow merges: which records of the identity vault are one person.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "alias",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("survivor", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("person"),
    )
    op.create_index("ix_alias_survivor", "alias", ["survivor"])
