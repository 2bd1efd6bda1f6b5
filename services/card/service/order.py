"""What was asked for, by whom: admitted by the table of authorities, and recorded when it was done."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.card.actor import Actor, ActorKind, Holder, OperationRecord, check_actor, check_on_behalf
from services.card.authority import AUTHORITIES
from services.card.domain import Card
from services.card.operation import Operation
from services.card.parameters import ParameterBook
from services.card.person import Person, RepresentativeKind, unknown_person
from services.card.service.store import Store
from services.common.clock import bureau_date
from services.common.ids import new_id

_FOR_A_PERSON = (ActorKind.HOLDER, ActorKind.GUARDIAN, ActorKind.AGENT)
IN_BULK = (ActorKind.EMPLOYER, ActorKind.SCHOOL)
"""Who applies for many at once, by letter."""


@dataclass(frozen=True, slots=True)
class Order:
    """One request for one operation."""

    operation: Operation
    actor: Actor
    caller: str
    """Name in the client certificate of the call."""
    now: datetime


def admit(store: Store, order: Order, person: str, book: ParameterBook) -> None:
    """Raise unless the actor may ask for the operation on this holder's behalf, with the proofs shown."""
    actor = order.actor
    check_actor(order.operation, AUTHORITIES.get(order.operation, {}), actor)
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
    check_on_behalf(actor, holder, today, book.on(today).guardian_age_years)


def record(store: Store, order: Order, card: Card) -> None:
    """Keep that the operation was done, in its own transaction."""
    store.operations.add(
        OperationRecord(new_id(), card.card, order.operation, order.actor, order.caller, card.version, order.now)
    )


def takes_long(store: Store, order: Order, person: str, book: ParameterBook) -> bool:
    """Tell whether making the card may take the longer time: for a child, or among many."""
    if order.actor.kind in IN_BULK:
        return True
    today = bureau_date(order.now)
    found = store.people.get([person]).get(person)
    return found is not None and _holder(found).is_minor(today, book.on(today).guardian_age_years)


def _holder(person: Person) -> Holder:
    is_guarded = person.representative_kind is RepresentativeKind.GUARDIAN
    guardian = person.representative if is_guarded else ""
    return Holder(person.person, person.identity.birth_date, guardian, bureau_date(person.create_time))
