"""Looking a parameter of the law up in SQL: its entry by the month, its row by a column, as `ParameterNode` does."""

from collections.abc import Sequence
from itertools import pairwise

from services.eligibility.book.interval import Interval
from services.eligibility.book.ops import least, most
from services.eligibility.book.parameter import Parameter
from services.eligibility.engines.expression import Expression, Layers, constant
from services.eligibility.engines.value import Value, either


def look_up(layers: Layers, parameter: Parameter, givens: Sequence[Value]) -> tuple[Value, Value, Value]:
    """Give the value, where there is none, and where it is unverified; where there is none the value is any."""
    month, entries = givens[0], parameter.entries
    nothing = either(month < entries[0].since, _after(month, entries[-1].until))
    dates = [entry.since for entry in entries]
    unverified = _by_date(layers, month, dates, [int(entry.unverified) for entry in entries])
    if parameter.rows is None:
        return _by_date(layers, month, dates, [entry.values[0] for entry in entries]), nothing, unverified
    rows = len(entries[0].values)
    position = givens[1] - parameter.first_row
    nothing = either(nothing, either(position < 0, position >= rows))
    number = _by_date(layers, month, dates, list(range(len(entries))))
    place = number * rows + _between(position, rows - 1)
    return _of_table(layers, [value for entry in entries for value in entry.values], place), nothing, unverified


def _after(month: Value, until: int | None) -> Value:
    return 0 if until is None else month > until


def _by_date(layers: Layers, month: Value, dates: Sequence[int], values: Sequence[int]) -> Value:
    """Give the value of the last date that is reached; before the first date the first value."""
    if isinstance(month, int):
        return next(
            (value for since, value in zip(reversed(dates), reversed(values), strict=True) if since <= month), values[0]
        )
    if len(set(values)) == 1:
        return values[0]
    short = layers.short(month)
    changes = [
        (since, before) for since, (before, value) in zip(dates[1:], pairwise(values), strict=True) if before != value
    ]
    cases = " ".join(f"WHEN {short.text} < {since} THEN {constant(layers, value).text}" for since, value in changes)
    text = f"CASE {cases} ELSE {constant(layers, values[-1]).text} END"
    return Expression(layers, text, Interval(min(values), max(values)), short.layer)


def _of_table(layers: Layers, values: Sequence[int], place: Value) -> Value:
    """Give the value at a place, counted from 0."""
    if isinstance(place, int):
        return values[place]
    short = layers.short(place)
    text = f"CAST({layers.dialect.picked(values, short.text)} AS BIGINT)"
    return Expression(layers, text, Interval(min(values), max(values)), short.layer)


def _between(position: Value, last: int) -> Value:
    if isinstance(position, int):
        return least(most(position, 0), last)
    found = position.most(0)
    return least(found, last) if isinstance(found, int) else found.least(last)
