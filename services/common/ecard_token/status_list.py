"""The status list (IETF Token Status List, draft-ietf-oauth-status-list) and its deltas, both as signed CWT.

A list has a status of 1, 2, 4 or 8 bits for each index; 0 is good. The draft knows whole lists only. Ours carry a
version as well, and a delta leads from one version to a later one, so that a device that has a list of yesterday need
not fetch a megabyte again. Claims of ours have numbers of the range for private use.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import accumulate

import cbor2

from services.common.ecard_token import cose
from services.common.ecard_token.cbor import Malformed, inflate, load, member, take
from services.common.ecard_token.keys import KeySet

LIST_TYPE = "application/statuslist+cwt"
DELTA_TYPE = "application/vnd.socsec.statuslist-delta+cwt"
MAX_BYTES = 16 * 1024 * 1024
"""The largest list that is read: 134 million cards at one bit each."""

_ISSUER, _SUBJECT, _EXPIRES, _ISSUED = 1, 2, 4, 6
_TTL, _STATUS_LIST = 65534, 65533
_LIST_VERSION, _DELTA = -65537, -65538
_COMPRESSION = 6
_LATEST = 1 << 40


@dataclass(frozen=True, slots=True)
class Validity:
    """Of whom a list or delta is, and how long it may be used."""

    issuer: str
    uri: str
    issue_time: datetime
    expire_time: datetime
    ttl_seconds: int
    """After so many seconds a device should fetch again, though what it has is still good."""


@dataclass(frozen=True, slots=True)
class Delta:
    """What changed between two versions of a list; index lists ascend."""

    from_version: int
    to_version: int
    set_indexes: Sequence[int]
    """Cards that are not good any more."""
    cleared_indexes: Sequence[int]
    """Cards that are good again."""


@dataclass(frozen=True, slots=True)
class StatusList:
    """A list as a device keeps it."""

    uri: str
    version: int
    bits: int
    statuses: bytes
    expire_time: datetime

    def status(self, index: int) -> int | None:
        """Give the status at an index; None when the list does not reach so far."""
        per_byte = 8 // self.bits
        place, offset = divmod(index, per_byte)
        if not 0 <= place < len(self.statuses):
            return None
        return self.statuses[place] >> offset * self.bits & (1 << self.bits) - 1

    def is_fresh(self, now: datetime) -> bool:
        """Tell whether the list may still be relied on."""
        return now < self.expire_time

    def changed(self, delta: Delta, expire_time: datetime) -> "StatusList":
        """Give the list after a delta; raise Malformed when the delta does not fit.

        A delta may begin before the list's version, as statuses are absolute: what it repeats changes nothing.
        """
        if self.bits != 1 or not delta.from_version <= self.version <= delta.to_version:
            raise Malformed("The delta does not fit the list's version.")
        statuses = bytearray(self.statuses)
        mark(statuses, delta.set_indexes, delta.cleared_indexes)
        expires = max(self.expire_time, expire_time)
        return replace(self, version=delta.to_version, statuses=bytes(statuses), expire_time=expires)


def mark(statuses: bytearray, set_indexes: Iterable[int], cleared_indexes: Iterable[int]) -> None:
    """Set and clear bits of a one-bit list; raise Malformed for an index outside it."""
    try:
        for index in set_indexes:
            statuses[index >> 3] |= 1 << (index & 7)
        for index in cleared_indexes:
            statuses[index >> 3] &= ~(1 << (index & 7))
    except IndexError as error:
        raise Malformed("An index lies outside the list.") from error


def encode(statuses: bytes, bits: int = 1) -> dict[str, object]:
    """Write the draft's map of a list: its bits, and the list compressed."""
    return {"bits": bits, "lst": zlib.compress(statuses, _COMPRESSION)}


def decode(found: object) -> tuple[int, bytes]:
    """Read the draft's map: bits and list; raise Malformed when it is none."""
    bits = member(found, "bits", int, "bits")
    if bits not in (1, 2, 4, 8):
        raise Malformed("bits must be 1, 2, 4 or 8.")
    return bits, inflate(member(found, "lst", bytes, "lst"), MAX_BYTES)


def write_list(validity: Validity, version: int, statuses: bytes, signer: cose.Signer) -> bytes:
    """Sign a whole one-bit list."""
    content: dict[int, object] = {_STATUS_LIST: encode(statuses), _LIST_VERSION: version}
    return cose.sign(signer, cbor2.dumps(_claims(validity) | content, canonical=True), LIST_TYPE)


def write_delta(validity: Validity, delta: Delta, signer: cose.Signer) -> bytes:
    """Sign a delta; an empty one says that nothing changed, and lets the list be used for longer."""
    content: dict[int, object] = {
        _LIST_VERSION: delta.to_version,
        _DELTA: {
            "from": delta.from_version,
            "set": _gaps(delta.set_indexes),
            "clear": _gaps(delta.cleared_indexes),
        },
    }
    return cose.sign(signer, cbor2.dumps(_claims(validity) | content, canonical=True), DELTA_TYPE)


def open_list(data: bytes, keys: KeySet) -> StatusList:
    """Check and read a signed list; raise Malformed, UnknownKey or Forged."""
    claims = _checked(data, keys, LIST_TYPE)
    bits, statuses = decode(member(claims, _STATUS_LIST, dict, "The status list"))
    version = take(claims.get(_LIST_VERSION, 0), int, "The version")  # lists of other issuers have none
    return StatusList(member(claims, _SUBJECT, str, "sub"), version, bits, statuses, _expiry(claims))


def apply_delta(old: StatusList, data: bytes, keys: KeySet) -> StatusList:
    """Check a signed delta and give the list after it; raise Malformed, UnknownKey or Forged."""
    claims = _checked(data, keys, DELTA_TYPE)
    if member(claims, _SUBJECT, str, "sub") != old.uri:
        raise Malformed("The delta is of another list.")
    found = member(claims, _DELTA, dict, "The delta")
    delta = Delta(
        member(found, "from", int, "from"),
        member(claims, _LIST_VERSION, int, "The version"),
        _indexes(member(found, "set", bytes, "set")),
        _indexes(member(found, "clear", bytes, "clear")),
    )
    return old.changed(delta, _expiry(claims))


def _claims(validity: Validity) -> dict[int, object]:
    return {
        _ISSUER: validity.issuer,
        _SUBJECT: validity.uri,
        _EXPIRES: int(validity.expire_time.timestamp()),
        _ISSUED: int(validity.issue_time.timestamp()),
        _TTL: validity.ttl_seconds,
    }


def _checked(data: bytes, keys: KeySet, type_: str) -> dict[object, object]:
    message = cose.read(data)
    keys.check(message)
    if message.type != type_:
        raise Malformed(f"The message is no {type_}.")
    return take(load(message.payload), dict, "The claims")


def _expiry(claims: object) -> datetime:
    seconds = member(claims, _EXPIRES, int, "exp")
    return datetime.fromtimestamp(max(0, min(seconds, _LATEST)), UTC)


def _gaps(indexes: Sequence[int]) -> bytes:
    """Write ascending indexes as the steps between them: most take one to three bytes, before compression."""
    steps = [index - before for index, before in zip(indexes, (0, *indexes), strict=False)]
    return zlib.compress(cbor2.dumps(steps), _COMPRESSION)


def _indexes(data: bytes) -> list[int]:
    steps = [take(step, int, "A step") for step in take(load(inflate(data, MAX_BYTES)), list, "The steps")]
    if any(step < 0 for step in steps):
        raise Malformed("The indexes do not ascend.")
    return list(accumulate(steps))
