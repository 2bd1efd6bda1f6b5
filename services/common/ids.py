"""Opaque identifiers that sort by the time of their making."""

import functools
import os
import re
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread
LENGTH = 26
_MOMENT = 10
_RANDOM = LENGTH - _MOMENT
_OF_BYTES = bytes(ord(_ALPHABET[byte & 31]) for byte in range(256))
"""The character of each random byte, by its last five bits: eight bytes have each."""
_SHIFTS = range(5 * (LENGTH - 1), -1, -5)
_FORM = re.compile(f"[0-7][{_ALPHABET}]{{{LENGTH - 1}}}")


def new_id() -> str:
    """Make a new identifier: 48 bits of milliseconds and 80 random bits as 26 base-32 characters.

    Time order keeps inserts at the right edge of every index; the random part keeps it from being guessed or counted.
    """
    return _moment(time.time_ns() // 1_000_000) + _random_characters(_RANDOM)


def new_ids(count: int) -> list[str]:
    """Make many identifiers at once, all of one millisecond."""
    moment, random = _moment(time.time_ns() // 1_000_000), _random_characters(count * _RANDOM)
    return [moment + random[at : at + _RANDOM] for at in range(0, len(random), _RANDOM)]


def rising_id(last: str) -> str:
    """Make a new identifier that sorts after the one made last, also in the same millisecond; empty: after none."""
    made = new_id()
    if made > last:
        return made
    return encode(functools.reduce(lambda value, character: value << 5 | _ALPHABET.index(character), last, 0) + 1)


def encode(value: int) -> str:
    """Write a 128-bit number as 26 characters."""
    return "".join([_ALPHABET[value >> shift & 31] for shift in _SHIFTS])


def _random_characters(count: int) -> str:
    return os.urandom(count).translate(_OF_BYTES).decode()


@functools.lru_cache(maxsize=1)  # many are made in one millisecond
def _moment(milliseconds: int) -> str:
    return encode(milliseconds)[-_MOMENT:]


def is_id(text: str) -> bool:
    """Tell whether a text has the form of an identifier."""
    return _FORM.fullmatch(text) is not None
