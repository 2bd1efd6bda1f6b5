"""People are registered, resolved, and revealed."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from services.card.access import Looked, RevealBudget
from services.card.parameters import ParameterBook
from services.card.person import (
    NumberChangeReason,
    Person,
    PersonRegistered,
    Registration,
    number_taken,
    unknown_person,
    unknown_representative,
    without_representative,
)
from services.card.service.order import Order, admit, record_origin, record_person
from services.card.service.outcome import Numbered, Outcome
from services.card.service.store import Store
from services.common.clock import bureau_date
from services.common.identity import IdentityNumber
from services.common.ids import new_id


def import_people(store: Store, items: Numbered[Registration], order: Order, book: ParameterBook) -> Outcome:
    """Register people; those who are registered already count as repeated and are not changed."""
    admit(store, order, "", book)
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
    registered = [_person(registration, people, order.now) for registration in new]
    store.people.add(registered, record_origin(store, order) if new else "")
    store.tell([PersonRegistered(person) for person in registered])
    outcome.accepted = len(registered)
    return outcome


def register_person(store: Store, registration: Registration, order: Order, book: ParameterBook) -> Person:
    """Register a person; a number that is registered already is refused with the person's name."""
    outcome = import_people(store, [(0, registration)], order, book)
    for _, error in outcome.refused:
        raise error
    person = store.people.resolve([registration.identity.number])[registration.identity.number]
    if outcome.repeated:
        raise number_taken(person)
    return get_person(store, person)


def change_number(
    store: Store,
    person: str,
    version: int | None,
    number: IdentityNumber,
    reason: NumberChangeReason,
    order: Order,
    book: ParameterBook,
) -> Person:
    """Change a person's identity number, the former one staying an alias; the number it has already changes nothing."""
    found = _own(store, person, version)
    admit(store, order, person, book)
    owner = store.people.owners([number.number]).get(number.number)
    if owner is not None and owner != person:
        raise number_taken(owner)
    if number == found.identity:
        return found
    changed, event = found.renumber(number, reason)
    store.people.save_renumbered(changed, found.identity)
    store.tell([event])
    record_person(store, order, person, changed.version)
    return changed


def change_name(
    store: Store, person: str, version: int | None, full_name: str, order: Order, book: ParameterBook
) -> Person:
    """Change a person's name; the name it has already changes nothing."""
    found = _own(store, person, version)
    admit(store, order, person, book)
    if full_name == found.full_name:
        return found
    changed, event = found.rename(full_name)
    store.people.save([changed])
    store.tell([event])
    record_person(store, order, person, changed.version)
    return changed


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


def foresee_people(store: Store, people: Collection[str]) -> None:
    """Look up at once the people who will be read."""
    store.people.foresee(people)


def reveal_person(store: Store, looked: Looked, budget: RevealBudget) -> tuple[Person, Sequence[str]]:
    """Read a person and the other numbers in clear, and record it in the same transaction, within the caller's budget.

    So nothing is answered before the record is durable.
    """
    (name,) = looked.people
    person = get_person(store, name)
    day = bureau_date(looked.access_time)
    budget.check(store.accesses.count_reveal(looked.caller, day), day)
    store.accesses.add([replace(looked, people=(person.person,))])
    return person, store.people.former_numbers(person.person)


def _own(store: Store, person: str, version: int | None) -> Person:
    found = store.people.locked([person]).get(person)
    if found is None:
        raise unknown_person(person)
    found.check_own()
    found.check_version(version)
    return found


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
