"""Public keys of an issuer, as a COSE key set (RFC 9052 section 7) and as a JWK set (RFC 7517)."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from services.common.ecard_token.cbor import Malformed, load, member, take
from services.common.ecard_token.cose import Algorithm, Message

PublicKey = Ed25519PublicKey | ec.EllipticCurvePublicKey

KEY_ID_BYTES = 8
_KTY, _KID, _ALG, _CRV, _X, _Y = 1, 2, 3, -1, -2, -3
_OKP, _EC2 = 1, 2
_ED25519, _P256 = 6, 1
_COORDINATE_BYTES = 32


class UnknownKey(Exception):
    """A message names a key that is not in the set."""


class Forged(Exception):
    """A message was not signed by the key that it names."""


@dataclass(frozen=True, slots=True)
class TokenKey:
    """One public key."""

    key_id: bytes
    public_key: PublicKey

    @property
    def algorithm(self) -> Algorithm:
        """Give the one algorithm that signatures of this key may have."""
        return Algorithm.EDDSA if isinstance(self.public_key, Ed25519PublicKey) else Algorithm.ES256

    def check(self, message: Message) -> None:
        """Raise Forged unless the message is signed by this key."""
        if message.algorithm != self.algorithm:
            raise Forged
        try:
            if isinstance(self.public_key, Ed25519PublicKey):
                self.public_key.verify(message.signature, message.signed)
            else:
                self.public_key.verify(_der(message.signature), message.signed, ec.ECDSA(SHA256()))
        except InvalidSignature as error:
            raise Forged from error


class KeySet:
    """The keys that a device accepts."""

    def __init__(self, keys: Iterable[TokenKey]) -> None:
        self.keys: Mapping[bytes, TokenKey] = {key.key_id: key for key in keys}

    def check(self, message: Message) -> None:
        """Raise UnknownKey or Forged unless the message is signed by a key of the set."""
        key = self.keys.get(message.key_id)
        if key is None:
            raise UnknownKey
        key.check(message)

    def to_cose(self) -> bytes:
        """Write the set as COSE_KeySet."""
        keys = [_cose(key) | {_KID: key.key_id, _ALG: int(key.algorithm)} for key in self.keys.values()]
        return cbor2.dumps(keys, canonical=True)

    def to_jwks(self) -> str:
        """Write the set as JSON of JOSE; a key's `kid` is the base64url of its id."""
        return json.dumps({"keys": [_jwk(key) for key in self.keys.values()]}, separators=(",", ":"))

    @staticmethod
    def from_cose(data: bytes) -> "KeySet":
        """Read a COSE_KeySet; raise Malformed when it is none, or holds a key of another kind."""
        return KeySet(_token_key(item) for item in take(load(data), list, "The key set"))


def key_id_of(public_key: PublicKey) -> bytes:
    """Name a key by the first bytes of its COSE key thumbprint (RFC 9679), so that nobody has to hand out names."""
    thumbprint = hashlib.sha256(cbor2.dumps(_cose(TokenKey(b"", public_key)), canonical=True)).digest()
    return thumbprint[:KEY_ID_BYTES]


def _cose(key: TokenKey) -> dict[int, object]:
    """Give what defines a key: the members that its thumbprint is made of."""
    if isinstance(key.public_key, Ed25519PublicKey):
        return {_KTY: _OKP, _CRV: _ED25519, _X: key.public_key.public_bytes_raw()}
    x, y = _coordinates(key.public_key)
    return {_KTY: _EC2, _CRV: _P256, _X: x, _Y: y}


def _jwk(key: TokenKey) -> dict[str, str]:
    named = {"kid": _base64url(key.key_id), "use": "sig"}
    if isinstance(key.public_key, Ed25519PublicKey):
        x = key.public_key.public_bytes_raw()
        return {"kty": "OKP", "crv": "Ed25519", "x": _base64url(x), "alg": "EdDSA"} | named
    x, y = _coordinates(key.public_key)
    return {"kty": "EC", "crv": "P-256", "x": _base64url(x), "y": _base64url(y), "alg": "ES256"} | named


def _token_key(item: object) -> TokenKey:
    kind, curve = member(item, _KTY, int, "kty"), member(item, _CRV, int, "crv")
    x = member(item, _X, bytes, "x")
    public_key: PublicKey
    try:
        if (kind, curve) == (_OKP, _ED25519):
            public_key = Ed25519PublicKey.from_public_bytes(x)
        elif (kind, curve) == (_EC2, _P256):
            y = member(item, _Y, bytes, "y")
            public_key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + x + y)
        else:
            raise Malformed("A key is neither of Ed25519 nor of P-256.")
    except ValueError as error:
        raise Malformed("A key is no point of its curve.") from error
    return TokenKey(member(item, _KID, bytes, "kid"), public_key)


def _coordinates(key: ec.EllipticCurvePublicKey) -> tuple[bytes, bytes]:
    numbers = key.public_numbers()
    return numbers.x.to_bytes(_COORDINATE_BYTES), numbers.y.to_bytes(_COORDINATE_BYTES)


def _der(signature: bytes) -> bytes:
    """Turn COSE's two numbers side by side into the form that the library takes."""
    if len(signature) != 2 * _COORDINATE_BYTES:
        raise Forged
    r, s = signature[:_COORDINATE_BYTES], signature[_COORDINATE_BYTES:]
    return encode_dss_signature(int.from_bytes(r), int.from_bytes(s))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
