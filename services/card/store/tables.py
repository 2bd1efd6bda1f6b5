"""Tables of card; migrations/ has them as they were at each version.

Dates are ISO 8601 texts of ten characters: both databases, and filters, compare them as dates compare.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

METADATA = sa.MetaData()

_TIME = sa.DateTime(timezone=True)


class _Base(SQLModel):
    metadata = METADATA


class PersonRecord(_Base, table=True):
    """A person: nothing in clear from which the identity number could be put together again, birth date included."""

    __tablename__ = "person"
    __table_args__ = (
        sa.Index(
            "person_merged_into",
            "merged_into",
            sqlite_where=sa.text("merged_into IS NOT NULL"),
            postgresql_where=sa.text("merged_into IS NOT NULL"),
        ),
    )

    person: str = Field(primary_key=True)
    identity_index: str = Field(unique=True)
    sealed_identity: bytes
    division: str
    representative: str
    representative_kind: str
    create_time: datetime = Field(sa_type=_TIME)
    version: int
    merged_into: str | None


class FormerNumberRecord(_Base, table=True):
    """An identity number that a person had before; it is in no row of `person`, and stays this person's."""

    __tablename__ = "former_number"

    identity_index: str = Field(primary_key=True)
    person: str = Field(foreign_key="person.person", index=True)
    sealed_number: bytes


class MergeRecord(_Base, table=True):
    """A merge; `open_merged` is the place that only one open merge of a record may take."""

    __tablename__ = "person_merge"

    merge: str = Field(primary_key=True)
    survivor: str = Field(foreign_key="person.person", index=True)
    merged: str = Field(foreign_key="person.person", index=True)
    open_merged: str | None = Field(unique=True)
    state: str
    reason: str
    case_reference: str
    proposer: str
    decider: str
    undo_reason: str
    undo_proposer: str
    undo_decider: str
    moved_people: str
    moved_cards: str
    kept_card: str
    cancelled_card: str
    moved_applications: str
    moved_ecards: str
    create_time: datetime = Field(sa_type=_TIME)
    update_time: datetime = Field(sa_type=_TIME)
    version: int


WAITING = sa.text("progress = 'APPLIED' AND status = ''")
"""Applications that wait for making; written out, as a bound value would keep the databases from the index."""


OVERDUE = sa.text("is_making_overdue AND status = ''")
"""Cards that wait longer than they should."""


def _timer_index(column: str) -> sa.Index:
    """Index what a timer waits for; of nearly all cards it waits for nothing."""
    waiting = sa.text(f"{column} IS NOT NULL")
    return sa.Index(f"card_{column}", column, sqlite_where=waiting, postgresql_where=waiting)


class CardRecord(_Base, table=True):
    """A card; `live_person` is the place that only one live card of a person may take.

    The timer columns hold the day that a timer waits for, and nothing once there is nothing to wait for.
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
    issue_date: str | None
    expire_date: str | None
    loss_lapse_time: datetime | None = Field(sa_type=_TIME)
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
    create_time: datetime = Field(sa_type=_TIME)
    update_time: datetime = Field(sa_type=_TIME)
    version: int


class OperationRow(_Base, table=True):
    """That an operation was done to a card, by whom and on what proof."""

    __tablename__ = "card_operation"

    record: str = Field(primary_key=True)
    card: str = Field(foreign_key="card.card", index=True)
    operation: str
    actor_kind: str
    actor_reference: str
    proofs: str
    """Lines of kind and reference, divided by a space."""
    caller: str
    version: int
    record_time: datetime = Field(sa_type=_TIME)


class PinRecord(_Base, table=True):
    """A card's PIN: only what it is verified by."""

    __tablename__ = "card_pin"

    card: str = Field(primary_key=True, foreign_key="card.card")
    verification_value: bytes
    key_id: str
    is_initial: bool
    wrong_tries: int
    update_time: datetime = Field(sa_type=_TIME)


class ContactRecord(_Base, table=True):
    """How a holder is reached, sealed."""

    __tablename__ = "holder_contact"

    person: str = Field(primary_key=True, foreign_key="person.person")
    sealed_contact: bytes
    update_time: datetime = Field(sa_type=_TIME)


class CardChangeRecord(_Base, table=True):
    """That a card changed, at its place in the order of all commits; `former` is what it was searched by before."""

    __tablename__ = "card_change"

    position: int = Field(sa_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True)
    card: str
    former: str
    change_time: datetime = Field(sa_type=_TIME)


class AccessRecord(_Base, table=True):
    """That a call read a person; the time is in microseconds since 1970, as filters compare numbers and texts."""

    __tablename__ = "access_log"
    __table_args__ = (
        sa.Index("access_log_caller", "caller", "access_us"),
        sa.Index("access_log_person", "person", "access_us"),
        sa.Index(
            "access_log_reveal",
            "access_us",
            sqlite_where=sa.text("kind = 'REVEAL'"),
            postgresql_where=sa.text("kind = 'REVEAL'"),
        ),
    )

    access_us: int = Field(sa_type=sa.BigInteger, primary_key=True)
    call: str = Field(primary_key=True)
    place: int = Field(primary_key=True)
    kind: str
    caller: str
    person: str
    purpose: str
    case_reference: str


class RevealCountRecord(_Base, table=True):
    """How many people a caller has revealed on a day of the bureau."""

    __tablename__ = "reveal_count"

    caller: str = Field(primary_key=True)
    day: str = Field(primary_key=True)
    taken: int


class SequenceRecord(_Base, table=True):
    """The next number of a sequence that leaves no gaps and never repeats."""

    __tablename__ = "number_sequence"

    name: str = Field(primary_key=True)
    next_number: int = Field(sa_type=sa.BigInteger)


def _table(record: type[SQLModel]) -> sa.Table:
    table: sa.Table = record.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass
    return table


PERSON = _table(PersonRecord)
FORMER_NUMBER = _table(FormerNumberRecord)
MERGE = _table(MergeRecord)
CARD = _table(CardRecord)
OPERATION = _table(OperationRow)
CONTACT = _table(ContactRecord)
PIN = _table(PinRecord)
CARD_CHANGE = _table(CardChangeRecord)
ACCESS = _table(AccessRecord)
REVEAL_COUNT = _table(RevealCountRecord)
SEQUENCE = _table(SequenceRecord)
