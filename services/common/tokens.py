"""Page and resume tokens: positions in a query, bound to that query.

A token is not secret and not signed: it holds nothing that its reader may not see, and a made-up position only leads to
another place in the same answer. Bound means that a token of one query is refused by another. What no database could
compare with (a number of more than 64 bits, a text that is not printable) is never read.
"""

import base64
import binascii
import hashlib
import json

Position = tuple[str | int, ...]


_MAX_TEXT, _MAX_INT = 500, 2**63 - 1


class WrongToken(Exception):
    """The text is no token, or belongs to another query."""


def write(query: bytes, position: Position) -> str:
    """Write the token of a position in a query."""
    content = json.dumps([_binding(query), *position], separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def read(query: bytes, token: str) -> Position:
    """Read a position back; raise WrongToken when the token is of another query."""
    try:
        content = json.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise WrongToken from error
    if not isinstance(content, list) or not content or content[0] != _binding(query):
        raise WrongToken
    position = tuple(content[1:])
    if not all(map(_is_part, position)):
        raise WrongToken
    return position


def _is_part(part: object) -> bool:
    if isinstance(part, str):
        return part.isprintable() and len(part) <= _MAX_TEXT
    return type(part) is int and -_MAX_INT <= part <= _MAX_INT


def _binding(query: bytes) -> str:
    return hashlib.sha256(query).hexdigest()[:16]
