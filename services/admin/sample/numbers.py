"""Identity numbers and bank accounts that nobody has twice, by construction."""

import numpy as np

from services.admin.sample.table import FIRST_DAY, Bytes, Flags, Numbers, birth_parts, constant, digits, texts

DIVISION = "370299"
"""The unassigned division code of all people made up here, so that none of them can be real."""

_PER_SEX = 499  # 17 digits end in 001 to 998: odd ones are men's, even ones women's
_STEP = 211  # coprime to _PER_SEX: those born on one day get their numbers in a mixed order
_DAYS = 60_000
_WEIGHTS = np.array((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), np.int64)
_CHECK = np.frombuffer(b"10X98765432", np.uint8)

BANKS = ("102", "103", "104", "105", "301", "403", "308", "402")
_BANK_PREFIXES = texts(("622202", "622848", "621660", "621700", "622260", "621799", "622588", "622319"))
_ACCOUNTS = 10**12
_ACCOUNT_STEP = 612_345_679  # coprime to 10^12, so that different people get different numbers
_ACCOUNT_FROM = 271_828_182_845


class Identities:
    """Gives out identity numbers: one counter a day of birth and sex, whatever the number of people."""

    def __init__(self) -> None:
        self._given = np.zeros((_DAYS, 2), np.int64)

    def give(self, birth_days: Numbers, female: Flags) -> tuple[Bytes, Numbers]:
        """Give numbers, and the days of birth in them.

        On a day that has no number left the birth moves on to the next day that has one.
        """
        days = birth_days.copy()
        places = np.full(len(days), -1, np.int64)
        open_ones = np.arange(len(days))
        while len(open_ones):
            places[open_ones] = self._place(days[open_ones], female[open_ones])
            open_ones = open_ones[places[open_ones] < 0]
            days[open_ones] += 1
        sequence = (places * _STEP % _PER_SEX) * 2 + np.where(female, 2, 1)
        first = np.hstack([constant(DIVISION, len(days)), birth_parts(days), digits(sequence, 3)])
        check = _CHECK[((first - ord("0")).astype(np.int64) @ _WEIGHTS) % 11]
        return np.hstack([first, check[:, None]]), days

    def _place(self, days: Numbers, female: Flags) -> Numbers:
        """Give each person a place among those born that day, -1 where the day is full."""
        slot = (days - FIRST_DAY) * 2 + female
        order = np.argsort(slot, kind="stable")
        in_order = slot[order]
        starts = np.flatnonzero(np.r_[True, in_order[1:] != in_order[:-1]])
        rank = np.arange(len(slot)) - np.repeat(starts, np.diff(np.r_[starts, len(slot)]))
        given = self._given.reshape(-1)
        places = np.empty(len(slot), np.int64)
        places[order] = rank + given[in_order]
        given += np.bincount(slot, minlength=len(given))
        np.minimum(given, _PER_SEX, out=given)
        places[places >= _PER_SEX] = -1
        return places


def accounts(indexes: Numbers, banks: Numbers) -> Bytes:
    """Give debit accounts of 19 digits with Luhn check, different for different indexes."""
    body = np.hstack([_BANK_PREFIXES[banks], digits((indexes * _ACCOUNT_STEP + _ACCOUNT_FROM) % _ACCOUNTS, 12)])
    values = (body - ord("0")).astype(np.int64)
    doubled = values[:, ::-1][:, ::2] * 2
    total = (doubled - 9 * (doubled > 9)).sum(axis=1) + values[:, ::-1][:, 1::2].sum(axis=1)
    return np.hstack([body, digits(-total % 10, 1)])
