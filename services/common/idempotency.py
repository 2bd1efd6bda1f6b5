"""Answers remembered by request id, so that a timed-out call can be repeated safely (AIP-155)."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from services.common.errors import InvalidInput

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


def recall(connection: sa.Connection, key: tuple[str, str, str], request_hash: bytes) -> bytes | None:
    """Give what was answered to a request, or None for a new one; refuse an id that another request has used."""
    row = connection.execute(
        sa.select(_TABLE.c.request_hash, _TABLE.c.reply).where(
            _TABLE.c.caller == key[0], _TABLE.c.method == key[1], _TABLE.c.request_id == key[2]
        )
    ).one_or_none()
    if row is None:
        return None
    if row.request_hash != request_hash:
        raise InvalidInput(
            "request_id", "REQUEST_ID_REUSED", "This request_id was used for another request; choose a new one."
        )
    return bytes(row.reply)


def remember(
    connection: sa.Connection, key: tuple[str, str, str], request_hash: bytes, reply: bytes, now: datetime
) -> None:
    """Keep an answer in the transaction that did the work."""
    caller, method, request_id = key
    connection.execute(
        _TABLE.insert().values(
            caller=caller,
            method=method,
            request_id=request_id,
            request_hash=request_hash,
            reply=reply,
            answer_time=now,
        )
    )


def forget(connection: sa.Connection, before: datetime) -> None:
    """Delete answers that nobody will ask for again."""
    connection.execute(_TABLE.delete().where(_TABLE.c.answer_time < before))
