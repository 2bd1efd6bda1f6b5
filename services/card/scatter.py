"""Places in a status list, scattered: a number that counts up becomes a place that tells nothing of its neighbours."""

import hashlib
import hmac

_ROUNDS = 4
_MOST = 1 << 32


def scatter(number: int, size: int, key: bytes, purpose: str) -> int:
    """Give the place below `size` of a number below `size`: one to one, and known only to who has the key.

    A Feistel cipher over the next even number of bits, walked until the result is below `size` (format-preserving
    encryption by cycle walking; at most four steps on average). No place is given twice, so none has to be looked for.
    """
    if not 0 <= number < size <= _MOST:
        raise ValueError(f"{number} is no place of {size}.")
    half = 1 << ((size - 1).bit_length() + 1) // 2
    place = _encrypted(number, half, key, purpose)
    while place >= size:
        place = _encrypted(place, half, key, purpose)
    return place


def _encrypted(number: int, half: int, key: bytes, purpose: str) -> int:
    left, right = divmod(number, half)
    for turn in range(_ROUNDS):
        digest = hmac.digest(key, f"{purpose}/{turn}/{right}".encode(), hashlib.sha256)
        left, right = right, left ^ int.from_bytes(digest[:4]) % half
    return left * half + right
