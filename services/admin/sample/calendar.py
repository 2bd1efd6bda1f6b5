"""Days and months of the generated period. Days count from 1970-01-01, months from year 0."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from services.admin.sample.table import Numbers
from services.common.months import add_months, first_day

SWEEP_DAY = 14
"""Day of the month as of which a sweep looks at everybody, the day before payment."""
PAY_DAY = 15
"""Day of the month on which this bureau pays that month's pensions."""
OUTSIDE_PAY_DAY = 20
"""Day on which other payers pay theirs."""
_EPOCH = date(1970, 1, 1)


def number_of(day: date) -> int:
    """Count a date from the epoch."""
    return (day - _EPOCH).days


def date_of(number: int) -> date:
    """Give the date of a counted day."""
    return _EPOCH + timedelta(days=int(number))


@dataclass(frozen=True, slots=True)
class Period:
    """The months that are drawn for."""

    first: int
    count: int

    @property
    def last(self) -> int:
        """The last month."""
        return self.first + self.count - 1

    @property
    def end_day(self) -> int:
        """The last day of the last month."""
        return number_of(first_day(self.last + 1)) - 1

    @property
    def evidence_from(self) -> int:
        """The day from which evidence is on file: what came before could certify nobody any more."""
        return number_of(add_months(first_day(self.first), -11))

    def day(self, index: int, day: int) -> int:
        """Give a day of the index-th month."""
        return number_of(first_day(self.first + index).replace(day=day))

    def month(self, index: int) -> int:
        """Give the index-th month."""
        return self.first + index


def months_of(days: Numbers) -> Numbers:
    """Give the months of counted days."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12


def payment_of(days: Numbers) -> Numbers:
    """Give the month whose payment is the first that can heed what was received on these days."""
    month_start = days.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    late: Numbers = (days - month_start + 1 > SWEEP_DAY).astype(np.int64)
    return months_of(days) + late
