"""A status list as a device keeps it in a file: a CBOR array of the signed list and of the deltas since, as received.

Every part is signed, so the file needs no protection of its own: who changes it makes it unreadable, not wrong.
"""

from collections.abc import Sequence

import cbor2

from services.common.ecard_token.cbor import Malformed, load, take
from services.common.ecard_token.keys import KeySet
from services.common.ecard_token.status_list import StatusList, apply_delta, open_list

MOST_DELTAS = 60
"""After so many a device fetches the whole list again, so that its file stays small."""


def write(parts: Sequence[bytes]) -> bytes:
    """Put a signed list and its deltas into the form of the file."""
    return cbor2.dumps(list(parts))


def parts_of(data: bytes) -> list[bytes]:
    """Take them out again, unchecked; raise Malformed when it is no such file."""
    parts = [take(part, bytes, "A part") for part in take(load(data), list, "The file")]
    if not parts:
        raise Malformed("The file is empty.")
    return parts


def open_parts(parts: Sequence[bytes], keys: KeySet) -> StatusList:
    """Check and read a list with its deltas; raise Malformed, UnknownKey or Forged."""
    held = open_list(parts[0], keys)
    for delta in parts[1:]:
        held = apply_delta(held, delta, keys)
    return held
