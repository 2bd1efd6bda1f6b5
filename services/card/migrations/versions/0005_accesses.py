"""The log of all accesses to people, in place of the one of reveals; nobody changes or deletes what it holds.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_REFUSE = {
    "sqlite": [
        f"CREATE TRIGGER access_log_no_{verb.lower()} BEFORE {verb} ON access_log "
        "BEGIN SELECT RAISE(ABORT, 'access_log only grows'); END"
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        "CREATE FUNCTION refuse_access_log_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'access_log only grows'; END $$",
        "CREATE TRIGGER access_log_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON access_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_access_log_change()",
    ],
}


def upgrade() -> None:
    op.create_table(
        "access_log",
        sa.Column("access_us", sa.BigInteger(), nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("case_reference", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("access_us", "call", "place"),
    )
    op.create_index("access_log_caller", "access_log", ["caller", "access_us"], unique=False)
    op.create_index("access_log_person", "access_log", ["person", "access_us"], unique=False)
    op.create_index(
        "access_log_reveal",
        "access_log",
        ["access_us"],
        unique=False,
        sqlite_where=sa.text("kind = 'REVEAL'"),
        postgresql_where=sa.text("kind = 'REVEAL'"),
    )
    op.execute(
        "INSERT INTO access_log (access_us, call, place, kind, caller, person, purpose, case_reference) "
        "SELECT reveal_us, reveal, 0, 'REVEAL', caller, person, purpose, case_reference FROM reveal"
    )
    op.drop_index("ix_reveal_person", "reveal")
    op.drop_table("reveal")
    for statement in _REFUSE[op.get_bind().dialect.name]:
        op.execute(statement)
    op.create_table(
        "reveal_count",
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("caller", "day"),
    )
