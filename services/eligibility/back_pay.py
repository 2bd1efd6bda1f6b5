"""Months of benefits that were held and are owed once nothing holds them any more (补发); pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.common.months import month_of
from services.eligibility.certification import HOLDS_PAYMENT, Certification, Period
from services.eligibility.entitlement import Entitlement
from services.eligibility.payability import MonthAccount


@dataclass(frozen=True, slots=True)
class BackPay:
    """What is owed of one entitlement."""

    entitlement: str
    reference: str
    months: tuple[int, ...]
    amount_fen: int


def is_freed(before: Certification, after: Certification) -> bool:
    """Tell whether a change lets payments go on that were held."""
    return before.state in HOLDS_PAYMENT and after.state not in HOLDS_PAYMENT


def held_months(histories: Iterable[Sequence[Period]], today: date) -> set[int]:
    """Give the months up to the present one in which payment was held, by any of several histories."""
    return {month for periods in histories for month in _held(periods, today)}


def owed(entitlement: Entitlement, accounts: Iterable[MonthAccount]) -> BackPay | None:
    """Give what is owed of an entitlement for some months; None when that is nothing."""
    due = [account for account in accounts if account.owed_fen]
    if not due:
        return None
    months = tuple(account.month for account in due)
    return BackPay(entitlement.entitlement, entitlement.reference, months, sum(account.owed_fen for account in due))


def _held(periods: Sequence[Period], today: date) -> Iterator[int]:
    ends = [period.since for period in periods[1:]]
    for period, end in zip(periods, [*ends, today + timedelta(days=1)], strict=True):
        if period.state in HOLDS_PAYMENT and period.since < end:
            yield from range(month_of(period.since), month_of(end - timedelta(days=1)) + 1)
