"""Certifications of many people as columns, and the machine that time drives over them; pure.

A day is a number from 1970-01-01, a state a small one. `next_states` is `assessment.next_state` for everybody whom a
sweep looks at: both take the answer from the rule book's table, and property tests hold their days together.
"""

from datetime import date
from functools import cache
from itertools import product

import numpy as np

from services.eligibility.certification import CertificationState
from services.eligibility.certification_law import Against, CertificationParameters, Moment

Days = np.ndarray[tuple[int], np.dtype[np.int32]]
Codes = np.ndarray[tuple[int], np.dtype[np.int8]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
PersonRows = np.ndarray[tuple[int], np.dtype[np.signedinteger]]

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
AGREEING, JUDGED, GRAVE, MISSING = 8, 4, 2, 1
"""What stands against a person, as bits in the order of `Against`."""
_EPOCH = date(1970, 1, 1)
_FIRST, _LAST = date(1850, 1, 1), date(2150, 1, 1)
FIRST_DAY, LAST_DAY = (_FIRST - _EPOCH).days, (_LAST - _EPOCH).days
"""Days that are known: from the first to before the last."""
NO_DAY = FIRST_DAY - 1
"""From here days are counted in tables, where 0 is the place of NEVER."""
_TABLED = LAST_DAY + 20 * 366
"""Tables go on, as a day that was moved may be moved again."""


def day_number(day: date) -> int:
    """Give the number of a day."""
    return (day - _EPOCH).days


@cache
def months_table(*months: int) -> Days:
    """Tabulate days moved by months, one move after the other, as `add_months` moves them; NEVER stays.

    300 years of them fit a processor's cache.
    """
    days = np.arange(FIRST_DAY, _TABLED).astype("datetime64[D]")
    for count in months:
        month = days.astype("datetime64[M]")
        begins, ends = (month + count).astype("datetime64[D]"), (month + count + 1).astype("datetime64[D]") - 1
        days = np.minimum(begins + (days - month), ends)
    return np.concatenate([[NEVER], days.astype(np.int64)], dtype=np.int32, casting="same_kind")


def moved(days: Days, months: int) -> Days:
    """Move days by months; NEVER stays."""
    if not months:
        return days
    there = days != NEVER
    return months_table(months)[np.where(there, days - NO_DAY, 0)]


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
    flags = (day < warned_from, day <= valid_to, are_overdue(valid_to, day, parameters), noticed)
    case = states.copy()
    for flag in flags:
        case *= 2
        case += flag
    return transitions(parameters)[case]


def are_reaching(to_visit: Flags, visit: Flags, parameters: CertificationParameters) -> Flags:
    """Tell which delivered notices may come before a suspension, of people who need a visit or not."""
    table = np.array([case in parameters.reaching for case in product((False, True), repeat=2)], dtype=np.bool_)
    flags: Flags = table[2 * to_visit.astype(np.int8) + visit]
    return flags


def verdicts(parameters: CertificationParameters) -> Codes:
    """Give what reports demand, by AGREEING, JUDGED, GRAVE and MISSING together; NONE where nothing."""
    cases = (Against(*flags) for flags in product((False, True), repeat=4))
    return np.array([STATES.index(parameters.verdicts[case]) for case in cases], dtype=np.int8)


def transitions(parameters: CertificationParameters) -> Codes:
    """Give the state that a sweep leaves, by the state before and the flags of a moment; reports stay what they are."""
    found = [
        parameters.next_states.get(Moment(before, safe, covered, overdue, noticed, True), before)
        for before in STATES
        for safe, covered, overdue, noticed in product((False, True), repeat=4)
    ]
    return np.array([STATES.index(state) for state in found], dtype=np.int8)
