"""Field encryption and blind indexes, with keys from a file.

A sealed field is `length of key id | key id | 12-byte nonce | AES-256-GCM ciphertext`. The associated data binds it to
its place, so that a database administrator cannot move one person's number to another person's row. A blind index is
HMAC-SHA-256 under a key of its own: equal values have equal indexes, and nobody without the key can try numbers.
"""

import hashlib
import hmac
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class SealBroken(Exception):
    """A sealed field was changed, moved to another place, or sealed under a key that is not in the key file."""


@dataclass(frozen=True)
class KeyFile:
    """The keys of one service.

    The file is TOML: `[seal] current = "id"`, `[seal.keys] id = "64 hex digits"`, `[index] key = "64 hex digits"`.
    Old seal keys stay in it as long as rows are sealed under them.
    """

    current: str
    seal_keys: dict[str, bytes]
    index_key: bytes

    @staticmethod
    def load(path: Path) -> "KeyFile":
        """Read and check a key file; a wrong one raises ValueError without showing a key."""
        content = tomllib.loads(path.read_text("utf-8"))
        try:
            keys = {name: bytes.fromhex(value) for name, value in content["seal"]["keys"].items()}
            loaded = KeyFile(content["seal"]["current"], keys, bytes.fromhex(content["index"]["key"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"{path.name} is no key file: it needs seal.current, seal.keys and index.key.") from error
        if loaded.current not in keys:
            raise ValueError(f"{path.name}: seal.current names a key that is not in seal.keys.")
        if {len(key) for key in (*keys.values(), loaded.index_key)} != {32}:
            raise ValueError(f"{path.name}: every key has 32 bytes (64 hexadecimal characters).")
        return loaded


class Vault:
    """Seals fields and makes blind indexes."""

    def __init__(self, keys: KeyFile) -> None:
        self._ciphers = {name.encode(): AESGCM(key) for name, key in keys.seal_keys.items()}
        self._current = keys.current.encode()
        self._head = bytes([len(self._current)]) + self._current
        self._indexing = hmac.new(keys.index_key, digestmod=hashlib.sha256)

    def seal(self, text: str, place: str) -> bytes:
        """Encrypt a text for one place, for example `people/{id}`."""
        return self.seal_bytes(text.encode(), place)

    def seal_bytes(self, content: bytes, place: str) -> bytes:
        """Encrypt bytes for one place."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._current].encrypt(nonce, content, place.encode())
        return self._head + nonce + sealed

    def open(self, sealed: bytes, place: str) -> str:
        """Decrypt a text that was sealed for this place; raise SealBroken when it was not."""
        try:
            return self.open_bytes(sealed, place).decode()
        except ValueError as error:
            raise SealBroken(f"A field of {place} was changed or moved.") from error

    def open_bytes(self, sealed: bytes, place: str) -> bytes:
        """Decrypt bytes that were sealed for this place; raise SealBroken when they were not."""
        start = 1 + sealed[0] if sealed else 0
        cipher = self._ciphers.get(sealed[1:start])
        if cipher is None:
            raise SealBroken(f"A field of {place} is sealed under a key that is not in the key file.")
        nonce, body = sealed[start : start + _NONCE_BYTES], sealed[start + _NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, body, place.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken(f"A field of {place} was changed or moved.") from error

    def index(self, text: str, purpose: str) -> bytes:
        """Give the blind index of a text, 16 bytes; another purpose gives another index of the same text."""
        mac = self._indexing.copy()  # half as dear as to set the key up
        mac.update(purpose.encode() + b"\0" + text.encode())
        return mac.digest()[:16]
