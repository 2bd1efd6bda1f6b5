"""Tables of card; migrations/ has them as they were at each version.

Dates are ISO 8601 texts of ten characters: both databases, and filters, compare them as dates compare.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

METADATA = sa.MetaData()

TIME = sa.DateTime(timezone=True)


class Base(SQLModel):
    """What every record of card is."""

    metadata = METADATA


WAITING = sa.text("progress = 'APPLIED' AND status = ''")
"""Applications that wait for making; written out, as a bound value would keep the databases from the index."""


OVERDUE = sa.text("is_making_overdue AND status = ''")
"""Cards that wait longer than they should."""


OF_PERSON = sa.text("person IS NOT NULL")
"""Records of operations that are about a person: few of all."""


HELD = sa.text("account_index > 0 AND bank_function <> 'CLOSED'")
"""Cards by which an account is kept for its holder: until the bank has closed it, also when the card is cancelled."""


SHARED = sa.text("account_index < 0")
"""Cards whose account is kept for somebody else; of an old register there are some."""


UNINDEXED = sa.text("account_index IS NULL AND length(sealed_account) > 0")
"""Cards that got their account before there was an index, or by a process that does not know of it yet."""


def _timer_index(column: str) -> sa.Index:
    """Index what a timer waits for; of nearly all cards it waits for nothing."""
    waiting = sa.text(f"{column} IS NOT NULL")
    return sa.Index(f"card_{column}", column, sqlite_where=waiting, postgresql_where=waiting)


class CardRecord(Base, table=True):
    """A card; `live_person` is the place that only one live card of a person may take.

    `account_index` is the blind index of the account, at the one of its holder's cards by which it is kept, 0 at the
    others that have it, below 0 at a card of somebody else that has it too; nothing without an account, and until that
    has been found out. The timer columns hold the day that a timer waits for, and nothing once there is nothing to wait
    for.
    """

    __tablename__ = "card"
    __table_args__ = (
        _timer_index("loss_lapse_time"),
        _timer_index("making_timer_date"),
        _timer_index("renewal_notice_date"),
        _timer_index("temporary_timer_date"),
        sa.Index("card_overdue", "card", sqlite_where=OVERDUE, postgresql_where=OVERDUE),
        sa.Index(
            "card_waiting",
            "issuing_division",
            "service_bank_code",
            "card",
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
        sa.Index("card_account", "account_index", unique=True, sqlite_where=HELD, postgresql_where=HELD),
        sa.Index("card_shared", "account_index", sqlite_where=SHARED, postgresql_where=SHARED),
        sa.Index("card_unindexed", "card", sqlite_where=UNINDEXED, postgresql_where=UNINDEXED),
    )

    card: str = Field(primary_key=True)
    person: str = Field(foreign_key="person.person", index=True)
    live_person: str | None = Field(unique=True)
    issuing_division: str
    service_bank_code: str
    progress: str
    status: str
    former_status: str
    card_no: str | None = Field(unique=True)
    identification_code: str | None = Field(unique=True)
    masked_account: str
    sealed_account: bytes
    account_index: int | None = Field(sa_type=sa.BigInteger)
    issue_date: str | None
    expire_date: str | None
    loss_lapse_time: datetime | None = Field(sa_type=TIME)
    replaces: str
    succession_reason: str
    cancel_reason: str
    bank_function: str
    making_due_date: str | None
    is_making_due_certain: bool
    making_timer_date: str | None
    is_making_overdue: bool
    renewal_notice_date: str | None
    temporary_issue_date: str | None
    temporary_expire_date: str | None
    temporary_timer_date: str | None
    temporary_state: str
    create_time: datetime = Field(sa_type=TIME)
    update_time: datetime = Field(sa_type=TIME)
    version: int
    origin: str | None
    """Record of the operation that brought it in one batch with others."""


class OperationRow(Base, table=True):
    """That an operation was done to a card or a person, or brought all that have it as their origin; by whom, why."""

    __tablename__ = "card_operation"
    __table_args__ = (sa.Index("card_operation_person", "person", sqlite_where=OF_PERSON, postgresql_where=OF_PERSON),)

    record: str = Field(primary_key=True)
    card: str | None = Field(foreign_key="card.card", index=True)
    person: str | None = Field(foreign_key="person.person")
    operation: str
    actor_kind: str
    actor_reference: str
    proofs: str
    """Lines of kind and reference, divided by a space."""
    caller: str
    version: int
    record_time: datetime = Field(sa_type=TIME)
    regarding: str


class PinRecord(Base, table=True):
    """A card's PIN: only what it is verified by."""

    __tablename__ = "card_pin"

    card: str = Field(primary_key=True, foreign_key="card.card")
    verification_value: bytes
    key_id: str
    is_initial: bool
    wrong_tries: int
    update_time: datetime = Field(sa_type=TIME)


class ContactRecord(Base, table=True):
    """How a holder is reached, sealed."""

    __tablename__ = "holder_contact"

    person: str = Field(primary_key=True, foreign_key="person.person")
    sealed_contact: bytes
    update_time: datetime = Field(sa_type=TIME)


class CardChangeRecord(Base, table=True):
    """That a card changed, at its place in the order of all commits; `former` is what it was searched by before."""

    __tablename__ = "card_change"

    position: int = Field(sa_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True)
    card: str
    former: str
    change_time: datetime = Field(sa_type=TIME)


class SequenceRecord(Base, table=True):
    """The next number of a sequence that leaves no gaps and never repeats."""

    __tablename__ = "number_sequence"

    name: str = Field(primary_key=True)
    next_number: int = Field(sa_type=sa.BigInteger)


def table_of(record: type[SQLModel]) -> sa.Table:
    """Give the table of a record."""
    table: sa.Table = record.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass
    return table


CARD = table_of(CardRecord)
OPERATION = table_of(OperationRow)
CONTACT = table_of(ContactRecord)
PIN = table_of(PinRecord)
CARD_CHANGE = table_of(CardChangeRecord)
SEQUENCE = table_of(SequenceRecord)
