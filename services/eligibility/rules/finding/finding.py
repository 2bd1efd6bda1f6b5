"""The settings of finding, as it wants them."""

from datetime import date

from services.eligibility.book.book import Book
from services.eligibility.offer import FindingParameters
from services.eligibility.offers import OFFERS


def finding_parameters(book: Book, at: date) -> FindingParameters:
    """Give the settings of a day. Raises LookupError for a day before the first ones."""

    def is_instant(benefit: str) -> bool:
        name = f"instant_{benefit}"
        return name in book.library.parameters and bool(book.number(name, at))

    return FindingParameters(
        instant=frozenset(offer.benefit for offer in OFFERS if is_instant(offer.benefit)),
        instant_on_unverified_law=bool(book.number("instant_on_unverified_law", at)),
        verified_facts_months=book.number("verified_facts_months", at),
        proposal_days=book.number("proposal_days", at),
        declined_months=book.number("declined_proposal_months", at),
        back_months=book.number("found_back_months", at),
        outside_months=book.number("outside_draw_months", at),
        kept_months=book.number("findings_kept_months", at),
        once_event_months=book.number("once_event_months", at),
    )
