"""Secret keys as something that is asked for a result and never handed out.

Production keeps them in a hardware security module; here they come from the service's key file. Whatever the provider
is, the code that uses it sees results only, so that neither a log nor a dump of the database can hold a key.
"""

from typing import Protocol

from cryptography.hazmat.primitives import hashes, hmac

from services.common.crypto import KeyFile


class KeyProvider(Protocol):
    """Computes under keys that never leave it."""

    def mac(self, purpose: str, data: bytes) -> bytes:
        """Give the HMAC-SM3, 32 bytes, of some data under the key that the provider keeps for a purpose."""
        ...


class FileKeys:
    """A provider whose keys are derived from the key file's index key, one for each purpose."""

    def __init__(self, keys: KeyFile) -> None:
        self._root = keys.index_key

    def mac(self, purpose: str, data: bytes) -> bytes:
        """Give the HMAC-SM3 of some data under a purpose's key."""
        return _hmac_sm3(_hmac_sm3(self._root, b"key provider\0" + purpose.encode()), data)


def _hmac_sm3(key: bytes, data: bytes) -> bytes:
    mac = hmac.HMAC(key, hashes.SM3())
    mac.update(data)
    return mac.finalize()
