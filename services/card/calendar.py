"""Working days, counted on the calendar that the State Council announces for each year (calendar.yaml)."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict, RootModel

_DAY = timedelta(days=1)
_SATURDAY = 5


class _Year(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    holidays: dict[str, tuple[date, date]]
    worked: list[date]


class _Years(RootModel[dict[int, _Year]]):
    pass


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day for something."""

    day: date
    is_certain: bool
    """False when the calendar of a year that it runs through is not known yet, so that only weekends were left out."""


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Which days are worked."""

    years: frozenset[int]
    """Years whose holidays are known."""
    off: frozenset[date]
    worked: frozenset[date]

    def is_working_day(self, day: date) -> bool:
        """Tell whether the bureau works on a day."""
        return day in self.worked or (day.weekday() < _SATURDAY and day not in self.off)

    def after(self, day: date, count: int) -> Deadline:
        """Give the last of so many working days; the day itself is not counted (民法典 第二百零一条)."""
        last = day
        while count > 0:
            last += _DAY
            count -= self.is_working_day(last)
        return Deadline(last, self.years.issuperset(range(day.year, last.year + 1)))


@cache
def load_calendar() -> WorkingDays:
    """Read the calendar of the package; a malformed one raises ValueError."""
    text = resources.files("services.card").joinpath("calendar.yaml").read_text("utf-8")
    years = _Years.model_validate(yaml.safe_load(text)).root
    off: set[date] = set()
    worked: set[date] = set()
    for number, year in years.items():
        worked.update(year.worked)
        for first, last in year.holidays.values():
            if not first <= last or {first.year, last.year} != {number}:
                raise ValueError(f"calendar.yaml: a holiday of {number} has no days, or days of another year.")
            off.update(first + _DAY * index for index in range((last - first).days + 1))
    return WorkingDays(frozenset(years), frozenset(off), frozenset(worked))
