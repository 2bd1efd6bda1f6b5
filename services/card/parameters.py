"""The numbers of a card's life by the day from which they hold, from parameters.yaml, with their sources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict, RootModel

from services.card.calendar import Deadline, WorkingDays, load_calendar
from services.card.status import CardParameters, FormalLossUndo


class ParameterVersion(BaseModel):
    """One value of a parameter and where it comes from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: int | FormalLossUndo | None
    source: str


class Parameter(BaseModel):
    """A parameter through the years."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    unit: str
    unverified: bool = False
    """True when the value must be confirmed by the bureau before it is relied on."""
    since: dict[date, ParameterVersion]

    def on(self, day: date) -> ParameterVersion:
        """Give the version in force on a day; before the first one, that."""
        begun = [first for first in self.since if first <= day]
        return self.since[max(begun, default=min(self.since))]


class _File(RootModel[dict[str, Parameter]]):
    pass


@dataclass(frozen=True, eq=False)
class ParameterBook:
    """Every parameter, and the calendar that working days are counted on."""

    parameters: Mapping[str, Parameter]
    calendar: WorkingDays

    def on(self, day: date) -> CardParameters:
        """Give what holds on a day."""
        return _values(self, day)

    def making_deadline(self, applied: date, *, is_long: bool) -> Deadline:
        """Give the last day for making a card that was applied for; long for children and batches."""
        return _making_deadline(self, applied, is_long=is_long)

    @property
    def unverified(self) -> Sequence[str]:
        """Name the parameters that are still to be confirmed."""
        return [name for name, parameter in self.parameters.items() if parameter.unverified]


@lru_cache(maxsize=64)
def _values(book: ParameterBook, day: date) -> CardParameters:
    found = {name: parameter.on(day).value for name, parameter in book.parameters.items()}
    return CardParameters(**found)  # type: ignore[arg-type]  # each is checked when the book is loaded


@lru_cache(maxsize=64)  # everybody who applies on a day waits for the same one
def _making_deadline(book: ParameterBook, applied: date, *, is_long: bool) -> Deadline:
    values = book.on(applied)
    count = values.long_making_working_days if is_long else values.making_working_days
    return book.calendar.after(applied, count)


def load_parameters() -> ParameterBook:
    """Read the parameters of the package; raise ValueError when one is missing, unknown or of the wrong kind."""
    text = resources.files("services.card").joinpath("parameters.yaml").read_text("utf-8")
    parameters = _File.model_validate(yaml.safe_load(text)).root
    expected = {field.name for field in fields(CardParameters)}
    if set(parameters) != expected:
        raise ValueError(f"parameters.yaml: missing or unknown: {sorted(set(parameters) ^ expected)}.")
    for name, parameter in parameters.items():
        for version in parameter.since.values():
            if isinstance(version.value, FormalLossUndo) != (name == "formal_loss_undo"):
                raise ValueError(f"parameters.yaml: {name} has a value of the wrong kind.")
            if version.value is None and name != "validity_years":
                raise ValueError(f"parameters.yaml: {name} needs a value.")
    return ParameterBook(parameters, load_calendar())
