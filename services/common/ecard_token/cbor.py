"""CBOR that may come from anybody: read with bounds, told apart by type before use."""

import zlib
from typing import TypeVar

import cbor2

T = TypeVar("T")

_DEPTH = 8


class Malformed(Exception):
    """The bytes are not what they should be; the text says what was missed."""


class Truncated(Malformed):
    """The bytes end too early."""


def load(data: bytes) -> object:
    """Read one item; raise Malformed for what is none, for doubled keys and for deep nesting."""
    try:
        item: object = cbor2.loads(data, max_depth=_DEPTH, allow_duplicate_keys=False)
    except cbor2.CBORDecodeEOF as error:
        raise Truncated("The CBOR item ends too early.") from error
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError, MemoryError) as error:
        raise Malformed("The bytes are no CBOR item.") from error
    return item


def take(found: object, kind: type[T], what: str) -> T:
    """Give an item that must be of a type; a truth value is no number."""
    if isinstance(found, cbor2.frozendict):  # what a map is read as below a tag
        found = dict(found)
    if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
        raise Malformed(f"{what} is missing or of another type.")
    return found


def member(found: object, key: int | str, kind: type[T], what: str) -> T:
    """Give a member of a map, which must be there and of a type."""
    return take(take(found, dict, what).get(key), kind, what)


def inflate(data: bytes, most: int) -> bytes:
    """Decompress a zlib stream of at most `most` bytes; raise Truncated when it ends early, Malformed otherwise."""
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(data, most)
    except zlib.error as error:
        raise Malformed("The bytes are no zlib stream.") from error
    if stream.unconsumed_tail:
        raise Malformed(f"The zlib stream holds more than {most} bytes.")
    if not stream.eof:
        raise Truncated("The zlib stream ends too early.")
    if stream.unused_data:
        raise Malformed("Something follows the zlib stream.")
    return content
