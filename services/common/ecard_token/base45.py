"""Base45 (RFC 9285): bytes as characters of a QR code's alphanumeric mode."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_PAIRS = tuple(_ALPHABET[value % 45] + _ALPHABET[value // 45] for value in range(45 * 45))


class CutShort(ValueError):
    """The text ends within a group of characters."""


def encode(data: bytes) -> str:
    """Write two bytes as three characters, least significant first, and a last single byte as two."""
    even = len(data) & ~1
    words = (data[place] << 8 | data[place + 1] for place in range(0, even, 2))
    text = "".join(_PAIRS[word % 2025] + _ALPHABET[word // 2025] for word in words)
    return text + _PAIRS[data[-1]] if len(data) % 2 else text


def decode(text: str) -> bytes:
    """Read it back.

    Raises CutShort for a text that ends within a group, ValueError for a character outside the alphabet, OverflowError
    for a group above two bytes.
    """
    try:
        values = [_VALUES[letter] for letter in text]
    except KeyError as error:
        raise ValueError("A character is not of the Base45 alphabet.") from error
    whole, rest = divmod(len(values), 3)
    data = bytearray()
    for place in range(0, 3 * whole, 3):
        low, middle, high = values[place : place + 3]
        data += (low + 45 * middle + 2025 * high).to_bytes(2)
    last = values[-2] + 45 * values[-1] if rest == 2 else 0
    if rest == 1 or last > 0xFF:
        raise CutShort("The last character or two are the beginning of a group of three.")
    if rest == 2:
        data += last.to_bytes(1)
    return bytes(data)
