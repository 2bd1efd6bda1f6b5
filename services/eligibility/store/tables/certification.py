"""Tables of certifications and of the sweeps over them."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from services.eligibility.store.tables.base import BIG, TIME, Base, table_of

UNUSUAL = sa.text("state NOT IN ('CERTIFIED', 'WARNING') OR life_events <> ''")
"""Those by which some months may not be paid; the index has them alone, and knows the condition by its words."""


class CertificationNotice(Base, table=True):
    """A notice, delivered or failed."""

    __tablename__ = "certification_notice"

    person: str = Field(primary_key=True)
    delivered_date: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    counts_from: str
    delivery: str
    proof: str


class CertificationRecord(Base, table=True):
    """A certification; `periods` is its history as `STATE date` joined by commas, `life_events` as `KIND date date`."""

    __tablename__ = "certification"
    __table_args__ = (sa.Index("certification_unusual", "person", sqlite_where=UNUSUAL, postgresql_where=UNUSUAL),)

    person: str = Field(primary_key=True)
    division: str
    birth_date: str
    start_date: str
    state: str = Field(index=True)
    state_since: str
    valid_to: str = Field(index=True)
    method: str
    last_kind: str
    last_evidence_date: str
    notice_date: str
    assessed_to: str
    periods: str
    alarm_death_date: str
    alarm_seen_date: str
    lost_date: str
    life_events: str
    infirm_since: str
    infirm_until: str
    event_count: int
    version: int
    update_time: datetime = Field(sa_type=TIME)


class BirthLookRecord(Base, table=True):
    """How far everybody's birth was compared with the vault; no row when all were."""

    __tablename__ = "birth_look"

    cursor: str = Field(primary_key=True)


class SweepRecord(Base, table=True):
    """A sweep and how far it has come."""

    __tablename__ = "certification_sweep"

    sweep: str = Field(primary_key=True)
    as_of_date: str
    dry_run: bool
    state: str = Field(index=True)
    cursor: str
    total: int = Field(sa_type=BIG)
    examined: int = Field(sa_type=BIG)
    qualified: int = Field(sa_type=BIG)
    to_verify: int = Field(sa_type=BIG)
    lost: int = Field(sa_type=BIG)
    silent: int = Field(sa_type=BIG)
    warned: int = Field(sa_type=BIG)
    suspended: int = Field(sa_type=BIG)
    unnoticed: int = Field(sa_type=BIG)
    create_time: datetime = Field(sa_type=TIME)
    end_time: datetime | None = Field(sa_type=TIME)
    lists_deleted: bool


class SweepFinding(Base, table=True):
    """What a step of a sweep found: people and their divisions, packed, and a byte for what was found of each."""

    __tablename__ = "certification_sweep_finding"

    sweep: str = Field(primary_key=True)
    last_person: str = Field(primary_key=True)
    people: bytes
    kinds: bytes


class SweepTally(Base, table=True):
    """How many people of a division a sweep found in which state before it, and for which reason after it."""

    __tablename__ = "certification_sweep_tally"

    sweep: str = Field(primary_key=True)
    division: str = Field(primary_key=True)
    kind: int = Field(primary_key=True)
    people: int = Field(sa_type=BIG)


NOTICE = table_of(CertificationNotice)
BIRTH_LOOK = table_of(BirthLookRecord)
CERTIFICATION = table_of(CertificationRecord)
SWEEP = table_of(SweepRecord)
SWEEP_FINDING = table_of(SweepFinding)
SWEEP_TALLY = table_of(SweepTally)
