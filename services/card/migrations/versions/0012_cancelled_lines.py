"""Lines of making batches whose cards were cancelled meanwhile; deliveries that nobody waits for are withdrawn.

Revision ID: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("making_batch", sa.Column("cancelled_count", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        """UPDATE card_delivery SET state = 'WITHDRAWN', sealed_recipient = ''
        WHERE state IN ('REQUESTED', 'UNDELIVERABLE', 'POSTED') AND card IN (
            SELECT card FROM card WHERE status = 'CANCELLED'
                OR (progress = 'COLLECTED' AND card_delivery.state <> 'POSTED')
        )"""
    )
