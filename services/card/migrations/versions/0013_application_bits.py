"""One-card applications have versions, and bits in the codes of electronic cards.

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("one_card_application", sa.Column("token_bit", sa.Integer(), nullable=True))
    op.add_column("one_card_application", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.create_index("one_card_application_token_bit", "one_card_application", ["token_bit"], unique=True)
    op.execute(
        """UPDATE one_card_application SET token_bit = (
            SELECT count(*) FROM one_card_application AS earlier
            WHERE earlier.code < one_card_application.code AND earlier.need <> 'CARD_APP'
        ) WHERE need <> 'CARD_APP' AND 62 > (
            SELECT count(*) FROM one_card_application AS earlier
            WHERE earlier.code < one_card_application.code AND earlier.need <> 'CARD_APP'
        )"""
    )
