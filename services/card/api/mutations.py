"""What every method that changes a card does: who asks, which card, once."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from services.card.actor import Actor, ActorKind, Proof, ProofKind
from services.card.api.fields import person_of, version_of
from services.card.api.messages import card_message
from services.card.calendar import Deadline
from services.card.domain import Card, Change
from services.card.operation import AnyOperation, Operation
from services.card.parameters import ParameterBook
from services.card.service.cards import change_card, foresee_changes
from services.card.service.issuing import succeed_card
from services.card.service.order import Order
from services.card.service.store import Store
from services.card.status import CardParameters
from services.card.succession import Succession
from services.common.clock import Clock, bureau_date
from services.common.errors import InvalidInput, PermissionDenied
from services.common.resources import resource_id
from services.common.rpc.call import Call, Caller
from services.common.rpc.requests import enum_of, words_of
from services.common.transactions import Foresee, Transactions
from socsec.card.v1 import actor_pb2, card_pb2

_ORGANISATION = re.compile(r"[0-9A-Z]{8,18}", re.ASCII)
_MAX_PROOFS = 8
_UNSET = actor_pb2.Actor()


class Mutation(Protocol):
    """A request that changes something once, or only tries to."""

    request_id: str
    validate_only: bool

    def SerializeToString(self, *, deterministic: bool = ...) -> bytes: ...


class Named(Mutation, Protocol):
    """A request that changes one card, and whose asker may be another than its caller."""

    name: str
    etag: str

    @property
    def actor(self) -> actor_pb2.Actor: ...


class CardMutations:
    """Runs what changes cards."""

    def __init__(self, transactions: Transactions[Store], book: ParameterBook, clock: Clock) -> None:
        self._transactions = transactions
        self.book = book
        self.clock = clock

    def now(self) -> tuple[datetime, CardParameters]:
        """Give the moment, and the parameters in force on its day."""
        moment = self.clock()
        return moment, self.book.on(bureau_date(moment))

    async def change(
        self, call: Call, request: Named, operation: Operation, change: Callable[[Card, datetime], Change]
    ) -> card_pb2.Card:
        """Carry an operation out on the card that a request names."""
        card, version = resource_id(request.name, "cards", "name"), version_of(request.etag)
        order = order_of(call.caller, operation, request.actor, self.clock())
        return await self.once(
            call,
            request,
            lambda store: change_card(store, card, version, lambda found: change(found, order.now), order, self.book),
            (foresee_changes, card),
        )

    async def succeed(
        self,
        call: Call,
        request: Named,
        operation: Operation,
        succession: Callable[[Card, str, datetime, Deadline], Succession],
    ) -> card_pb2.Card:
        """Apply for the successor of the card that a request names, and give that."""
        card, version = resource_id(request.name, "cards", "name"), version_of(request.etag)
        order = order_of(call.caller, operation, request.actor, self.clock())

        def succeed(store: Store) -> Card:
            return succeed_card(
                store, card, version, lambda old, new, due: succession(old, new, order.now, due), order, self.book
            )

        return await self.once(call, request, succeed, (foresee_changes, card))

    async def once(
        self, call: Call, request: Mutation, work: Callable[[Store], Card], *foresee: tuple[Foresee[Store], str]
    ) -> card_pb2.Card:
        """Run a use case once for its request id; `foresee` as for Transactions."""
        return await self._transactions.once(
            call,
            request,
            lambda store: card_message(work(store)),
            card_pb2.Card,
            validate_only=request.validate_only,
            foresee=foresee,
        )


def order_of(caller: Caller, operation: AnyOperation, message: actor_pb2.Actor, now: datetime) -> Order:
    """Read who asks; without an actor it is the caller, as the bureau's clerk or as a system."""
    own = ActorKind.SYSTEM if caller.role == "system" else ActorKind.OPERATOR
    if message == _UNSET:
        return Order(operation, Actor(own, caller.name), caller.name, now)
    kind = enum_of(actor_pb2.ActorKind, message.kind, ActorKind, "actor.kind")
    if kind in (ActorKind.OPERATOR, ActorKind.SYSTEM):
        if kind is not own:
            raise PermissionDenied(
                "ACTOR_NOT_ALLOWED",
                f"A caller of the role {caller.role} does not act as {kind}.",
                {"operation": operation, "found": kind, "needed": own},
            )
        return Order(operation, Actor(kind, caller.name, _proofs(message)), caller.name, now)
    return Order(operation, Actor(kind, _reference(kind, message.reference), _proofs(message)), caller.name, now)


def online(order: Order, said: str) -> Order:
    """Give the order with how the holder was known online, in the caller's words, as what was shown."""
    shown = (*order.actor.proofs, Proof(ProofKind.ONLINE_AUTHENTICATION, said))
    return replace(order, actor=replace(order.actor, proofs=shown))


def _reference(kind: ActorKind, text: str) -> str:
    if kind is ActorKind.HOLDER and not text:
        return ""
    if kind in (ActorKind.HOLDER, ActorKind.GUARDIAN, ActorKind.AGENT):
        return person_of(text, "actor.reference")
    if not _ORGANISATION.fullmatch(words_of(text, "actor.reference")):
        raise InvalidInput(
            "actor.reference",
            "INVALID_TEXT",
            "actor.reference is an organisation's code: 8 to 18 digits and capitals.",
        )
    return text


def _proofs(message: actor_pb2.Actor) -> tuple[Proof, ...]:
    if len(message.proofs) > _MAX_PROOFS:
        raise InvalidInput(
            "actor.proofs", "BATCH_TOO_LARGE", f"At most {_MAX_PROOFS} proofs.", {"max": str(_MAX_PROOFS)}
        )
    return tuple(
        Proof(
            enum_of(actor_pb2.ProofKind, proof.kind, ProofKind, "actor.proofs.kind"),
            words_of(proof.reference, "actor.proofs.reference", shortest=0),
        )
        for proof in message.proofs
    )
