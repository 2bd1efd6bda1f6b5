"""Former identity numbers, and merges of records that are one person.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("person", sa.Column("merged_into", sa.String(), nullable=True))
    op.create_index(
        "person_merged_into",
        "person",
        ["merged_into"],
        unique=False,
        sqlite_where=sa.text("merged_into IS NOT NULL"),
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_table(
        "former_number",
        sa.Column("identity_index", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("sealed_number", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.person"]),
        sa.PrimaryKeyConstraint("identity_index"),
    )
    op.create_index("ix_former_number_person", "former_number", ["person"], unique=False)
    op.create_table(
        "person_merge",
        sa.Column("merge", sa.String(), nullable=False),
        sa.Column("survivor", sa.String(), nullable=False),
        sa.Column("merged", sa.String(), nullable=False),
        sa.Column("open_merged", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("case_reference", sa.String(), nullable=False),
        sa.Column("proposer", sa.String(), nullable=False),
        sa.Column("decider", sa.String(), nullable=False),
        sa.Column("undo_reason", sa.String(), nullable=False),
        sa.Column("undo_proposer", sa.String(), nullable=False),
        sa.Column("undo_decider", sa.String(), nullable=False),
        sa.Column("moved_people", sa.String(), nullable=False),
        sa.Column("moved_cards", sa.String(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["survivor"], ["person.person"]),
        sa.ForeignKeyConstraint(["merged"], ["person.person"]),
        sa.PrimaryKeyConstraint("merge"),
        sa.UniqueConstraint("open_merged"),
    )
    op.create_index("ix_person_merge_survivor", "person_merge", ["survivor"], unique=False)
    op.create_index("ix_person_merge_merged", "person_merge", ["merged"], unique=False)
