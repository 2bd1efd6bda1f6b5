"""The numbers of certification, as the state machine wants them."""

from datetime import date
from types import MappingProxyType

from services.eligibility.book.book import Book
from services.eligibility.certification import CertificationParameters
from services.eligibility.evidence import EvidenceKind, Strength


def certification_parameters(book: Book, at: date) -> CertificationParameters:
    """Give the numbers of a day. Raises LookupError for a day before the first ones."""
    return CertificationParameters(
        validity_months=book.number("certification_validity_months", at),
        warning_months=book.number("certification_warning_months", at),
        grace_months=book.number("certification_grace_months", at),
        home_visit_age=book.number("certification_home_visit_age_years", at),
        agreement_days=book.number("certification_agreement_days", at),
        strengths=MappingProxyType(
            {EvidenceKind(kind): Strength(name) for kind, name in book.names("evidence_strength", at).items()}
        ),
    )
