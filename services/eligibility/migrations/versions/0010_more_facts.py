"""Further facts of a person, by their names in the rule book.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("person_facts", sa.Column("more", sa.String(), nullable=False, server_default="{}"))
