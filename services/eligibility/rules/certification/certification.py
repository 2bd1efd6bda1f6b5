"""The numbers of certification, as the state machine wants them."""

from datetime import date
from types import MappingProxyType

from services.common.months import first_day
from services.eligibility.baseline import Baseline, FeedCheck
from services.eligibility.book.book import Book
from services.eligibility.certification import CertificationParameters, DatedParameters
from services.eligibility.evidence import EvidenceKind, EvidenceSource, Strength

_NUMBERS = (
    "certification_validity_months",
    "certification_warning_months",
    "certification_grace_months",
    "certification_home_visit_age_years",
    "certification_phone_after_months",
    "certification_visit_after_months",
    "certification_agreement_days",
    "evidence_strength",
)


def certification_law(book: Book) -> DatedParameters:
    """Give the numbers of every day: a change of one begins new ones on the first of its month."""
    entries = [book.parameter(name).entries for name in _NUMBERS]
    first = max(of_one[0].since for of_one in entries)
    months = sorted({max(entry.since, first) for of_one in entries for entry in of_one})
    return DatedParameters(
        tuple((first_day(month), certification_parameters(book, first_day(month))) for month in months)
    )


def certification_parameters(book: Book, at: date) -> CertificationParameters:
    """Give the numbers of a day. Raises LookupError for a day before the first ones."""
    return CertificationParameters(
        validity_months=book.number("certification_validity_months", at),
        warning_months=book.number("certification_warning_months", at),
        grace_months=book.number("certification_grace_months", at),
        home_visit_age=book.number("certification_home_visit_age_years", at),
        phone_after_months=book.number("certification_phone_after_months", at),
        visit_after_months=book.number("certification_visit_after_months", at),
        agreement_days=book.number("certification_agreement_days", at),
        strengths=MappingProxyType(
            {EvidenceKind(kind): Strength(name) for kind, name in book.names("evidence_strength", at).items()}
        ),
    )


_LIMITS = {
    FeedCheck.MOST_ROWS: "feed_most_count",
    FeedCheck.SIZE: "feed_size_ratio_bp",
    FeedCheck.NEGATIVE_RATE: "feed_negative_monthly_bp",
    FeedCheck.FOREIGN_KIND: "feed_reports_deaths",
    FeedCheck.KIND_SHIFT: "feed_kind_shift_bp",
    FeedCheck.DATES_AHEAD: "feed_dates_ahead_bp",
    FeedCheck.DATES_OLD: "feed_dates_old_bp",
    FeedCheck.SAME_DAY: "feed_same_day_bp",
    FeedCheck.UNKNOWN_PEOPLE: "feed_unknown_people_bp",
    FeedCheck.CONTRADICTED: "feed_contradicted_bp",
    FeedCheck.CONFLICTING: "feed_conflicting_bp",
}
"""The parameter that limits what each check measures."""


def feed_baseline(book: Book, at: date) -> Baseline:
    """Give what an office usually delivers, as of a day. Raises LookupError for a day before the first numbers."""

    def reporting(table: str) -> frozenset[EvidenceSource]:
        return frozenset(EvidenceSource(source) for source, does in book.table(table, at).items() if does)

    return Baseline(
        most_count=book.number("feed_most_count", at),
        size_ratio_bp=book.number("feed_size_ratio_bp", at),
        history_count=book.number("feed_history_count", at),
        negative_monthly_bp=book.number("feed_negative_monthly_bp", at),
        negative_floor_count=book.number("feed_negative_floor_count", at),
        desk_negative_count=book.number("feed_desk_negative_count", at),
        kind_shift_bp=book.number("feed_kind_shift_bp", at),
        dates_ahead_bp=book.number("feed_dates_ahead_bp", at),
        dates_old_bp=book.number("feed_dates_old_bp", at),
        old_months=book.number("feed_old_months", at),
        same_day_bp=book.number("feed_same_day_bp", at),
        unknown_people_bp=book.number("feed_unknown_people_bp", at),
        contradicted_bp=book.number("feed_contradicted_bp", at),
        contradicted_floor_count=book.number("feed_contradicted_floor_count", at),
        conflicting_bp=book.number("feed_conflicting_bp", at),
        reports_deaths=reporting("feed_reports_deaths"),
        reports_sentences=reporting("feed_reports_sentences"),
        reports_missing=reporting("feed_reports_missing"),
        sources=MappingProxyType({check: book.source(name, at) for check, name in _LIMITS.items()}),
    )
