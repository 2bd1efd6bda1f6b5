"""Policy finds people: proposals, the runs that make them, and whose facts are new; who told facts.

Revision ID: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "proposal",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("proposal", "person", "benefit", "scheme")),
        sa.Column("start_month", sa.Integer(), nullable=False),
        sa.Column("end_month", sa.Integer(), nullable=True),
        sa.Column("monthly_fen", sa.BigInteger(), nullable=False),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("asks", "channel", "missing", "decision", "run", "preparer", "expire_date", "state")
        ),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("confirmer", "proof", "approver", "entitlement", "reason")
        ),
        sa.Column("slot", sa.String(), nullable=True),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("proposal"),
        sa.UniqueConstraint("slot"),
    )
    op.create_index("ix_proposal_person", "proposal", ["person"])
    op.create_index("ix_proposal_run", "proposal", ["run"])
    op.create_index("proposal_state", "proposal", ["state", "expire_date"])
    op.create_table(
        "finding_run",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("as_of_date", sa.String(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("creator", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=False),
        sa.Column("examined", sa.BigInteger(), nullable=False),
        sa.Column("found", sa.String(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_time", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("run"),
    )
    op.create_index("ix_finding_run_state", "finding_run", ["state"])
    op.create_table(
        "looked_for",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("arrival", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("person"),
    )
    op.add_column("person_facts", sa.Column("verified", sa.Boolean(), nullable=False, server_default=sa.false()))
