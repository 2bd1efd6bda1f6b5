"""The token of a QR code: CWT claims (RFC 8392) with the holder's in claim 169, compressed, in Base45.

Claim 169 is MOSIP's map for identity data in QR codes; of its members ours has an id and a version and, from the range
left to closed ecosystems (75 to 99), what a gate needs to know. No name, no number: nobody is told who passes.
"""

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime

import cbor2

from services.common.ecard_token import base45, cose
from services.common.ecard_token.cbor import Malformed, Truncated, inflate, load, member, take

MAX_TEXT = 1_024
"""Characters of a QR code's text that are looked at; ours has about 350."""
TOKEN_ID_BYTES = 16
_MAX_BYTES = 4_096

_ISSUER, _EXPIRES, _NOT_BEFORE, _ISSUED, _TOKEN_ID = 1, 4, 5, 6, 7
_STATUS, _IDENTITY = 65535, 169
_ID, _VERSION, _LEVEL, _APPLICATIONS, _DELEGATE = 1, 2, 75, 76, 77
_FORM = "1"
_MAX_NUMBER = 1 << 62


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says."""

    issuer: str
    token_id: bytes
    ecard: str
    """Opaque id of the electronic card."""
    level: int
    """1: query and service voucher; 2: linked with the bank account as well."""
    applications: int
    """Bit n: the one-card application with token bit n is open."""
    by_delegate: bool
    """Shown by a relative of the family service, not by the holder."""
    list_uri: str
    """The status list that tells whether the card is still good."""
    list_index: int
    """Its place in that list."""
    issue_time: datetime
    expire_time: datetime


def write(token: Token, signer: cose.Signer) -> str:
    """Sign a token and write the text of its QR code."""
    identity: dict[int, object] = {_ID: token.ecard, _VERSION: _FORM, _LEVEL: token.level}
    if token.applications:
        identity[_APPLICATIONS] = token.applications
    if token.by_delegate:
        identity[_DELEGATE] = True
    issued = int(token.issue_time.timestamp())
    claims = {
        _ISSUER: token.issuer,
        _EXPIRES: int(token.expire_time.timestamp()),
        _NOT_BEFORE: issued,
        _ISSUED: issued,
        _TOKEN_ID: token.token_id,
        _IDENTITY: identity,
        _STATUS: {"status_list": {"idx": token.list_index, "uri": token.list_uri}},
    }
    return pack(cose.sign(signer, cbor2.dumps(claims, canonical=True)))


def pack(message: bytes) -> str:
    """Compress a signed message and write it as the text of a QR code."""
    return base45.encode(zlib.compress(message, 9))


def unpack(text: str) -> bytes:
    """Read the signed message out of a QR code's text; raise Truncated or Malformed."""
    if len(text) > MAX_TEXT:
        raise Malformed("The text is longer than a token's.")
    try:
        return inflate(base45.decode(text), _MAX_BYTES)
    except base45.CutShort as error:
        raise Truncated("The text ends too early.") from error
    except (ValueError, OverflowError) as error:
        raise Malformed("The text is not Base45.") from error


def read(payload: bytes) -> Token:
    """Read the claims of a message whose signature was checked; raise Malformed when one is missing."""
    claims = load(payload)
    identity = member(claims, _IDENTITY, dict, "Claim 169")
    status = member(member(claims, _STATUS, dict, "The status claim"), "status_list", dict, "status_list")
    return Token(
        issuer=member(claims, _ISSUER, str, "iss"),
        token_id=member(claims, _TOKEN_ID, bytes, "cti"),
        ecard=member(identity, _ID, str, "The id"),
        level=_number(identity, _LEVEL, "The level"),
        applications=_number(identity, _APPLICATIONS, "The applications") if _APPLICATIONS in identity else 0,
        by_delegate=take(identity.get(_DELEGATE, False), bool, "The delegate mark"),
        list_uri=member(status, "uri", str, "uri"),
        list_index=_number(status, "idx", "idx"),
        issue_time=_moment(claims, _NOT_BEFORE, "nbf"),
        expire_time=_moment(claims, _EXPIRES, "exp"),
    )


def _number(found: object, key: int | str, what: str) -> int:
    number = member(found, key, int, what)
    if not 0 <= number < _MAX_NUMBER:
        raise Malformed(f"{what} is out of range.")
    return number


def _moment(claims: object, key: int, what: str) -> datetime:
    try:
        return datetime.fromtimestamp(_number(claims, key, what), UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise Malformed(f"{what} is no time.") from error
