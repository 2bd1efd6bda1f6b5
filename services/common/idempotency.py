"""Answers remembered by request id, so that a timed-out call can be repeated safely (AIP-155)."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from services.common.errors import InvalidInput
from services.common.group import group_of, insert_later
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


_RECALL: Statement[tuple[bytes, bytes]] = Statement(
    lambda _: sa.select(_TABLE.c.request_hash, _TABLE.c.reply).where(
        _TABLE.c.caller == sa.bindparam("caller"),
        _TABLE.c.method == sa.bindparam("method"),
        _TABLE.c.request_id == sa.bindparam("request_id"),
    ),
    "caller",
    "method",
    "request_id",
)
_REMEMBER = TableInsert(_TABLE, "caller", "method", "request_id", "request_hash", "reply", "answer_time")


def recall(connection: sa.Connection, key: tuple[str, str, str], request_hash: bytes) -> bytes | None:
    """Give what was answered to a request, or None for a new one; refuse an id that another request has used."""
    group = group_of(connection)
    answered = group.answers.get(key) if group is not None else None
    if answered is None:
        answered = _RECALL.one(connection, *key)
    if answered is None:
        return None
    if answered[0] != request_hash:
        raise InvalidInput(
            "request_id", "REQUEST_ID_REUSED", "This request_id was used for another request; choose a new one."
        )
    return answered[1]


def remember(
    connection: sa.Connection, key: tuple[str, str, str], request_hash: bytes, reply: bytes, now: datetime
) -> None:
    """Keep an answer in the transaction that did the work."""
    group = group_of(connection)
    if group is not None:
        group.answers[key] = (request_hash, reply)
    insert_later(connection, _REMEMBER, [(*key, request_hash, reply, now)])


def forget(connection: sa.Connection, before: datetime) -> None:
    """Delete answers that nobody will ask for again."""
    connection.execute(_TABLE.delete().where(_TABLE.c.answer_time < before))
