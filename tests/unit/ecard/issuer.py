"""An issuer with a key, and tokens and lists of it, each good until a test changes it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.common.ecard_token import cose, token
from services.common.ecard_token.keys import KeySet, TokenKey, key_id_of
from services.common.ecard_token.status_list import StatusList, Validity
from services.common.ecard_token.token import Token

NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
ISSUER = "https://socsec.test/card"
LIST_URI = f"{ISSUER}/status-lists/1"


class Issuer:
    """A key pair as the issuer and as a device see it."""

    def __init__(self, seed: int = 1) -> None:
        private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        key = TokenKey(key_id_of(private.public_key()), private.public_key())
        self.keys = KeySet([key])
        self.signer = cose.Signer(key.key_id, key.algorithm, private.sign)

    def qr(self, **changed: object) -> str:
        return token.write(replace(TOKEN, **changed), self.signer)  # type: ignore[arg-type]  # by name


TOKEN = Token(
    issuer=ISSUER,
    token_id=bytes(range(16)),
    ecard="01kaxyzabcdefghjkmnpqrstvw",
    level=2,
    applications=0b101,
    by_delegate=False,
    list_uri=LIST_URI,
    list_index=4242,
    issue_time=NOW,
    expire_time=NOW + timedelta(seconds=60),
)


def status_list(*revoked: int, size: int = 10_000, age: timedelta = timedelta()) -> StatusList:
    statuses = bytearray(size // 8)
    for index in revoked:
        statuses[index >> 3] |= 1 << (index & 7)
    return StatusList(LIST_URI, 7, 1, bytes(statuses), NOW - age + timedelta(hours=36))


def validity(age: timedelta = timedelta()) -> Validity:
    return Validity(ISSUER, LIST_URI, NOW - age, NOW - age + timedelta(hours=36), 86_400)
