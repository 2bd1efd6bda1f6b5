"""People of whom something arrived are looked at in the order of arrival, however many wait.

Revision ID: 0016
"""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_index("looked_for_arrival", "looked_for", ["arrival", "person"])
