"""Entitlements are listed by what is paid of them now.

Revision ID: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

_UNUSUAL = sa.text("state NOT IN ('CERTIFIED', 'WARNING') OR life_events <> ''")


def upgrade() -> None:
    op.create_index(
        "certification_unusual", "certification", ["person"], sqlite_where=_UNUSUAL, postgresql_where=_UNUSUAL
    )
