"""Signed statements of the ledger's size and root, as C2SP tlog-checkpoint notes, so that any such tool can check them.

A note is a body of lines, an empty line, and one line a signature. Keys stay outside: whoever signs or verifies hands
in a function of bytes.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

ED25519 = b"\x01"
KEY_HASH_BYTES = 4
SIGNATURE_MARK = "— "


class CheckpointInvalid(ValueError):
    """The text is no checkpoint, or not signed by the ledger's key."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The ledger named `origin` had `size` entries under `root`."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """Write the text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """An Ed25519 key as notes know it: its name, the raw public key, and the function that signs with it."""

    name: str
    public_key: bytes
    sign: Callable[[bytes], bytes]

    def note(self, checkpoint: Checkpoint) -> str:
        """Write the signed note of a checkpoint."""
        body = checkpoint.body()
        signature = key_hash(self.name, self.public_key) + self.sign(body.encode())
        return f"{body}\n{SIGNATURE_MARK}{self.name} {base64.b64encode(signature).decode()}\n"

    def verifier_key(self) -> str:
        """Write the key for those who verify."""
        return verifier_key(self.name, self.public_key)


def verifier_key(name: str, public_key: bytes) -> str:
    """Write a public key as note tools take it: name, key hash and key."""
    return f"{name}+{key_hash(name, public_key).hex()}+{base64.b64encode(ED25519 + public_key).decode()}"


def key_hash(name: str, public_key: bytes) -> bytes:
    """Give the four bytes by which a signature line says which key it needs."""
    return sha256(name.encode() + b"\n" + ED25519 + public_key).digest()[:KEY_HASH_BYTES]


def open_note(note: str, name: str, public_key: bytes, verify: Callable[[bytes, bytes], bool]) -> Checkpoint:
    """Read a checkpoint whose note carries a good signature of this key; `verify` takes signature and text.

    Raises CheckpointInvalid when the note is malformed, or no line is signed by the key.
    """
    body, gap, signatures = note.partition("\n\n")
    body += "\n"
    if gap and any(_signed(line, body, name, public_key, verify) for line in signatures.splitlines()):
        return _parse(body)
    raise CheckpointInvalid("The checkpoint is not signed by the ledger's key.")


def _signed(line: str, body: str, name: str, public_key: bytes, verify: Callable[[bytes, bytes], bool]) -> bool:
    prefix = f"{SIGNATURE_MARK}{name} "
    if not line.startswith(prefix):
        return False
    try:
        blob = base64.b64decode(line[len(prefix) :], validate=True)
    except (binascii.Error, ValueError):
        return False
    hashed, signature = blob[:KEY_HASH_BYTES], blob[KEY_HASH_BYTES:]
    return hashed == key_hash(name, public_key) and verify(signature, body.encode())


def _parse(body: str) -> Checkpoint:
    lines = body.split("\n")
    try:
        origin, size, root = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (IndexError, ValueError) as error:
        raise CheckpointInvalid("A checkpoint is a name, a size and a root.") from error
    checkpoint = Checkpoint(origin, size, root)
    if checkpoint.body() != body:  # one statement has one form: no sign, no leading zero, no lines of others
        raise CheckpointInvalid("The checkpoint is not written in its one form.")
    return checkpoint
