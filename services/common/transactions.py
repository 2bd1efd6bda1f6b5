"""Use cases in transactions: what a service's API runs its functions of a store through."""

import hashlib
import hmac
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any, Generic, Protocol, TypeVar

import sqlalchemy as sa
from google.protobuf.message import Message

from services.common import idempotency
from services.common.clock import Clock
from services.common.database import Database
from services.common.errors import InvalidInput
from services.common.group import show_unseen
from services.common.rpc.call import Call

S = TypeVar("S")
T = TypeVar("T")
M = TypeVar("M", bound=Message)

Foresee = Callable[[S, Collection[str]], None]
"""Looks up in a store what use cases will ask for, by what each of them has named."""

ANSWERS_KEPT = timedelta(days=7)
"""How long a request id is remembered."""


class Mutation(Protocol):
    """A request that can be repeated and tried without effect."""

    request_id: str

    def SerializeToString(self, *, deterministic: bool = ...) -> bytes: ...  # noqa: N802, D102  protobuf's name


class _TriedOnly(Exception):
    """Carries the result out of a use case that is rolled back."""

    def __init__(self, result: object) -> None:
        self.result = result


class Transactions(Generic[S]):
    """Runs use cases of one store; each is one transaction."""

    def __init__(
        self, database: Database, open_store: Callable[[sa.Connection], S], clock: Clock, hash_key: bytes = b""
    ) -> None:
        """Run them on a database.

        `hash_key` is for the hashes that are kept of requests: over an identity number or an account a bare hash would
        give it away to whoever tries all there are.
        """
        self._database = database
        self._hash_key = hash_key
        self._open_store = open_store
        self._clock = clock
        self._foreseers: dict[Foresee[S], Callable[[sa.Connection, Collection[str]], None]] = {}

    async def read(self, work: Callable[[S], T], foresee: tuple[Foresee[S], str] | None = None) -> T:
        """Run a point read or one page; `foresee` is one of what `once` takes many of."""
        foreseen = [(self._foreseer(foresee[0]), foresee[1])] if foresee is not None else ()
        return await self._database.read(lambda connection: work(self._open_store(connection)), foreseen)

    async def scan(self, work: Callable[[S], T]) -> T:
        """Run a long query off the event loop."""
        return await self._database.scan(lambda connection: work(self._open_store(connection)))

    async def write(self, work: Callable[[S], T], *, validate_only: bool = False) -> T:
        """Run a use case durably; with `validate_only` it runs whole and is rolled back."""

        def run(connection: sa.Connection) -> T:
            result = work(self._open_store(connection))
            if validate_only:
                show_unseen(connection)  # the database too has its say
                raise _TriedOnly(result)
            return result

        try:
            return await self._database.write(run)
        except _TriedOnly as tried:
            return tried.result  # type: ignore[return-value]  # what `work` gave

    async def once(
        self,
        call: Call,
        request: Mutation,
        work: Callable[[S], M],
        reply: type[M],
        *,
        validate_only: bool = False,
        foresee: Sequence[tuple[Foresee[S], str]] = (),
    ) -> M:
        """Run a use case durably, once for a request id: a repetition gets the first answer again.

        Raises InvalidInput when the id was used with another request. `foresee` has functions that look up at
        once what many such use cases will ask for, each with the name that this one will ask by.
        """
        if not request.request_id or validate_only:
            return await self.write(work, validate_only=validate_only)
        if len(request.request_id) > 64 or not request.request_id.isprintable():
            raise InvalidInput("request_id", "INVALID_TEXT", "A request_id has at most 64 printable characters.")
        key = (call.caller.name, call.method, request.request_id)
        request_hash = hmac.digest(self._hash_key, request.SerializeToString(deterministic=True), hashlib.sha256)

        def run(connection: sa.Connection) -> M:
            answered = idempotency.recall(connection, key, request_hash)
            if answered is not None:
                return reply.FromString(answered)
            result = work(self._open_store(connection))
            idempotency.remember(connection, key, request_hash, result.SerializeToString(), self._clock())
            return result

        foreseen: list[tuple[Callable[[sa.Connection, Collection[Any]], None], object]] = [(idempotency.foresee, key)]
        foreseen += [(self._foreseer(function), name) for function, name in foresee]
        return await self._database.write(run, foreseen)

    def _foreseer(self, foresee: Foresee[S]) -> Callable[[sa.Connection, Collection[str]], None]:
        """Give the one function for a connection that stands for one for a store: it is known again by that."""
        if foresee not in self._foreseers:
            self._foreseers[foresee] = lambda connection, names: foresee(self._open_store(connection), names)
        return self._foreseers[foresee]

    async def forget_answers(self) -> None:
        """Delete the answers that are older than they are kept; run it now and then."""
        before = self._clock() - ANSWERS_KEPT
        await self._database.write(lambda connection: idempotency.forget(connection, before))
