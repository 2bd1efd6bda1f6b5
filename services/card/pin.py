"""The PIN of the social security function (社保密码), and the password of an electronic card (电子社保卡密码).

They are two, and the bank's PIN is a third one, which only the bank knows. None is ever stored: what is kept is a
verification value, HMAC-SM3 of card and digits under a key of the key provider. Without that key nobody can try the
million digits against the database, and a value moved to another card fits nothing.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from services.common.errors import PreconditionFailed

_PIN = re.compile(r"[0-9]{6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PinCheck:
    """What became of one try."""

    verified: bool
    tries_left: int
    """Wrong tries that remain before the lock."""
    change_required: bool = False
    """Whether the PIN is the one that was set at the counter, which its holder must change (初始密码)."""

    @property
    def locks(self) -> bool:
        """Tell whether this try was the last one."""
        return not self.verified and self.tries_left == 0


@dataclass(frozen=True, slots=True)
class Tried:
    """Six digits as each key of the provider sees them, never the digits."""

    values: Mapping[str, bytes] = field(repr=False)
    """Verification values by the id of their key."""
    current: str
    """Id of the key that new values are made under."""

    @property
    def value(self) -> bytes:
        """Give the value under the current key."""
        return self.values[self.current]


@dataclass(frozen=True, slots=True)
class Pin:
    """The PIN of one card, or the password of one electronic card."""

    owner: str
    """Id of the card or electronic card."""
    verification_value: bytes = field(repr=False)
    key_id: str
    """The key that the value was made under."""
    is_initial: bool
    wrong_tries: int = 0
    proof: str = ""
    """How the holder proved who they are, for a password; who sets PINs is in the record of operations."""

    def attempt(self, tried: Tried, tries: int) -> tuple["Pin", PinCheck]:
        """Compare, in constant time, and count: a right PIN forgives the wrong ones, and moves to the current key.

        Raises PreconditionFailed when the key that the PIN was set under is gone.
        """
        under_its_key = tried.values.get(self.key_id)
        if under_its_key is None:
            raise pin_not_set()
        if hmac.compare_digest(self.verification_value, under_its_key):
            right = replace(self, verification_value=tried.value, key_id=tried.current, wrong_tries=0)
            return right, PinCheck(True, tries, self.is_initial)
        wrong = self.wrong_tries + 1
        return replace(self, wrong_tries=wrong), PinCheck(False, max(tries - wrong, 0))

    def forgiven(self) -> "Pin":
        """Forget the wrong tries (密码解锁)."""
        return replace(self, wrong_tries=0)


def set_pin(owner: str, tried: Tried, *, is_initial: bool) -> Pin:
    """Give a PIN that was set or changed just now."""
    return Pin(owner, tried.value, tried.current, is_initial)


def is_pin(text: str) -> bool:
    """Tell whether a text has the form of a PIN: six digits."""
    return _PIN.fullmatch(text) is not None


def pin_not_set() -> PreconditionFailed:
    """Give the refusal of a check where no PIN has been set."""
    return PreconditionFailed("PIN_NOT_SET", "The card has no PIN yet; the holder sets it at a counter by ResetPin.")


def password_not_set() -> PreconditionFailed:
    """Give the refusal of a check where no password has been set."""
    return PreconditionFailed(
        "PASSWORD_NOT_SET", "The electronic card has no password yet; its holder sets one by SetECardPassword."
    )


def password_locked() -> PreconditionFailed:
    """Give the refusal of a check after too many wrong ones."""
    return PreconditionFailed(
        "PASSWORD_LOCKED", "Too many wrong passwords in a row; the holder sets another one by SetECardPassword."
    )
