"""What the service needs of a book beside what the book's own benefits need: without it the service does not start."""

from collections.abc import Iterator
from datetime import date

from services.eligibility.book.book import Book
from services.eligibility.book.refusal import BookRefused
from services.eligibility.facts import AMOUNTS, RetirementGroup
from services.eligibility.rules.certification.certification import certification_law
from services.eligibility.rules.certification.feeds import feed_baseline
from services.eligibility.rules.finding.finding import finding_parameters
from services.eligibility.rules.payability.payability import payability_law

_FACTS = (
    "birth_month",
    "retirement_group",
    *AMOUNTS,
    "retirement_month",
    "retirement_ground",
    "draws_employee_pension",
)
"""Facts that are on record under these names, those that a retirement is asked with, and what the register tells."""

_RESULTS = {
    "employee_pension": ("total_pension_fen", "first_payment_month"),
    "statutory_retirement": ("statutory_retirement_month",),
    "early_retirement": ("early_retirement_month",),
    "flexible_retirement": (),
}
"""Benefits of which a retirement is made up, with the results that it is granted by."""


def check_needs(book: Book, today: date) -> None:
    """Refuse a book that the service cannot work by. Raises BookRefused that names what is missing."""
    for lack in _lacks(book):
        raise BookRefused("law", lack)
    try:
        certification_law(book)
        feed_baseline(book, today)
        payability_law(book)
        finding_parameters(book, today)
    except LookupError as error:
        raise BookRefused("law", f"{error}, and the service needs it") from error
    except ValueError as error:
        raise BookRefused("law", f"{error}, of those that the service knows") from error


def _lacks(book: Book) -> Iterator[str]:
    facts = book.library.facts
    yield from (f"there is no fact {name}, and the service needs it" for name in _FACTS if name not in facts)
    groups = facts["retirement_group"].codes
    yield from (
        f"retirement_group has no code {name}, and the service needs it"
        for name in RetirementGroup
        if name not in groups
    )
    if "STATUTORY" not in facts["retirement_ground"].codes:
        yield "retirement_ground has no code STATUTORY, and the service needs it"
    for benefit, results in _RESULTS.items():
        if benefit not in book.chapters:
            yield f"there is no benefit {benefit}, and the service needs it"
            return
        known = book.chapters[benefit].benefit.results
        yield from (
            f"{benefit} has no result {name}, and the service needs it" for name in results if name not in known
        )
