"""Find cards by their accounts: nobody else gets one that is kept for a holder.

The accounts are sealed, and the index has a key of the service: it finds out of the cards that are here, 500 at
a time, by which of them an account is kept (docs/adr/0035-an-account-is-one-persons.md).

Revision ID: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

HELD = sa.text("account_index > 0 AND bank_function <> 'CLOSED'")
SHARED = sa.text("account_index < 0")
UNINDEXED = sa.text("account_index IS NULL AND length(sealed_account) > 0")


def upgrade() -> None:
    op.add_column("card", sa.Column("account_index", sa.BigInteger(), nullable=True))
    op.create_index("card_account", "card", ["account_index"], unique=True, sqlite_where=HELD, postgresql_where=HELD)
    op.create_index("card_shared", "card", ["account_index"], sqlite_where=SHARED, postgresql_where=SHARED)
    op.create_index("card_unindexed", "card", ["card"], sqlite_where=UNINDEXED, postgresql_where=UNINDEXED)
