"""The no-touch rate of a month, by district."""

from datetime import timedelta

from services.common.months import add_months, first_day
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.no_touch import District, districts
from services.eligibility.service.store import Store

YEAR_MONTHS = 12


def no_touch_districts(store: Store, month: int, law: CertificationLaw) -> list[District]:
    """Count how people fared in the twelve months to the end of a month; a long look."""
    end = first_day(month + 1) - timedelta(days=1)
    weak = law.on(end).weak_kinds()
    return districts(store.certifications.years(add_months(end, -YEAR_MONTHS), end, weak))
