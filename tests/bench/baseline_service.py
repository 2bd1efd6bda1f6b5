"""What the card service is compared with, on the same server behind the same interceptor.

`Nothing` is an empty handler: what a call costs before any work. `ApplyCard` does the card service's work as it is
written without a second thought: one ORM session, one transaction, one commit a request.
"""

import asyncio
import hashlib
from datetime import UTC, datetime

import sqlalchemy as sa
from google.protobuf import descriptor_pb2, descriptor_pool, empty_pb2
from google.protobuf.descriptor import ServiceDescriptor
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Session, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.card.applying import apply_card
from services.card.domain import CardEvent
from services.card.events import to_events
from services.card.status import CardEventKind
from services.card.store.card_rows import to_row
from services.card.store.people_tables import PersonRecord
from services.card.store.tables import CardRecord
from services.common.cloud_event import ATTRIBUTES
from services.common.errors import InvalidInput, PreconditionFailed
from services.common.idempotency import AnsweredRequest
from services.common.ids import new_id
from services.common.outbox import EventOutbox
from services.common.resources import resource_id
from services.common.rpc.call import Call
from socsec.card.v1 import card_pb2, card_service_pb2
from socsec.type.v1 import access_pb2

NAME = "socsec.bench.v1.BaselineService"


def _descriptor() -> ServiceDescriptor:
    empty, card = empty_pb2.DESCRIPTOR.name, card_service_pb2.DESCRIPTOR
    file = descriptor_pb2.FileDescriptorProto(
        name="socsec/bench/v1/baseline.proto", package="socsec.bench.v1", syntax="proto3"
    )
    file.dependency.extend((empty, card.name, card_pb2.DESCRIPTOR.name, access_pb2.DESCRIPTOR.name))
    service = file.service.add(name=NAME.rpartition(".")[2])
    for name, takes, gives in (
        ("Nothing", "google.protobuf.Empty", "google.protobuf.Empty"),
        ("ApplyCard", "socsec.card.v1.ApplyCardRequest", "socsec.card.v1.Card"),
    ):
        method = service.method.add(name=name, input_type=f".{takes}", output_type=f".{gives}")
        method.options.Extensions[access_pb2.allowed_roles].append(access_pb2.ROLE_OPERATOR)
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    return pool.FindServiceByName(NAME)


DESCRIPTOR = _descriptor()


class BaselineApi:
    """The two methods."""

    def __init__(self, database_url: str) -> None:
        self._sessions = _SqliteSessions(database_url) if database_url.startswith("sqlite") else _Sessions(database_url)

    async def Nothing(self, request: empty_pb2.Empty, call: Call) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    async def ApplyCard(self, request: card_service_pb2.ApplyCardRequest, call: Call) -> card_pb2.Card:
        return await self._sessions.run(request, call)


class _Sessions:
    """PostgreSQL: a session of the pool a request."""

    def __init__(self, url: str) -> None:
        self._engine = create_async_engine(url, pool_size=16)

    async def run(self, request: card_service_pb2.ApplyCardRequest, call: Call) -> card_pb2.Card:
        async with AsyncSession(self._engine) as session:
            reply = await session.run_sync(lambda inner: _apply(inner, request, call))
            await session.commit()
            return reply


class _SqliteSessions:
    """SQLite: a session in a thread a request, one at a time, as only one can write."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url)
        sa.event.listen(self._engine, "connect", lambda made, _: made.execute("PRAGMA synchronous=FULL"))
        self._one = asyncio.Lock()

    async def run(self, request: card_service_pb2.ApplyCardRequest, call: Call) -> card_pb2.Card:
        async with self._one:
            return await asyncio.to_thread(self._run, request, call)

    def _run(self, request: card_service_pb2.ApplyCardRequest, call: Call) -> card_pb2.Card:
        with Session(self._engine) as session:
            reply = _apply(session, request, call)
            session.commit()
            return reply


def _apply(session: sa.orm.Session, request: card_service_pb2.ApplyCardRequest, call: Call) -> card_pb2.Card:
    request_hash = hashlib.sha256(request.SerializeToString(deterministic=True)).digest()
    answered = session.get(AnsweredRequest, (call.caller.name, call.method, request.request_id))
    if answered is not None:
        if answered.request_hash != request_hash:
            raise InvalidInput("request_id", "REQUEST_ID_REUSED", "Used for another request.")
        return card_pb2.Card.FromString(answered.reply)
    person = session.get(PersonRecord, resource_id(request.person, "people", "person"))
    if person is None:
        raise PreconditionFailed("PERSON_NOT_FOUND", "The vault has nobody of that name.")
    if session.scalars(select(CardRecord).where(CardRecord.live_person == person.person)).first() is not None:
        raise PreconditionFailed("LIVE_CARD_EXISTS", "The person has a card.")
    now = datetime.now(UTC)
    card, happened = apply_card(new_id(), person.person, request.issuing_division, request.service_bank_code, now)
    record = CardRecord.model_validate(to_row(card) | {"sealed_account": b"", "account_index": 0, "origin": ""})
    session.add(record)
    (event,) = to_events([happened or CardEvent(CardEventKind.APPLIED, card)], now)
    session.add(EventOutbox(**{name: getattr(event, name) for name in ATTRIBUTES}))
    reply = card_pb2.Card(name=f"cards/{card.card}", person=request.person, etag="1")
    session.add(
        AnsweredRequest(
            caller=call.caller.name,
            method=call.method,
            request_id=request.request_id,
            request_hash=request_hash,
            reply=reply.SerializeToString(),
            answer_time=now,
        )
    )
    session.flush()
    return reply
