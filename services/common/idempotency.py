"""Answers remembered by request id, so that a timed-out call can be repeated safely (AIP-155)."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from services.common.errors import InvalidInput
from services.common.group import group_of, insert_later
from services.common.lookup import Lookup
from services.common.sets import among_bound, bound_keys
from services.common.statement import Statement, TableInsert

METADATA = sa.MetaData()


class _Base(SQLModel):
    metadata = METADATA


class AnsweredRequest(_Base, table=True):
    """A request that was done, its hash, and what was answered."""

    __tablename__ = "answered_request"

    caller: str = Field(primary_key=True)
    method: str = Field(primary_key=True)
    request_id: str = Field(primary_key=True)
    request_hash: bytes
    reply: bytes
    answer_time: datetime = Field(sa_type=sa.DateTime(timezone=True), index=True)


_TABLE: sa.Table = AnsweredRequest.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass


Key = tuple[str, str, str]
"""Caller, method, request id."""

_RECALL: Statement[tuple[str, bytes, bytes]] = Statement(
    lambda dialect: sa.select(_TABLE.c.request_id, _TABLE.c.request_hash, _TABLE.c.reply).where(
        _TABLE.c.caller == sa.bindparam("caller"),
        _TABLE.c.method == sa.bindparam("method"),
        among_bound(dialect, _TABLE.c.request_id, "request_ids"),
    ),
    "caller",
    "method",
    "request_ids",
)
_REMEMBER = TableInsert(_TABLE, "caller", "method", "request_id", "request_hash", "reply", "answer_time")


def _ask(connection: sa.Connection, keys: Collection[Key]) -> Mapping[Key, tuple[bytes, bytes]]:
    """Give hash and reply of those requests that were answered."""
    asked: dict[tuple[str, str], set[str]] = defaultdict(set)
    for caller, method, request_id in keys:
        asked[caller, method].add(request_id)
    return {
        (*of_method, request_id): (request_hash, reply)
        for of_method, request_ids in asked.items()
        for request_id, request_hash, reply in _RECALL.rows(connection, *of_method, bound_keys(connection, request_ids))
    }


_ANSWERS = Lookup(_ask)


def foresee(connection: sa.Connection, keys: Collection[Key]) -> None:
    """Look up at once what was answered to requests that are about to be recalled."""
    _ANSWERS.foresee(connection, keys)


def recall(connection: sa.Connection, key: Key, request_hash: bytes) -> bytes | None:
    """Give what was answered to a request, or None for a new one; refuse an id that another request has used."""
    group = group_of(connection)
    answered = group.answers.get(key) if group is not None else None
    if answered is None:
        answered = _ANSWERS.of(connection, [key]).get(key)
    if answered is None:
        return None
    if answered[0] != request_hash:
        raise InvalidInput(
            "request_id", "REQUEST_ID_REUSED", "This request_id was used for another request; choose a new one."
        )
    return answered[1]


def remember(connection: sa.Connection, key: Key, request_hash: bytes, reply: bytes, now: datetime) -> None:
    """Keep an answer in the transaction that did the work."""
    group = group_of(connection)
    if group is not None:
        group.answers[key] = (request_hash, reply)
    insert_later(connection, _REMEMBER, [(*key, request_hash, reply, now)])


def forget(connection: sa.Connection, before: datetime) -> None:
    """Delete answers that nobody will ask for again."""
    connection.execute(_TABLE.delete().where(_TABLE.c.answer_time < before))
