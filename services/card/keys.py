"""Secret keys as something that is asked for a result and never handed out.

Production keeps them in a hardware security module; here they come from a file of their own. Whatever the provider is,
the code that uses it sees results only, so that neither a log nor a dump of the database can hold a key.

Each purpose has keys by id: one is current, the others answer for what was made under them. Before there was that file,
all came from the index key of `keys_file`; that one is called `derived`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives import hashes, hmac

from services.card.application import BLOCK_BYTES, is_authentic
from services.card.pin import Tried
from services.common.crypto import KeyFile, Vault

DERIVED = "derived"
"""Id of the key that comes from the index key."""
_SECRET_BYTES = 32


class Secret(StrEnum):
    """What is verified by a value under a key."""

    PIN = "social pin"
    PASSWORD = "ecard password"  # noqa: S105  the name of a purpose


class KeyProvider(Protocol):
    """Computes under keys that never leave it."""

    def tried(self, secret: Secret, owner: str, digits: str) -> Tried:
        """Give the HMAC-SM3 values, 32 bytes, of somebody's digits under each key of a purpose."""
        ...

    def is_authentic(self, identification_code: str, challenge: bytes, cryptogram: bytes) -> bool:
        """Tell whether a chip that was personalised under one of the master keys answered a challenge so."""
        ...


@dataclass(frozen=True)
class _Keys:
    """The keys of one purpose."""

    current: str
    by_id: Mapping[str, bytes] = field(repr=False)


class FileKeys:
    """A provider whose keys come from files."""

    def __init__(self, masters: _Keys, secrets: Mapping[Secret, _Keys]) -> None:
        self._masters = masters
        self._secrets = secrets

    @staticmethod
    def load(path: Path | None, keys: KeyFile) -> "FileKeys":
        """Read a provider's file; without one every key is derived. A wrong file raises ValueError without a key.

        The file is TOML with the tables `master`, `pin` and `password`, each with `current = "id"` and a table `keys`
        of ids and hexadecimal keys: 16 bytes for master, 32 for the others. `accept_derived = true` before them lets
        what was made under the derived keys go on.
        """
        masters, secrets = _derived(keys)
        if path is None:
            return FileKeys(masters, secrets)
        content = tomllib.loads(path.read_text("utf-8"))
        accepts = content.get("accept_derived", False) is True
        try:
            return FileKeys(
                _read(content["master"], BLOCK_BYTES, masters if accepts else None),
                {
                    secret: _read(content[table], _SECRET_BYTES, secrets[secret] if accepts else None)
                    for secret, table in ((Secret.PIN, "pin"), (Secret.PASSWORD, "password"))
                },
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(
                f"{path.name} is no file of provider keys: it needs the tables master, pin and password, each with "
                "current and keys, hexadecimal, of 16, 32 and 32 bytes."
            ) from error

    def tried(self, secret: Secret, owner: str, digits: str) -> Tried:
        """Give the HMAC-SM3 values of somebody's digits under each key of a purpose."""
        keys, text = self._secrets[secret], f"{owner}\0{digits}".encode()
        return Tried({name: _hmac_sm3(key, text) for name, key in keys.by_id.items()}, keys.current)

    def is_authentic(self, identification_code: str, challenge: bytes, cryptogram: bytes) -> bool:
        """Tell whether a chip that was personalised under one of the master keys answered a challenge so."""
        answers = [
            is_authentic(master, identification_code, challenge, cryptogram) for master in self._masters.by_id.values()
        ]
        return any(answers)


def _derived(keys: KeyFile) -> tuple[_Keys, Mapping[Secret, _Keys]]:
    def of(secret: Secret) -> _Keys:
        return _Keys(DERIVED, {DERIVED: _hmac_sm3(keys.index_key, b"key provider\0" + secret.encode())})

    master = Vault(keys).index("key", "card master key")
    return _Keys(DERIVED, {DERIVED: master}), {secret: of(secret) for secret in Secret}


def _read(table: Mapping[str, object], size: int, derived: _Keys | None) -> _Keys:
    listed, current = table["keys"], table["current"]
    if not isinstance(listed, Mapping) or DERIVED in listed:
        raise ValueError
    keys = {str(name): bytes.fromhex(str(key)) for name, key in listed.items()}
    if current not in keys or {len(key) for key in keys.values()} != {size}:
        raise ValueError
    return _Keys(str(current), keys | (dict(derived.by_id) if derived is not None else {}))


def _hmac_sm3(key: bytes, data: bytes) -> bytes:
    mac = hmac.HMAC(key, hashes.SM3())
    mac.update(data)
    return mac.finalize()
