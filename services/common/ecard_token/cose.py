"""COSE_Sign1 (RFC 9052), as much of it as tokens need: one signer, the payload inside, nothing external."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import cbor2

from services.common.ecard_token.cbor import Malformed, load, member, take

_SIGN1_TAG = 18
_CWT_TAG = 61
_ALGORITHM, _KEY_ID, _TYPE = 1, 4, 16
_CONTEXT = "Signature1"


class Algorithm(IntEnum):
    """Signature algorithms by their COSE numbers."""

    ES256 = -7
    EDDSA = -8


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key as messages need it: it signs bytes, and others know it by its id."""

    key_id: bytes
    algorithm: Algorithm
    sign: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was received; nothing of it is true before its signature is."""

    algorithm: int
    key_id: bytes
    type: str
    """Header `typ` (RFC 9596); empty when there is none."""
    payload: bytes
    signed: bytes
    """What the signature was made over."""
    signature: bytes


def sign(signer: Signer, payload: bytes, type_: str = "") -> bytes:
    """Write a signed message, its key id under the signature."""
    header: dict[int, object] = {_ALGORITHM: int(signer.algorithm), _KEY_ID: signer.key_id}
    protected = cbor2.dumps(header | ({_TYPE: type_} if type_ else {}), canonical=True)
    signature = signer.sign(_signed(protected, payload))
    return cbor2.dumps(cbor2.CBORTag(_SIGN1_TAG, [protected, {}, payload, signature]))


def read(data: bytes) -> Message:
    """Read a message, tagged or not; raise Malformed when it is none."""
    parts = load(data)
    for tag in (_CWT_TAG, _SIGN1_TAG):
        if isinstance(parts, cbor2.CBORTag) and parts.tag == tag:
            parts = parts.value
    if not isinstance(parts, list | tuple) or len(parts) != 4:
        raise Malformed("The message is no COSE_Sign1.")
    protected, unprotected = take(parts[0], bytes, "The protected header"), take(parts[1], dict, "The header")
    payload, signature = take(parts[2], bytes, "The payload"), take(parts[3], bytes, "The signature")
    header = take(load(protected) if protected else {}, dict, "The protected header")
    key_id = header.get(_KEY_ID, unprotected.get(_KEY_ID, b""))
    type_ = header.get(_TYPE, "")
    return Message(
        algorithm=member(header, _ALGORITHM, int, "The algorithm"),
        key_id=take(key_id, bytes, "The key id"),
        type=type_ if isinstance(type_, str) else "?",  # a number of CoAP's registry: none of ours
        payload=payload,
        signed=_signed(protected, payload),
        signature=signature,
    )


def _signed(protected: bytes, payload: bytes) -> bytes:
    return cbor2.dumps([_CONTEXT, protected, b"", payload])
