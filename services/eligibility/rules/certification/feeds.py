"""The limits of what an office usually delivers, as the comparison of deliveries wants them."""

from datetime import date
from types import MappingProxyType

from services.eligibility.baseline import Baseline, FeedCheck
from services.eligibility.book.book import Book
from services.eligibility.evidence import EvidenceSource

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
        kept_days=book.number("feed_kept_days", at),
        reports_deaths=reporting("feed_reports_deaths"),
        reports_sentences=reporting("feed_reports_sentences"),
        reports_missing=reporting("feed_reports_missing"),
        sources=MappingProxyType({check: book.source(name, at) for check, name in _LIMITS.items()}),
    )
