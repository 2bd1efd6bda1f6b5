"""Recorded decisions are decided again by another book: what would differ, for which months, and by which article.

The facts stay those of the decision, so that nothing but the law makes a difference.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from services.common.errors import InvalidInput
from services.common.filtering import Filter
from services.common.months import first_day, month_of
from services.eligibility.book.book import Book
from services.eligibility.book.citation import Citation, StepKind, cite
from services.eligibility.book.decision import OUTCOMES, Decision, Outcome
from services.eligibility.book.explain import Step
from services.eligibility.book.fact import AS_OF_MONTH
from services.eligibility.book.node import MISSING
from services.eligibility.book.refusal import BookRefused
from services.eligibility.entitlement import Entitlement
from services.eligibility.recorded import RecordedDecision
from services.eligibility.service.record import decide_again
from services.eligibility.service.store import Store

Amounts = Sequence[int | None]
"""What is due for each of some months, fen: 0 when the benefit may not be drawn, None when it cannot be told."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A parameter or rule whose value is another one, though all that it is computed from is the same."""

    before: int | None
    step: Step
    """As it is now."""
    citation: Citation


@dataclass(frozen=True, slots=True)
class AmountChange:
    """Months that follow each other, with one other amount."""

    from_month: int
    to_month: int
    before: int | None
    after: int | None
    registered: int
    causes: Sequence[Cause]

    @property
    def total(self) -> int:
        """The difference of all these months: above zero it was too little; 0 when it cannot be told."""
        if self.before is None or self.after is None:
            return 0
        return (self.after - self.before) * (self.to_month - self.from_month + 1)


@dataclass(frozen=True, slots=True)
class Recomputation:
    """A recorded decision and what it would be now."""

    recorded: RecordedDecision
    after: Decision | None
    """None when one of the books cannot decide."""
    months: Sequence[AmountChange] = ()
    causes: Sequence[Cause] = ()
    obstacle: str = ""
    """Why one of them cannot."""


def standing_decisions(
    store: Store, wanted: Filter, book_hash: str, size: int, before: str | None
) -> tuple[Sequence[RecordedDecision], Mapping[str, Entitlement]]:
    """Give decisions that another book made and that still stand, newest first, and by id whatever they are for."""
    standing = store.decisions.standing(wanted, book_hash, size, before)
    of_people = store.entitlements.of_people({one.person for one in standing if one.entitlement})
    return standing, {one.entitlement: one for found in of_people.values() for one in found}


def recompute(
    recorded: RecordedDecision,
    entitlement: Entitlement | None,
    then: Book | BookRefused,
    now: Book,
    through_month: int,
) -> Recomputation | None:
    """Decide again; None when the decision, and what is due for every month of its entitlement, stay as they are."""
    if isinstance(then, BookRefused):
        return Recomputation(recorded, None, obstacle=str(then))
    try:
        after = decide_again(recorded, now)
        months = list(_changes(recorded, entitlement, then, now, through_month)) if entitlement is not None else []
    except InvalidInput as refusal:
        return Recomputation(recorded, None, obstacle=refusal.message)
    before = recorded.decision
    if not months and (before.outcome, before.results) == (after.outcome, after.results):
        return None
    causes = _causes(before, after, now, month_of(recorded.as_of_date))
    return Recomputation(recorded, after, months, causes)


def _changes(
    recorded: RecordedDecision, entitlement: Entitlement, then: Book, now: Book, through_month: int
) -> Iterator[AmountChange]:
    benefit = recorded.decision.benefit
    amount = now.chapters[benefit].declaration.monthly_amount if benefit in now.chapters else None
    months = _months(entitlement, (then, now), benefit, through_month) if amount is not None else []
    if amount is None or not months:
        return
    before, after = (_due(book, recorded, amount, months) for book in (then, now))
    rows = [
        (month, old, new, entitlement.amount_on(month))
        for month, old, new in zip(months, before, after, strict=True)
        if old != new
    ]
    # Months that follow each other have one difference between month and place.
    for (_, *amounts), found in groupby(enumerate(rows), key=lambda item: (item[1][0] - item[0], *item[1][1:])):
        group = [month for _, (month, *_) in found]
        old, new, registered = amounts
        yield AmountChange(group[0], group[-1], old, new, registered, _causes_of(recorded, then, now, group[0]))


def _months(entitlement: Entitlement, books: tuple[Book, Book], benefit: str, through_month: int) -> list[int]:
    """Give the months that the entitlement is paid for, as far as both books can decide."""
    chapters = [book.chapters[benefit] for book in books if benefit in book.chapters]
    first = max(entitlement.start_month, *(chapter.benefit.since for chapter in chapters))
    last = min(through_month, *(book.known_month for book in books))
    if entitlement.end_month is not None:
        last = min(last, entitlement.end_month)
    return [month for month in range(first, last + 1) if entitlement.in_force(month)]


def _due(book: Book, recorded: RecordedDecision, amount: str, months: Sequence[int]) -> Amounts:
    """Give what is due for each month by a book, computed as a batch."""
    columns = {name: np.full(len(months), value, dtype=np.int64) for name, value in recorded.values.items()}
    columns[AS_OF_MONTH] = np.array(months, dtype=np.int64)
    batch = book.evaluate_batch(recorded.decision.benefit, columns, first_day(months[0]))
    amounts = batch.results[amount].tolist() if amount in batch.results else [MISSING] * len(months)
    return [_amount(OUTCOMES[code - 1], value) for code, value in zip(batch.outcome.tolist(), amounts, strict=True)]


def _amount(outcome: Outcome, value: int) -> int | None:
    if outcome is Outcome.NOT_ELIGIBLE:
        return 0
    return None if outcome is Outcome.UNKNOWN or value == MISSING else value


def _causes_of(recorded: RecordedDecision, then: Book, now: Book, month: int) -> list[Cause]:
    facts = {name: value for name, value in recorded.values.items() if name != AS_OF_MONTH}
    benefit, day = recorded.decision.benefit, first_day(month)
    return _causes(then.evaluate(benefit, facts, day), now.evaluate(benefit, facts, day), now, month)


def _causes(before: Decision, after: Decision, now: Book, month: int) -> list[Cause]:
    """Name where the two part: a step that differs though nothing that it is computed from does."""
    old: Mapping[str, int] = {step.name: step.value for step in before.steps}
    found = []
    for step in after.steps:
        same_givens = all(old.get(name, value) == value for name, value in step.givens.items())
        if old.get(step.name) != step.value and same_givens:
            citation = cite(now.library, step, month)
            if citation.kind is not StepKind.FACT:
                found.append(Cause(old.get(step.name), step, citation))
    return found
