"""The day of a confirmed death, what an entitlement was before it, infirmity, and how notices were delivered.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("certification", sa.Column("lost_date", sa.String(), nullable=False, server_default=""))
    for name in ("infirm_since", "infirm_until"):
        op.add_column("certification", sa.Column(name, sa.String(), nullable=False, server_default=""))
    for name, before in (("delivery", "DELIVERED"), ("proof", "")):
        op.add_column("certification_notice", sa.Column(name, sa.String(), nullable=False, server_default=before))
    op.add_column("entitlement", sa.Column("before_loss", sa.String(), nullable=False, server_default=""))
