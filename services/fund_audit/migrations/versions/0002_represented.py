"""Find whom a representative acts for: strangers may be joined over people who draw nothing themselves.

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index("ix_representation_representative", "representation", ["representative"])
