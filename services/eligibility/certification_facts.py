"""A certification as facts of the rule book, so that the book explains it with the article of each sentence; pure.

Dates become months that say the same: how many months have to be added to one day to reach another is a whole number
that grows with the days, so a comparison of months gives what the comparison of dates gives.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date

from services.common.months import add_months
from services.eligibility.assessment import certifies, valid_to
from services.eligibility.certification import Certification, CertificationState
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.evidence import Evidence
from services.eligibility.notice import Notice, NoticeChannel, NoticeDelivery
from services.eligibility.reports import reports_of
from services.eligibility.warning import of_warning

CHAPTER = "silent_certification"

_MOST_MONTHS = 4_800
_UNKNOWN_AGE = 350
_BEFORE = {CertificationState.CERTIFIED: 1, CertificationState.SUSPENDED: 3}
_WARNED = 2


def certification_facts(
    certification: Certification,
    standing: Iterable[Evidence],
    notices: Iterable[Notice],
    day: date,
    law: CertificationLaw,
    code: Callable[[str, str], int],
) -> Mapping[str, int]:
    """Write what a sweep of a day would look at; `code` gives the number of a name of a coded fact.

    A report hides the state below it: then the warning is taken, which matters only once the report is cleared.
    """
    known = list(standing)
    deciding = [one for one in known if not one.is_negative and certifies(one, law)]
    newest = max(deciding, key=lambda one: (one.event_date, one.name), default=None)
    against, positive = ([one for one in known if one.is_negative is side] for side in (True, False))
    until, reports, numbers = valid_to(newest, law), reports_of(against, positive, law), law.on(day)
    fit = [
        one
        for one in of_warning(notices, until, numbers)
        if one.delivery is NoticeDelivery.DELIVERED and one.counts_from <= day
    ]
    facts = {
        "has_evidence": int(newest is not None),
        "certification_before": _BEFORE.get(certification.state, _WARNED),
        "is_swept": 1,
        "holder_age_years": age_in_years(certification.birth_date, day),
        "is_infirm": int(certification.infirmity is not None and certification.infirmity.contains(day)),
        "has_notice": int(bool(fit)),
        "has_visit": int(any(one.channel is NoticeChannel.VISIT for one in fit)),
        "grave_reports_count": len(reports.grave),
        "agreeing_reports_count": len(reports.agreeing),
        "has_judgment": int(reports.is_judged),
        "missing_reports_count": len(reports.missing),
    }
    if newest is not None and until is not None:
        facts |= {
            "evidence_kind": code("evidence_kind", newest.kind),
            "evidence_age_months": months_begun(newest.event_date, day),
            "validity_left_months": months_left(day, until),
            "overdue_months": months_begun(until, day),
        }
    return facts


def months_begun(since: date, day: date) -> int:
    """Give the least number of months that, added to a day, reach another; 0 when it lies before."""
    return _first(lambda months: day <= add_months(since, months))


def months_left(day: date, until: date) -> int:
    """Give how many months may be taken off the end of a time so that a day still lies before it; 0 for none."""
    return max(_first(lambda months: day >= add_months(until, -months)) - 1, 0)


def age_in_years(birth_date: date | None, day: date) -> int:
    """Give the age in full years; of unknown birth that of the oldest, who are visited."""
    if birth_date is None:
        return _UNKNOWN_AGE
    return min(max(_first(lambda years: day < add_months(birth_date, 12 * years)) - 1, 0), _UNKNOWN_AGE)


def _first(holds: Callable[[int], bool]) -> int:
    """Give the first number from 0 on for which something holds that holds from then on."""
    low, high = 0, _MOST_MONTHS
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
