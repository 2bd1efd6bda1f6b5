"""A merge keeps whether the account of the card that it cancelled could be paid: an undo gives it back then.

Revision ID: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("person_merge", sa.Column("was_payable", sa.Boolean(), nullable=False, server_default=sa.false()))
