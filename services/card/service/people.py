"""People are registered, resolved, and revealed."""

from collections.abc import Sequence
from datetime import datetime

from services.card.person import (
    Person,
    PersonRegistered,
    Registration,
    Reveal,
    unknown_person,
    unknown_representative,
    without_representative,
)
from services.card.service.outcome import Numbered, Outcome
from services.card.service.store import Store
from services.common.errors import AlreadyExists
from services.common.filtering import Filter
from services.common.ids import new_id


def import_people(store: Store, items: Numbered[Registration], now: datetime) -> Outcome:
    """Register people; those who are registered already count as repeated and are not changed."""
    outcome = Outcome()
    registrations = [registration for _, registration in items]
    asked = {item.identity.number for item in registrations}
    asked |= {item.representative.number for item in registrations if item.representative}
    people = dict(store.people.resolve(asked))
    refused = without_representative(registrations, people)
    new: list[Registration] = []
    for place, (index, registration) in enumerate(items):
        if registration.identity.number in people:
            outcome.repeated += 1
        elif place in refused:
            outcome.refused.append((index, unknown_representative()))
        else:
            people[registration.identity.number] = new_id()
            new.append(registration)
    registered = [_person(registration, people, now) for registration in new]
    store.people.add(registered)
    store.tell([PersonRegistered(person) for person in registered])
    outcome.accepted = len(registered)
    return outcome


def register_person(store: Store, registration: Registration, now: datetime) -> Person:
    """Register a person; a number that is registered already is refused with the person's name."""
    outcome = import_people(store, [(0, registration)], now)
    for _, error in outcome.refused:
        raise error
    person = store.people.resolve([registration.identity.number])[registration.identity.number]
    if outcome.repeated:
        raise AlreadyExists(
            "PERSON_EXISTS", "A person with that identity number is registered.", {"resource": f"people/{person}"}
        )
    return get_person(store, person)


def resolve_people(store: Store, numbers: Sequence[str]) -> Sequence[str]:
    """Turn identity numbers into people, in order; an empty text where nobody has that number."""
    people = store.people.resolve([number for number in numbers if number])
    return [people.get(number, "") for number in numbers]


def get_people(store: Store, people: Sequence[str]) -> Sequence[Person]:
    """Read people, in order."""
    found = store.people.get(people)
    for person in people:
        if person not in found:
            raise unknown_person(person)
    return [found[person] for person in people]


def get_person(store: Store, person: str) -> Person:
    """Read a person."""
    return get_people(store, [person])[0]


def reveal_person(store: Store, reveal: Reveal) -> Person:
    """Read a person in clear and record it in one transaction: nothing is answered before the record is durable."""
    person = get_person(store, reveal.person)
    store.people.record_reveal(reveal)
    return person


def list_reveals(store: Store, wanted: Filter, size: int, before: str | None) -> Sequence[Reveal]:
    """List who was revealed to whom, newest first."""
    return store.people.reveals(wanted, size, before)


def _person(registration: Registration, people: dict[str, str], now: datetime) -> Person:
    representative = registration.representative
    return Person(
        person=people[registration.identity.number],
        identity=registration.identity,
        full_name=registration.full_name,
        division=registration.division,
        representative=people[representative.number] if representative else "",
        representative_kind=registration.representative_kind,
        create_time=now,
    )
