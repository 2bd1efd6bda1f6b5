"""Tables of people: the identity vault, merges, and the log of accesses."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from services.card.store.tables import TIME, Base, table_of


class PersonRecord(Base, table=True):
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
    create_time: datetime = Field(sa_type=TIME)
    version: int
    merged_into: str | None
    origin: str | None
    """Record of the operation that brought it in one batch with others."""


class FormerNumberRecord(Base, table=True):
    """An identity number that a person had before; it is in no row of `person`, and stays this person's."""

    __tablename__ = "former_number"

    identity_index: str = Field(primary_key=True)
    person: str = Field(foreign_key="person.person", index=True)
    sealed_number: bytes


class MergeRecord(Base, table=True):
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
    was_payable: bool
    moved_applications: str
    moved_ecards: str
    create_time: datetime = Field(sa_type=TIME)
    update_time: datetime = Field(sa_type=TIME)
    version: int


class AccessRecord(Base, table=True):
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


class RevealCountRecord(Base, table=True):
    """How many people a caller has revealed on a day of the bureau."""

    __tablename__ = "reveal_count"

    caller: str = Field(primary_key=True)
    day: str = Field(primary_key=True)
    taken: int


PERSON = table_of(PersonRecord)
FORMER_NUMBER = table_of(FormerNumberRecord)
MERGE = table_of(MergeRecord)
ACCESS = table_of(AccessRecord)
REVEAL_COUNT = table_of(RevealCountRecord)
