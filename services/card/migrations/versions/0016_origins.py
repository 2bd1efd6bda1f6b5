"""Records of operations are about people too, and what came in a batch says which record brought it.

Revision ID: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    for table in ("card", "person", "ecard"):
        op.add_column(table, sa.Column("origin", sa.String(), nullable=True))
    with op.batch_alter_table("card_operation") as records:
        records.alter_column("card", existing_type=sa.String(), nullable=True)
        records.add_column(sa.Column("person", sa.String(), nullable=True))
        records.add_column(sa.Column("regarding", sa.String(), nullable=False, server_default=""))
        records.create_foreign_key("card_operation_person_fkey", "person", ["person"], ["person"])
    of_person = sa.text("person IS NOT NULL")
    op.create_index(
        "card_operation_person", "card_operation", ["person"], sqlite_where=of_person, postgresql_where=of_person
    )
