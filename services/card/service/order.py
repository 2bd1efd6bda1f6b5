"""What was asked for, by whom: admitted by the table of authorities, and recorded when it was done."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.card.actor import (
    IN_BULK,
    Actor,
    ActorKind,
    Holder,
    OperationRecord,
    ProofKind,
    check_able,
    check_actor,
    check_binding,
    check_on_behalf,
)
from services.card.authority import AUTHORITIES
from services.card.domain import Card
from services.card.operation import AnyOperation
from services.card.parameters import ParameterBook
from services.card.person import Person, RepresentativeKind, unknown_person
from services.card.service.store import Store
from services.common.clock import bureau_date
from services.common.errors import InvalidInput

_FOR_A_PERSON = (ActorKind.HOLDER, ActorKind.GUARDIAN, ActorKind.AGENT)


@dataclass(frozen=True, slots=True)
class Order:
    """One request for one operation."""

    operation: AnyOperation
    actor: Actor
    caller: str
    """Name in the client certificate of the call."""
    now: datetime


def admit(store: Store, order: Order, person: str, book: ParameterBook) -> None:
    """Raise unless the actor may ask for the operation on this holder's behalf, with the proofs shown."""
    actor = order.actor
    check_actor(order.operation, AUTHORITIES.get(order.operation, {}), actor)
    if actor.kind in IN_BULK:
        _check_letter(actor)
    if actor.kind not in _FOR_A_PERSON:
        return
    asked = {person} | ({actor.reference} if actor.reference else set())
    people = store.people.get(asked)
    for one in asked:
        if one not in people:
            raise unknown_person(one)
    today = bureau_date(order.now)
    if actor.reference:
        actor = replace(actor, reference=people[actor.reference].person)  # who stands for a merged record
    holder = _holder(people[person])
    if holder.guardian:
        holder = replace(holder, guardian=store.people.known([holder.guardian])[holder.guardian])
    age = book.on(today).guardian_age_years
    check_on_behalf(actor, holder, today, age)
    if actor.kind is not ActorKind.HOLDER:
        is_deceased = bool(store.cards.deceased([actor.reference]))
        check_able(actor, _holder(people[order.actor.reference]), today, age, is_deceased=is_deceased)


def admit_to_card(store: Store, order: Order, card: Card, book: ParameterBook) -> None:
    """Raise unless the actor may ask for the operation on this card."""
    admit(store, order, card.person, book)
    authority = AUTHORITIES[order.operation][order.actor.kind]
    if authority.binding is not None:
        check_binding(order.operation, authority, order.actor, store.operations.applicant(card.card))


def record(store: Store, order: Order, card: Card, regarding: str = "") -> None:
    """Keep that the operation was done to a card, in its own transaction."""
    store.operations.add(_record(order, card.version, card.card, "", regarding))


def record_person(store: Store, order: Order, person: str, version: int, regarding: str = "") -> None:
    """Keep that the operation was done to a person, in its own transaction."""
    store.operations.add(_record(order, version, "", person, regarding))


def record_origin(store: Store, order: Order) -> str:
    """Keep once for all that are new in a batch that the operation brought them; give the record, which they keep.

    A record each would be dear where ten thousand come in a second.
    """
    return store.operations.add(_record(order, 1))


def by_itself(operation: AnyOperation, now: datetime) -> Order:
    """Give the order of what the service does without being asked, because its day has come."""
    return Order(operation, Actor(ActorKind.SYSTEM, ""), "", now)


def takes_long(store: Store, order: Order, person: str, book: ParameterBook) -> bool:
    """Tell whether making the card may take the longer time: for a child, or among many."""
    if order.actor.kind in IN_BULK:
        return True
    today = bureau_date(order.now)
    found = store.people.get([person]).get(person)
    return found is not None and _holder(found).is_minor(today, book.on(today).guardian_age_years)


def _record(order: Order, version: int, card: str = "", person: str = "", regarding: str = "") -> OperationRecord:
    return OperationRecord("", order.operation, order.actor, order.caller, version, order.now, card, person, regarding)


def _check_letter(actor: Actor) -> None:
    """Raise unless the letter of an employer or school can be found again."""
    if not any(proof.reference for proof in actor.proofs if proof.kind is ProofKind.LETTER):
        raise InvalidInput("actor.proofs.reference", "FIELD_REQUIRED", "The letter needs its reference.")


def _holder(person: Person) -> Holder:
    is_guarded = person.representative_kind is RepresentativeKind.GUARDIAN
    guardian = person.representative if is_guarded else ""
    return Holder(person.person, person.identity.birth_date, guardian, bureau_date(person.create_time))
