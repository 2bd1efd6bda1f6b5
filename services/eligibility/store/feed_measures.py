"""What a delivery is like, counted by the database in a few passes over its rows."""

from datetime import date, datetime

import sqlalchemy as sa

from services.eligibility.baseline import Measures
from services.eligibility.evidence import DEATHS, NEGATIVE, EvidenceKind
from services.eligibility.feed import FeedBatch, FeedBatchState
from services.eligibility.store.tables.certification import CERTIFICATION
from services.eligibility.store.tables.evidence import EVIDENCE, FEED_BATCH, FEED_ROW

_ROW = FEED_ROW.c
_NEGATIVE = _ROW.kind.in_(sorted(NEGATIVE))
_SEEN_IN_PERSON = (
    EvidenceKind.FACE_RECOGNITION,
    EvidenceKind.HOME_VISIT,
    EvidenceKind.CONSULAR_CONFIRMATION,
    EvidenceKind.BANK_IN_PERSON,
    EvidenceKind.HOSPITAL_STAY,
    EvidenceKind.IDENTITY_CHECKED_TRIP,
)
"""Kinds that nobody else can have made. They only say where to look twice, so they need not follow the rule book."""


def measure(
    connection: sa.Connection, batch: FeedBatch, today: date, old_before: date, since: datetime, days: int
) -> Measures:
    """Count; `old_before` is the day before which an event lies far back, `days` goes into the measures as it is.

    Who would be held is counted over what the office delivered `since` then.
    """
    mine = _ROW.batch == batch.batch
    kinds = connection.execute(sa.select(_ROW.kind, sa.func.count()).where(mine).group_by(_ROW.kind))
    sums = _sums(today, old_before).where(mine)
    ahead, old, unknown = connection.execute(sums).one()
    return Measures(
        source=batch.source,
        kinds={EvidenceKind(kind): count for kind, count in kinds},
        ahead=ahead or 0,
        old=old or 0,
        negative_certified=_number(
            connection,
            sa.select(sa.func.count(sa.distinct(_ROW.person)))
            .join(CERTIFICATION, CERTIFICATION.c.person == _ROW.person)
            .where(sa.or_(mine, _ROW.batch.in_(_unlooked(batch, since))), _NEGATIVE),
        ),
        negative_same_day=_number(
            connection,
            sa.select(sa.func.count())
            .where(mine, _NEGATIVE)
            .group_by(_ROW.event_date)
            .order_by(sa.func.count().desc())
            .limit(1),
        ),
        unknown_people=unknown or 0,
        deaths_contradicted=_number(connection, _contradicted().where(mine)),
        conflicting=_number(connection, _conflicting(batch).where(mine)),
        certified_people=_number(connection, sa.select(sa.func.count()).select_from(CERTIFICATION)),
        days=days,
    )


def _unlooked(batch: FeedBatch, since: datetime) -> sa.Select[str]:
    """Give the office's other deliveries that took effect since then without anybody's release."""
    other = FEED_BATCH.c
    return sa.select(other.batch).where(
        other.source == batch.source,
        other.state.in_((FeedBatchState.APPLYING, FeedBatchState.APPLIED)),
        other.apply_time >= since,
        other.release_date == "",
    )


def _sums(today: date, old_before: date) -> sa.Select[int, int, int]:
    ahead = sa.or_(_ROW.event_date > _ROW.received_date, _ROW.received_date > today.isoformat())
    counted = (ahead, _ROW.event_date < old_before.isoformat(), _ROW.person == "")
    return sa.select(*(sa.func.sum(sa.case((what, 1), else_=0)) for what in counted))


def _contradicted() -> sa.Select[int]:
    seen = (
        sa.select(sa.literal(1))
        .where(
            EVIDENCE.c.person == _ROW.person,
            EVIDENCE.c.event_date > _ROW.event_date,
            EVIDENCE.c.kind.in_(_SEEN_IN_PERSON),
            EVIDENCE.c.withdrawn_date == "",
            EVIDENCE.c.superseded_date == "",
            EVIDENCE.c.undone.is_(False),
        )
        .exists()
    )
    return (
        sa.select(sa.func.count()).select_from(FEED_ROW).where(_ROW.kind.in_(sorted(DEATHS)), _ROW.person != "", seen)
    )


def _conflicting(batch: FeedBatch) -> sa.Select[int]:
    record = EVIDENCE.c
    same_key = sa.and_(
        record.source == batch.source, record.reference == _ROW.reference, record.revision == _ROW.revision
    )
    otherwise = sa.or_(record.person != _ROW.person, record.kind != _ROW.kind, record.event_date != _ROW.event_date)
    return (
        sa.select(sa.func.count())
        .select_from(sa.join(FEED_ROW, EVIDENCE, same_key))
        .where(record.undone.is_(False), _ROW.person != "", otherwise)
    )


def _number(connection: sa.Connection, statement: sa.Select[int]) -> int:
    return int(connection.execute(statement).scalar() or 0)
