"""One-card applications: the catalogue, and what is open on which card.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "one_card_application",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("need", sa.String(), nullable=False),
        sa.Column("enabled_from", sa.String(), nullable=False),
        sa.Column("enabled_to", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "card_application",
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("application", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["card"], ["card.card"]),
        sa.ForeignKeyConstraint(["application"], ["one_card_application.code"]),
        sa.PrimaryKeyConstraint("card", "application"),
    )
