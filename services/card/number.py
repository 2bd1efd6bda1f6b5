"""Numbers of cards: card number, card identification code, bank account."""

import functools
import re
import string
from operator import mul

from cryptography.hazmat.primitives import hashes, hmac

_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ALPHABET = string.digits + string.ascii_uppercase
_VALUES = bytes.maketrans(_ALPHABET.encode(), bytes(range(len(_ALPHABET))))
_CHECK = "0123456789X0"
"""The check character by 11 less the remainder."""
_DIGITS = bytes.maketrans(string.digits.encode(), bytes(range(10)))
_DOUBLED = bytes.maketrans(string.digits.encode(), bytes(digit // 10 + digit % 10 for digit in range(0, 20, 2)))
_BODY_DIGITS = 7
_BODIES_PER_LETTER = 10**_BODY_DIGITS
MAX_SEQUENCE = len(string.ascii_uppercase) * _BODIES_PER_LETTER - 1
"""The last sequence number that has a card number: 260 million, for a city of ten million."""

_PROVIDER = "D156000005"  # application provider of the social security application, begins its AID too
_MAC_BYTES = 4

_CARD_NO = re.compile(r"[0-9A-Z]{9}", re.ASCII)
_IDENTIFICATION_CODE = re.compile(r"[0-9A-F]{32}", re.ASCII)
_ACCOUNT = re.compile(r"[0-9]{16,19}", re.ASCII)


@functools.lru_cache(maxsize=2048)  # each is asked for twice: whether a card has it, and for the card that gets it
def card_no(sequence: int) -> str:
    """Make the card number of a sequence number: a letter, seven digits, the check character. One to one."""
    if not 0 <= sequence <= MAX_SEQUENCE:
        raise ValueError(f"There is no card number for the sequence number {sequence}.")
    letter, digits = divmod(sequence, _BODIES_PER_LETTER)
    body = f"{string.ascii_uppercase[letter]}{digits:0{_BODY_DIGITS}d}"
    return body + _check_character(body)


def is_card_no(text: str) -> bool:
    """Tell whether a text is a card number with the right check character."""
    return _CARD_NO.fullmatch(text) is not None and _check_character(text[:-1]) == text[-1]


def identification_code(division: str, sequence: int, key: bytes) -> str:
    """Make the card identification code: division, provider, sequence number, HMAC-SM3 of these cut to four bytes.

    How production computes the last four bytes is not published; the HMAC is a convention of this project. It makes
    codes unguessable, and the sequence number makes them different.
    """
    head = bytes.fromhex(division + _PROVIDER) + sequence.to_bytes(4)
    mac = _keyed(key).copy()
    mac.update(head)
    return (head + mac.finalize()[:_MAC_BYTES]).hex().upper()


def is_identification_code(text: str) -> bool:
    """Tell whether a text has the form of a card identification code."""
    return _IDENTIFICATION_CODE.fullmatch(text) is not None


def is_bank_account(text: str) -> bool:
    """Tell whether a text is a bank card number: 16 to 19 digits with Luhn check."""
    return _ACCOUNT.fullmatch(text) is not None and _luhn_sum(text) % 10 == 0


def _check_character(body: str) -> str:
    """Compute the check character as for the organisation code of GB 11714-1997."""
    return _CHECK[11 - sum(map(mul, body.encode().translate(_VALUES), _WEIGHTS)) % 11]


def _luhn_sum(digits: str) -> int:
    codes = digits.encode()
    return sum(codes[-1::-2].translate(_DIGITS)) + sum(codes[-2::-2].translate(_DOUBLED))


@functools.lru_cache(maxsize=4)  # setting the key up takes longer than the rest
def _keyed(key: bytes) -> hmac.HMAC:
    return hmac.HMAC(key, hashes.SM3())
