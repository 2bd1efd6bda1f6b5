"""Notices of a warning: whom one has reached, and who must be visited before a suspension; pure."""

from collections.abc import Iterable, Iterator
from datetime import date

from services.common.months import add_months
from services.eligibility.certification_law import CertificationParameters
from services.eligibility.notice import Infirmity, Notice, NoticeChannel, NoticeDelivery


def is_noticed(
    notices: Iterable[Notice], day: date, until: date | None, to_visit: bool, months: CertificationParameters
) -> bool:
    """Tell whether a suspension on a day is allowed: a notice of this warning was delivered, by visit where needed."""
    return any(
        notice.counts_from <= day and (to_visit, notice.channel is NoticeChannel.VISIT) in months.reaching
        for notice in of_warning(notices, until, months)
        if notice.delivery is NoticeDelivery.DELIVERED
    )


def is_to_visit(
    birth_date: date | None, infirmity: Infirmity | None, day: date, months: CertificationParameters
) -> bool:
    """Tell whether only a visit may come before a suspension: of the old, the infirm, and those of unknown age."""
    infirm = infirmity is not None and infirmity.contains(day)
    return infirm or birth_date is None or add_months(birth_date, 12 * months.home_visit_age) <= day


def latest_notice(notices: Iterable[Notice], until: date | None, months: CertificationParameters) -> date | None:
    """Give the day of the latest notice of the present warning."""
    delivered = (
        notice.delivered_date
        for notice in of_warning(notices, until, months)
        if notice.delivery is NoticeDelivery.DELIVERED
    )
    return max(delivered, default=None)


def of_warning(notices: Iterable[Notice], until: date | None, months: CertificationParameters) -> Iterator[Notice]:
    """Give the notices that warn of this end of validity and not of an earlier one."""
    opened = add_months(until, -months.warning_months) if until is not None else date.min
    return (notice for notice in notices if notice.delivered_date >= opened)
