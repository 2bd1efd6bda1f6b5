"""Everybody's birth is compared with the vault once: what it had corrected before it was listened to was never heard.

Revision ID: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table("birth_look", sa.Column("cursor", sa.String(), nullable=False), sa.PrimaryKeyConstraint("cursor"))
    op.execute("INSERT INTO birth_look VALUES ('')")
