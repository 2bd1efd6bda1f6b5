"""Keys for development: field encryption, blind index, PINs and chips, the signatures of checkpoints and card codes.

Each is made once and never overwritten: without its key a sealed field is lost for good. Production keeps them in a
key service.
"""

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.local.certificates import write_secret

_KEY_BYTES = 32


def make_field_keys(path: Path) -> None:
    """Write the key file of a service's vault (TOML, see services.common.crypto.KeyFile) unless there is one."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    seal, index = os.urandom(_KEY_BYTES).hex(), os.urandom(_KEY_BYTES).hex()
    content = f'[seal]\ncurrent = "k1"\n\n[seal.keys]\nk1 = "{seal}"\n\n[index]\nkey = "{index}"\n'
    write_secret(path, content.encode())


def make_provider_keys(path: Path, *, accept_derived: bool = False) -> None:
    """Write the file of card's key provider (TOML, see services.card.keys.FileKeys) unless there is one.

    `accept_derived` lets an installation go on that had no such file before.
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    sizes = {"master": 16, "pin": _KEY_BYTES, "password": _KEY_BYTES}
    made = ((name, os.urandom(size).hex()) for name, size in sizes.items())
    tables = (f'\n[{name}]\ncurrent = "k1"\n\n[{name}.keys]\nk1 = "{key}"\n' for name, key in made)
    write_secret(path, ("accept_derived = true\n" * accept_derived + "".join(tables)).encode())


def make_signing_key(path: Path) -> None:
    """Write an Ed25519 key that signs (PEM, PKCS #8) unless there is one."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    encoding = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_secret(path, key.private_bytes(*encoding))
