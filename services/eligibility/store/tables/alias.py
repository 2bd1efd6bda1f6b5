"""Table of who is whom."""

from sqlmodel import Field

from services.eligibility.store.tables.base import BIG, Base, table_of


class AliasRecord(Base, table=True):
    """Whom a record of the identity vault means; an empty survivor: a person of its own again."""

    __tablename__ = "alias"

    person: str = Field(primary_key=True)
    survivor: str = Field(index=True)
    sequence: int = Field(sa_type=BIG)
    event_id: str


ALIAS = table_of(AliasRecord)
