"""The rule book is asked about people on record and about facts that are given."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from services.common.months import month_of
from services.eligibility.book.book import Book
from services.eligibility.book.decision import BatchDecision, Decision
from services.eligibility.book.node import MISSING
from services.eligibility.facts import AMOUNTS, PersonFacts, Profile, person_not_found

_COLUMNS = ("birth_month", "retirement_group", *AMOUNTS)

Numbers = Mapping[str, int]
"""Facts by their names in the book; what is not in it is not known."""

NOTHING_GIVEN: Numbers = MappingProxyType({})


def decide(book: Book, benefit: str, as_of: date, on_record: Numbers, given: Numbers) -> Decision:
    """Decide for one person, with all steps; facts given win over those on record.

    Raises InvalidInput for an unknown benefit or fact, a fact out of its bounds and a day outside the book.
    """
    return book.evaluate(benefit, {**on_record, **given}, as_of)


def decide_many(book: Book, benefit: str, as_of: date, people: Sequence[Numbers]) -> BatchDecision:
    """Decide for many people in columns, without steps. Raises InvalidInput as `decide` does."""
    return book.evaluate_batch(benefit, columns_of(people), as_of)


def columns_of(people: Sequence[Numbers]) -> Mapping[str, NDArray[np.int64]]:
    """Write what is known of many people in columns, as the book reads them."""
    names = dict.fromkeys((*_COLUMNS, *(name for on_record in people for name in on_record)))
    return {name: np.array([on_record.get(name, MISSING) for on_record in people], dtype=np.int64) for name in names}


def numbers_of(book: Book, person: str, facts: PersonFacts | None, profile: Profile | None) -> Numbers:
    """Write what is on record about a person as the book reads it.

    Raises NotFound for somebody of whom neither facts nor the vault tell. The birth is that of the vault now: it is
    corrected there, with the identity number or by a merge; the one kept with the facts is that of their day. A birth
    that the book holds for impossible (registers have some of 1800) is not known: it must not fail everybody's batch.
    """
    if facts is None and profile is None:
        raise person_not_found(person)
    birth_date = profile.birth_date if profile is not None else facts.birth_date if facts is not None else None
    numbers: dict[str, int] = {}
    if birth_date is not None:
        least, most = book.bounds("birth_month")
        if least <= month_of(birth_date) <= most:
            numbers["birth_month"] = month_of(birth_date)
    if facts is not None:
        if facts.retirement_group is not None:
            numbers["retirement_group"] = book.code("retirement_group", facts.retirement_group)
        known = (*((name, getattr(facts, name)) for name in AMOUNTS), *facts.more)
        numbers |= {name: value for name, value in known if value is not None and _is_possible(book, name, value)}
    return numbers


def _is_possible(book: Book, name: str, value: int) -> bool:
    """Tell whether a book takes a fact: one that was recorded for another book is not known to it."""
    fact = book.library.facts.get(name)
    return fact is not None and fact.least <= value <= fact.most
