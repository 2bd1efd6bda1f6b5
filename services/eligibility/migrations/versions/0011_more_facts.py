"""Further facts of a person, by their names in the rule book.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("person_facts", sa.Column("more", sa.String(), nullable=False, server_default="{}"))
