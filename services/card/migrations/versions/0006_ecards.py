"""Electronic cards: the cards, their status lists, used tokens, delegates of the family service.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "ecard",
        sa.Column("ecard", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("list_number", sa.Integer(), nullable=False),
        sa.Column("list_index", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("masked_phone", sa.String(), nullable=False),
        sa.Column("sealed_phone", sa.LargeBinary(), nullable=False),
        sa.Column("authorize_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("authorize_proof", sa.String(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.person"]),
        sa.ForeignKeyConstraint(["card"], ["card.card"]),
        sa.PrimaryKeyConstraint("ecard"),
        sa.UniqueConstraint("person"),
        sa.UniqueConstraint("list_number", "list_index"),
    )
    op.create_index("ix_ecard_card", "ecard", ["card"], unique=False)
    op.create_index(
        "ecard_unusable",
        "ecard",
        ["list_number", "list_index"],
        unique=False,
        sqlite_where=sa.text("status <> 'USABLE'"),
        postgresql_where=sa.text("status <> 'USABLE'"),
    )
    lists = op.create_table(
        "status_list",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.bulk_insert(lists, [{"number": 1, "version": 1, "floor": 1}])  # devices may come before the first card
    op.create_table(
        "status_list_change",
        sa.Column("pos", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("list_number", sa.Integer(), nullable=False),
        sa.Column("list_index", sa.Integer(), nullable=False),
        sa.Column("is_revoked", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("change_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("pos"),
    )
    op.create_index("status_list_change_version", "status_list_change", ["list_number", "version"], unique=False)
    op.create_index(
        "status_list_change_unpublished",
        "status_list_change",
        ["list_number"],
        unique=False,
        sqlite_where=sa.text("version IS NULL"),
        postgresql_where=sa.text("version IS NULL"),
    )
    op.create_index("ix_status_list_change_change_time", "status_list_change", ["change_time"], unique=False)
    op.create_table(
        "used_token",
        sa.Column("token_id", sa.LargeBinary(), nullable=False),
        sa.Column("expire_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_id"),
    )
    op.create_index("ix_used_token_expire_time", "used_token", ["expire_time"], unique=False)
    op.create_table(
        "family_delegate",
        sa.Column("ecard", sa.String(), nullable=False),
        sa.Column("delegate", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ecard"], ["ecard.ecard"]),
        sa.ForeignKeyConstraint(["delegate"], ["person.person"]),
        sa.PrimaryKeyConstraint("ecard", "delegate"),
    )
    op.create_index("ix_family_delegate_delegate", "family_delegate", ["delegate"], unique=False)
