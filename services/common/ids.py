"""Opaque identifiers that sort by the time of their making."""

import functools
import os
import re
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread
LENGTH = 26
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]  # two characters at once: ids are made often
_SHIFTS = range(120, -1, -10)
_RANDOM_BITS = 80
_RANDOM_BYTES = _RANDOM_BITS // 8
_RANDOM_SHIFTS = range(_RANDOM_BITS - 10, -1, -10)
_FORM = re.compile(f"[0-7][{_ALPHABET}]{{{LENGTH - 1}}}")


def new_id() -> str:
    """Make a new identifier: 48 bits of milliseconds and 80 random bits as 26 base-32 characters.

    Time order keeps inserts at the right edge of every index; the random part keeps it from being guessed or counted.
    """
    value = int.from_bytes(os.urandom(_RANDOM_BYTES))
    return _beginning(time.time_ns() // 1_000_000) + "".join(
        [_PAIRS[value >> shift & 1023] for shift in _RANDOM_SHIFTS]
    )


def new_ids(count: int) -> list[str]:
    """Make many identifiers at once, all of one millisecond."""
    beginning, random = _beginning(time.time_ns() // 1_000_000), os.urandom(count * _RANDOM_BYTES)
    values = (int.from_bytes(random[at : at + _RANDOM_BYTES]) for at in range(0, len(random), _RANDOM_BYTES))
    return [beginning + "".join([_PAIRS[value >> shift & 1023] for shift in _RANDOM_SHIFTS]) for value in values]


def encode(value: int) -> str:
    """Write a 128-bit number as 26 characters."""
    return "".join([_PAIRS[value >> shift & 1023] for shift in _SHIFTS])


@functools.lru_cache(maxsize=1)  # many are made in one millisecond
def _beginning(milliseconds: int) -> str:
    return encode(milliseconds << _RANDOM_BITS)[: -len(_RANDOM_SHIFTS) * 2]


def is_id(text: str) -> bool:
    """Tell whether a text has the form of an identifier."""
    return _FORM.fullmatch(text) is not None
