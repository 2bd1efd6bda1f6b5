"""Certifications of many people as columns, and the machine that time drives over them; pure.

A day is a number from 1970-01-01, a state a small one. `next_states` is `assessment.next_state` for everybody whom a
sweep looks at; property tests hold the two together.
"""

from datetime import date, timedelta
from functools import cache

import numpy as np

from services.common.months import add_months
from services.eligibility.certification import CertificationParameters, CertificationState

Days = np.ndarray[tuple[int], np.dtype[np.int32]]
Codes = np.ndarray[tuple[int], np.dtype[np.int8]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
PersonRows = np.ndarray[tuple[int], np.dtype[np.int64]]

STATES = (None, *CertificationState)
"""A state's code is its place here; 0 is nobody's state before the start."""
NEVER = np.iinfo(np.int32).min
"""In place of a day that there is not."""

NONE, CERTIFIED, WARNING, SUSPENDED, VERIFYING, LOST = (
    STATES.index(state)
    for state in (
        None,
        CertificationState.CERTIFIED,
        CertificationState.WARNING,
        CertificationState.SUSPENDED,
        CertificationState.UNDER_VERIFICATION,
        CertificationState.LOST,
    )
)
_EPOCH = date(1970, 1, 1)
_FIRST, _LAST = date(1850, 1, 1), date(2150, 1, 1)
FIRST_DAY, LAST_DAY = (_FIRST - _EPOCH).days, (_LAST - _EPOCH).days
"""Days that are known: from the first to before the last."""


def day_number(day: date) -> int:
    """Give the number of a day."""
    return (day - _EPOCH).days


@cache
def months_table(*months: int) -> Days:
    """Tabulate days moved by months, one move after the other; 300 years of them fit a processor's cache."""

    def moved(number: int) -> int:
        day = _FIRST + timedelta(days=number)
        for count in months:
            day = add_months(day, count)
        return day_number(day)

    return np.fromiter((moved(number) for number in range((_LAST - _FIRST).days)), dtype=np.int32)


def moved(days: Days, months: int) -> Days:
    """Move days by months; NEVER stays."""
    if not months:
        return days
    there = days != NEVER
    return np.where(there, months_table(months)[np.where(there, days - FIRST_DAY, 0)], NEVER).astype(np.int32)


def are_old(birth: Days, day: int, parameters: CertificationParameters) -> Flags:
    """Tell who is so old on a day, or of unknown age, that only a visit may come before a suspension."""
    flags: Flags = moved(birth, 12 * parameters.home_visit_age) <= day
    return flags


def are_overdue(valid_to: Days, day: int, parameters: CertificationParameters) -> Flags:
    """Tell whose evidence has run out, grace and all, or never was."""
    flags: Flags = moved(valid_to, parameters.grace_months) < day
    return flags


def next_states(
    states: Codes, day: int, valid_to: Days, noticed: Flags, parameters: CertificationParameters, warned_from: Days
) -> Codes:
    """Move everybody from the state before a sweep's day to that which the sweep leaves.

    `noticed`: for whom a notice fit for a suspension was delivered; `warned_from`: the day from which the end of
    validity is near, NEVER without any.
    """
    safe = day < warned_from
    covered = day <= valid_to
    return np.select(
        [
            safe,
            (states == NONE) | (covered & (states == SUSPENDED)) | (states == CERTIFIED),
            are_overdue(valid_to, day, parameters) & noticed,
        ],
        [np.int8(CERTIFIED), np.int8(WARNING), np.int8(SUSPENDED)],
        states,
    ).astype(np.int8)
