"""The keys that tokens and status lists are signed with, from a file; a key service can take its place."""

import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from services.common.ecard_token.cose import Algorithm, Signer
from services.common.ecard_token.keys import KeySet, TokenKey, key_id_of

_BLOCK = re.compile(rb"-----BEGIN (PRIVATE|PUBLIC) KEY-----.*?-----END \1 KEY-----", re.DOTALL)


@dataclass(frozen=True)
class TokenKeys:
    """The key that signs now, and all keys whose signatures devices shall accept."""

    signer: Signer
    published: KeySet

    @staticmethod
    def load(path: Path) -> "TokenKeys":
        """Read a key file; a wrong one raises ValueError without showing a key.

        The file is PEM with one or more Ed25519 keys. The first, a private one, signs. The others, private or public,
        are published with it: the next key a day before it signs, the last one until what it signed has expired.
        """
        keys = [_loaded(match.group(), match.group(1)) for match in _BLOCK.finditer(path.read_bytes())]
        if not keys or not isinstance(keys[0], Ed25519PrivateKey):
            raise ValueError(f"{path.name} is no file of token keys: it begins with an Ed25519 private key, PEM.")
        public = [key.public_key() if isinstance(key, Ed25519PrivateKey) else key for key in keys]
        published = KeySet(TokenKey(key_id_of(key), key) for key in public)
        return TokenKeys(Signer(key_id_of(public[0]), Algorithm.EDDSA, keys[0].sign), published)


def _loaded(block: bytes, kind: bytes) -> Ed25519PrivateKey | Ed25519PublicKey:
    key = load_pem_private_key(block, None) if kind == b"PRIVATE" else load_pem_public_key(block)
    if not isinstance(key, Ed25519PrivateKey | Ed25519PublicKey):
        raise ValueError("A token key is not of Ed25519.")  # noqa: TRY004  the file's content is wrong, no argument's type
    return key
