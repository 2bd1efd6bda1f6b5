"""Opaque identifiers that sort by the time of their making."""

import os
import re
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread
LENGTH = 26
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]  # two characters at once: ids are made often
_SHIFTS = range(120, -1, -10)
_FORM = re.compile(f"[0-7][{_ALPHABET}]{{{LENGTH - 1}}}")


def new_id() -> str:
    """Make a new identifier: 48 bits of milliseconds and 80 random bits as 26 base-32 characters.

    Time order keeps inserts at the right edge of every index; the random part keeps it from being guessed or counted.
    """
    return encode((time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10)))


def encode(value: int) -> str:
    """Write a 128-bit number as 26 characters."""
    return "".join([_PAIRS[value >> shift & 1023] for shift in _SHIFTS])


def is_id(text: str) -> bool:
    """Tell whether a text has the form of an identifier."""
    return _FORM.fullmatch(text) is not None
