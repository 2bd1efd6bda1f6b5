"""Decisions are recorded with what they rest on, on demand and with each grant, and made again from it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from services.common.clock import bureau_date
from services.common.errors import InvalidInput, NotFound
from services.common.ids import new_id
from services.common.months import first_day
from services.eligibility.book.book import Book
from services.eligibility.book.decision import Decision
from services.eligibility.book.fact import AS_OF_MONTH
from services.eligibility.book.transcript import write_transcript
from services.eligibility.entitlement import Entitlement
from services.eligibility.facts import PersonFacts, Profile
from services.eligibility.offers import FOR_SURVIVORS
from services.eligibility.recorded import FactOrigin, GivenFact, RecordedDecision
from services.eligibility.service.decision import Numbers, decide, numbers_of
from services.eligibility.service.store import Store


def record_decision(
    store: Store,
    book: Book,
    benefit: str,
    as_of: date,
    person: str,
    given: Numbers,
    profiles: Mapping[str, Profile],
    entitlement: str,
    now: datetime,
) -> RecordedDecision:
    """Decide for a person on record and keep the decision; facts given win over those on record.

    Raises what `decide` and `numbers_of` do, and NotFound for an entitlement that is not of the person and benefit.
    """
    if entitlement:
        _check_entitlement(store, entitlement, person, benefit)
    facts = store.facts.of({person}).get(person)
    decision = decide(book, benefit, as_of, numbers_of(book, person, facts, profiles.get(person)), given)
    recorded = recorded_of(new_id(), decision, book, as_of, person, entitlement, facts, given, now)
    store.books.keep(book.content)
    store.decisions.add([recorded])
    return recorded


def record_grants(
    store: Store,
    book: Book,
    granted: Sequence[Entitlement],
    profiles: Mapping[str, Profile],
    now: datetime,
    given: Numbers,
) -> None:
    """Keep, for each entitlement, what the book decides for its first month on the facts on record and those given.

    A benefit or month that the book does not have leaves no decision, nor does somebody of whom nothing is on record
    that the benefit asks for: the agency grants those by its own determination.
    """
    # What survivors are paid is decided about the dead: the proposal has that decision.
    known = [
        one for one in granted if one.benefit in book.chapters and not (one.is_once and one.benefit in FOR_SURVIVORS)
    ]
    if known:
        store.books.keep(book.content)
    store.decisions.add(_of_grants(book, known, store.facts.of({one.person for one in known}), profiles, now, given))


def _of_grants(
    book: Book,
    granted: Iterable[Entitlement],
    facts: Mapping[str, PersonFacts],
    profiles: Mapping[str, Profile],
    now: datetime,
    given: Numbers,
) -> Iterator[RecordedDecision]:
    """Decide one by one: a thousand decisions with all their steps are not held at once."""
    for one in granted:
        as_of, on_record = first_day(one.start_month), facts.get(one.person)
        numbers = numbers_of(book, one.person, on_record, profiles.get(one.person))
        if on_record is None and not numbers.keys() | given.keys() >= set(book.chapters[one.benefit].benefit.facts):
            continue
        try:
            decision = decide(book, one.benefit, as_of, numbers, given)
        except InvalidInput:
            continue  # a month before the book begins, or a fact of former bounds
        yield recorded_of(new_id(), decision, book, as_of, one.person, one.entitlement, on_record, given, now)


def _check_entitlement(store: Store, entitlement: str, person: str, benefit: str) -> None:
    """Refuse an entitlement that is not of the person, under whichever name, and the benefit."""
    found = store.entitlements.get(entitlement)
    if found is not None and found.benefit == benefit:
        identities = store.names.identities({found.person, person})
        if identities.person(found.person) == identities.person(person):
            return
    resource = {"resource": f"entitlements/{entitlement}"}
    raise NotFound("RESOURCE_NOT_FOUND", "The person has no such entitlement of that benefit.", resource)


def get_decision(store: Store, decision: str) -> RecordedDecision:
    """Read a decision."""
    found = store.decisions.get(decision)
    if found is None:
        raise NotFound("RESOURCE_NOT_FOUND", "There is no such decision.", {"resource": f"decisions/{decision}"})
    return found


def decide_again(recorded: RecordedDecision, book: Book) -> Decision:
    """Make a recorded decision again by a book, from the facts that it rests on. Raises as `decide` does."""
    return book.evaluate(recorded.decision.benefit, recorded.values, recorded.as_of_date)


def _given_facts(
    decision: Decision, on_record: PersonFacts | None, given: Numbers, today: date
) -> Mapping[str, GivenFact]:
    """Tell of each fact of a decision where its value is from and of which day it is."""
    return {name: _given(name, value, on_record, given, today) for name, value in decision.facts.items()}


def _given(name: str, value: int, on_record: PersonFacts | None, given: Numbers, today: date) -> GivenFact:
    if name in given or name == AS_OF_MONTH:
        return GivenFact(value, FactOrigin.REQUEST, today)
    if name == "birth_month" or on_record is None:
        return GivenFact(value, FactOrigin.VAULT, today)
    return GivenFact(value, FactOrigin.RECORD, on_record.as_of_date)


def recorded_of(
    name: str,
    decision: Decision,
    book: Book,
    as_of: date,
    person: str,
    entitlement: str,
    on_record: PersonFacts | None,
    given: Numbers,
    now: datetime,
) -> RecordedDecision:
    """Put a decision together with what it rests on; an empty name is that of one that is not kept."""
    today = bureau_date(now)
    return RecordedDecision(
        name=name,
        person=person,
        entitlement=entitlement,
        as_of_date=as_of,
        known_date=book.known,
        facts=_given_facts(decision, on_record, given, today),
        decision=decision,
        transcript=write_transcript(decision),
        create_time=now,
        create_date=today,
    )
