"""What a sweep found of everybody, and how many by division.

Revision ID: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "certification_sweep_finding",
        sa.Column("sweep", sa.String(), nullable=False),
        sa.Column("last_person", sa.String(), nullable=False),
        sa.Column("people", sa.LargeBinary(), nullable=False),
        sa.Column("kinds", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sweep", "last_person"),
    )
    op.create_table(
        "certification_sweep_tally",
        sa.Column("sweep", sa.String(), nullable=False),
        sa.Column("division", sa.String(), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sweep", "division", "kind"),
    )
