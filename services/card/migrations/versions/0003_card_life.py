"""The whole life of a card: successions, bank function, timers, temporary cards, contacts, and who asked for what.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_TIMERS = ("making_timer_date", "renewal_notice_date", "temporary_timer_date")


def upgrade() -> None:
    text = sa.String()
    for name in ("succession_reason", "temporary_state"):
        op.add_column("card", sa.Column(name, text, nullable=False, server_default=""))
    op.add_column("card", sa.Column("bank_function", text, nullable=False, server_default="NOT_ACTIVATED"))
    op.add_column("card", sa.Column("is_making_overdue", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("card", sa.Column("is_making_due_certain", sa.Boolean(), nullable=False, server_default=sa.true()))
    for name in ("making_due_date", "temporary_issue_date", "temporary_expire_date", *_TIMERS):
        op.add_column("card", sa.Column(name, text, nullable=True))
    sixty_days_before = (
        "date(expire_date, '-60 days')"
        if op.get_bind().dialect.name == "sqlite"
        else "to_char(CAST(expire_date AS date) - 60, 'YYYY-MM-DD')"
    )
    op.execute(
        f"UPDATE card SET renewal_notice_date = {sixty_days_before} "  # noqa: S608  one of two texts above
        "WHERE expire_date IS NOT NULL AND status <> 'CANCELLED'"
    )
    for name in _TIMERS:
        waiting = sa.text(f"{name} IS NOT NULL")
        op.create_index(f"card_{name}", "card", [name], sqlite_where=waiting, postgresql_where=waiting)
    op.create_table(
        "card_operation",
        sa.Column("record", text, nullable=False),
        sa.Column("card", text, nullable=False),
        sa.Column("operation", text, nullable=False),
        sa.Column("actor_kind", text, nullable=False),
        sa.Column("actor_reference", text, nullable=False),
        sa.Column("proofs", text, nullable=False),
        sa.Column("caller", text, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("record_time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["card"], ["card.card"]),
        sa.PrimaryKeyConstraint("record"),
    )
    op.create_index("ix_card_operation_card", "card_operation", ["card"], unique=False)
    op.create_table(
        "holder_contact",
        sa.Column("person", text, nullable=False),
        sa.Column("sealed_contact", sa.LargeBinary(), nullable=False),
        sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.person"]),
        sa.PrimaryKeyConstraint("person"),
    )
