"""Merge two records that have a live card each: which one stays, and what else the merge has moved.

Revision ID: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    none = {"kept_card": "", "cancelled_card": "", "moved_applications": "[]", "moved_ecards": "[]"}
    for name, before in none.items():
        op.add_column("person_merge", sa.Column(name, sa.String(), nullable=False, server_default=before))
