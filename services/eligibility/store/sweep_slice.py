"""Slices of certifications for a sweep: read in columns, compared with what they are now, changed set-based."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.common.sets import among_bound, bound_keys
from services.common.statement import Statement
from services.eligibility.certification import CertificationState
from services.eligibility.notice import NoticeDelivery
from services.eligibility.store.tables.alias import ALIAS
from services.eligibility.store.tables.certification import CERTIFICATION, NOTICE
from services.eligibility.sweep_slice import Changes, NoticeRows, Slice

_C, _N = CERTIFICATION.c, NOTICE.c
_READ = (
    _C.person,
    _C.division,
    _C.state,
    _C.valid_to,
    _C.birth_date,
    _C.assessed_to,
    _C.infirm_since,
    _C.infirm_until,
    _C.method,
    _C.lost_date,
    _C.event_count,
    _C.version,
)  # in the order of a slice's columns
_NoticeRow = tuple[str, str, str, str]


def _behind(person: "sa.ColumnElement[str]") -> "sa.ColumnElement[bool]":
    """Compare with a range of people: behind one, up to another."""
    return sa.and_(person > sa.bindparam("after", type_=sa.String()), person <= sa.bindparam("last", type_=sa.String()))


_SLICE: Statement[Sequence[object]] = Statement(
    lambda _: (
        sa.select(*_READ)
        .where(_C.person > sa.bindparam("after", type_=sa.String()))
        .order_by(_C.person)
        .limit(sa.bindparam("size", type_=sa.Integer()))
    ),
    "after",
    "size",
)
_VERSIONS: Statement[tuple[str, int]] = Statement(
    lambda _: sa.select(_C.person, _C.version).where(_behind(_C.person)).order_by(_C.person).with_for_update(),
    "after",
    "last",
)
_NOTICES: Statement[_NoticeRow] = Statement(
    lambda _: (
        sa.select(_N.person, _N.channel, _N.delivered_date, _N.counts_from)
        .join(CERTIFICATION, _C.person == _N.person)
        .where(
            _behind(_N.person),
            # Hidden from its index: a million are warned after a sweep, while the range has thousands of people.
            sa.func.coalesce(_C.state, "") == CertificationState.WARNING.value,
            _N.delivery == NoticeDelivery.DELIVERED.value,
        )
        .order_by(_N.person, _N.delivered_date, _N.channel)
    ),
    "after",
    "last",
)
_MERGED: Statement[tuple[str]] = Statement(
    lambda _: sa.union(
        *(sa.select(name).where(_behind(name), ALIAS.c.survivor != "") for name in (ALIAS.c.person, ALIAS.c.survivor))
    ),
    "after",
    "last",
)
_ENTER: Statement[tuple[()]] = Statement(
    lambda dialect: (
        sa.update(CERTIFICATION)
        .where(among_bound(dialect, _C.person, "people"))
        .values(
            state=sa.bindparam("new_state", type_=sa.String()),
            state_since=sa.bindparam("day", type_=sa.String()),
            assessed_to=sa.bindparam("day", type_=sa.String()),
            periods=_C.periods + sa.bindparam("period", type_=sa.String()),
            event_count=_C.event_count + 1,
            version=_C.version + 1,
            update_time=sa.bindparam("now", type_=_C.update_time.type),
        )
    ),
    "people",
    "new_state",
    "day",
    "period",
    "now",
)


def read_slice(connection: sa.Connection, after: str, size: int) -> Slice:
    """Read the next certifications in the order of people's ids."""
    rows = _SLICE.rows(connection, after, size)
    columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True)) if rows else [()] * len(_READ)
    person, division, state, valid_to, birth_date, assessed_to, infirm_since, infirm_until, method, *numbers = columns
    lost_date, event_count, version = numbers
    last = person[-1] if person else after
    return Slice(
        person=person,
        division=division,
        state=state,
        valid_to=valid_to,
        birth_date=birth_date,
        assessed_to=assessed_to,
        infirm_since=infirm_since,
        infirm_until=infirm_until,
        method=method,
        lost_date=lost_date,
        event_count=event_count,
        version=version,
        notices=_notices(_NOTICES.rows(connection, after, last)),
        merged=_merged(connection, after, last),
    )


def stale_people(connection: sa.Connection, found: Slice, after: str, last: str) -> set[str]:
    """Lock the certifications up to a person; give those of which anything is otherwise than in the slice."""
    found = found.until(last)
    then = dict(zip(found.person, found.version, strict=True))
    now = dict(_VERSIONS.rows(connection, after, last))
    stale: set[str] = set()
    if then != now:
        stale = {person for person in then.keys() | now.keys() if then.get(person) != now.get(person)}
    stale |= set(found.merged) ^ set(_merged(connection, after, last))
    known = zip(*_columns(found.notices), strict=True)
    seen = [tuple(row) for row in _NOTICES.rows(connection, after, last)]
    stale |= {row[0] for row in set(known) ^ set(seen)}
    return stale


def enter_states(connection: sa.Connection, changes: Changes, now: datetime) -> None:
    """Let certifications that nobody else has changed enter states, each with one event told."""
    people: dict[CertificationState, list[str]] = defaultdict(list)
    for person, state in zip(changes.person, changes.state, strict=True):
        people[state].append(person)
    day = changes.day.isoformat()
    for state, some in people.items():
        _ENTER.rows(connection, bound_keys(connection, some), state.value, day, f",{state} {day}", now)


def _merged(connection: sa.Connection, after: str, last: str) -> list[str]:
    return [row[0] for row in _MERGED.rows(connection, after, last)]


def _notices(rows: Sequence[_NoticeRow]) -> NoticeRows:
    return NoticeRows(*zip(*rows, strict=True)) if rows else NoticeRows((), (), (), ())


def _columns(notices: NoticeRows) -> tuple[Sequence[str], ...]:
    return notices.person, notices.channel, notices.delivered, notices.counts_from
