"""Everybody's last twelve months, in one pass over evidence and certifications."""

from collections.abc import Collection, Iterator
from datetime import date

import sqlalchemy as sa

from services.eligibility.certification import METHODS, CertificationMethod, state_on
from services.eligibility.evidence import NEGATIVE, EvidenceKind
from services.eligibility.no_touch import Year
from services.eligibility.store.rows import read_periods
from services.eligibility.store.tables.certification import CERTIFICATION, NOTICE
from services.eligibility.store.tables.evidence import EVIDENCE

_KIND = EVIDENCE.c.kind
_FETCH = 5_000


def years(connection: sa.Connection, after: date, until: date, weak: Collection[EvidenceKind]) -> Iterator[Year]:
    """Give each certification's months after a day until another, as the bureau knew them at their end."""
    seen, told = _seen(after, until, weak), _told(after, until)
    columns = (CERTIFICATION.c.division, CERTIFICATION.c.periods, *seen.c[1:], told.c.last_notice)
    joined = CERTIFICATION.outerjoin(seen, seen.c.person == CERTIFICATION.c.person).outerjoin(
        told, told.c.person == CERTIFICATION.c.person
    )
    wanted = sa.select(*columns).select_from(joined).where(CERTIFICATION.c.start_date <= until.isoformat())
    for row in connection.execute(wanted).yield_per(_FETCH):
        division, periods, *days = row
        yield Year(division, state_on(tuple(read_periods(periods)), until), *(day or "" for day in days))


def _seen(after: date, until: date, weak: Collection[EvidenceKind]) -> sa.Subquery:
    record, end = EVIDENCE.c, until.isoformat()
    of_method = {method: [kind for kind, its in METHODS.items() if its is method] for method in METHODS.values()}
    own, home = of_method[CertificationMethod.SELF], of_method[CertificationMethod.HOME]
    silent = [kind for kind in EvidenceKind if kind not in NEGATIVE and kind not in METHODS and kind not in weak]
    return (
        sa.select(
            record.person,
            *(
                sa.func.max(sa.case((_KIND.in_(sorted(kinds)), record.event_date), else_="")).label(name)
                for name, kinds in (("silent", silent), ("own", own), ("home", home), ("weak", sorted(weak)))
            ),
        )
        .where(
            record.event_date > after.isoformat(),
            record.event_date <= end,
            record.received_date <= end,
            record.undone.is_(False),
            sa.or_(record.withdrawn_date == "", record.withdrawn_date > end),
            sa.or_(record.superseded_date == "", record.superseded_date > end),
        )
        .group_by(record.person)
        .subquery()
    )


def _told(after: date, until: date) -> sa.Subquery:
    day = NOTICE.c.delivered_date
    return (
        sa.select(NOTICE.c.person, sa.func.max(day).label("last_notice"))
        .where(day > after.isoformat(), day <= until.isoformat())
        .group_by(NOTICE.c.person)
        .subquery()
    )
