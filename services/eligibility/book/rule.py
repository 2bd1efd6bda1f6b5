"""A rule: one small function that is one sentence of law."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from services.common.months import month_of
from services.eligibility.book.refusal import BookRefused

UNITS = ("fen", "month", "months", "years", "days", "bp", "tenths", "count")
"""Units that are suffixes of names: a month is counted from year 0, a bp is a ten-thousandth."""

FLAG = "flag"
"""Unit of a fact or parameter that is 1 for yes and 0 for no."""

CONDITION = "condition"
"""Unit of a rule that answers yes (1) or no (0)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of a rule, as the decorator made it."""

    name: str
    title: str
    article: str
    unit: str
    inputs: tuple[str, ...]
    since: int | None
    """First month in which this version is law; None from the beginning of the book."""
    until: int | None
    """Last month of it; None until further notice."""
    published: date | None
    """The day this version could be known; None: as long as the book has been kept."""
    unverified: bool
    """Whether nobody has confirmed yet that the bureau reads the law so."""
    function: Callable[..., int]
    place: str
    """File and line, for errors."""
    text: str = ""
    """How it is written, once the book has read it."""

    @property
    def is_condition(self) -> bool:
        """Whether it answers yes or no."""
        return self.unit == CONDITION

    def in_force(self, month: int) -> bool:
        """Tell whether this version is law in a month."""
        return (self.since is None or self.since <= month) and (self.until is None or month <= self.until)


def rule(
    article: str,
    *,
    since: str | None = None,
    until: str | None = None,
    published: str | None = None,
    unverified: bool = False,
) -> Callable[[Callable[..., int]], Rule]:
    """Make a rule of a function: its arguments name what it is computed from, its docstring's first line is the title.

    `since` is the first day on which it is law, `until` the last; both fit whole months, because facts are monthly.
    `published` is the day it could be known: of two versions in force the one published last counts, so a law that
    reaches back is a version of its own, and what was decided before it can be decided again as it was.
    Raises BookRefused when the article, the docstring, or the unit at the end of the name is missing.
    """

    def decorate(function: Callable[..., int]) -> Rule:
        code = function.__code__
        place = f"{code.co_filename}:{code.co_firstlineno}"
        title = (inspect.getdoc(function) or "").partition("\n")[0].removesuffix(".")
        if not article.strip() or not title:
            raise BookRefused(place, f"rule {function.__name__} needs an article and a docstring")
        return Rule(
            name=function.__name__,
            title=title,
            article=article,
            unit=_unit(function, place),
            inputs=code.co_varnames[: code.co_argcount],
            since=_first_month(since, place),
            until=_last_month(until, place),
            published=_day(published, place) if published is not None else None,
            unverified=unverified,
            function=function,
            place=place,
        )

    return decorate


def _unit(function: Callable[..., int], place: str) -> str:
    if function.__annotations__.get("return") is bool:
        return CONDITION
    unit = function.__name__.rpartition("_")[2]
    if unit not in UNITS:
        raise BookRefused(place, f"the name of rule {function.__name__} ends in no unit ({', '.join(UNITS)})")
    return unit


def _first_month(text: str | None, place: str) -> int | None:
    if text is None:
        return None
    day = _day(text, place)
    if day.day != 1:
        raise BookRefused(place, "since is the first day of a month")
    return month_of(day)


def _last_month(text: str | None, place: str) -> int | None:
    if text is None:
        return None
    following = _day(text, place) + timedelta(days=1)
    if following.day != 1:
        raise BookRefused(place, "until is the last day of a month")
    return month_of(following) - 1


def _day(text: str, place: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BookRefused(place, f"{text!r} is no date YYYY-MM-DD") from error
