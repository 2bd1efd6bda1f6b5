"""The file of the keys that sign tokens."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from services.card.token_keys import TokenKeys


def private(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_the_first_key_signs_and_all_are_published(tmp_path: Path) -> None:
    current, coming, last = (Ed25519PrivateKey.generate() for _ in range(3))
    file = tmp_path / "token.pem"
    file.write_bytes(private(current) + private(coming) + b"# until tomorrow\n" + public(last))
    before = TokenKeys.load(file)
    assert next(iter(before.published.keys)) == before.signer.key_id
    assert len(before.published.keys) == 3
    file.write_bytes(private(coming) + public(current))
    after = TokenKeys.load(file)
    assert after.signer.key_id in before.published.keys  # who fetched the keys a day ago accepts it at once
    assert before.signer.key_id in after.published.keys


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nothing",
        public(Ed25519PrivateKey.generate()),
        private(ec.generate_private_key(ec.SECP256R1())),
        private(Ed25519PrivateKey.generate()).replace(b"MC4", b"MC5"),
    ],
)
def test_another_file_is_refused_without_showing_it(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "token.pem"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"key") as refused:
        TokenKeys.load(file)
    assert "BEGIN" not in str(refused.value)
