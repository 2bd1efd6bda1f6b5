"""The PIN of the social security function (社保密码); the bank's PIN is another one, which only the bank knows.

A PIN is never stored: what is kept is its verification value, HMAC-SM3 of card and PIN under a key of the key provider.
Without that key nobody can try the million PINs against the database, and a value moved to another card fits nothing.
"""

import hmac
import re
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
class Pin:
    """The PIN of one card."""

    card: str
    verification_value: bytes = field(repr=False)
    is_initial: bool
    wrong_tries: int = 0

    def attempt(self, verification_value: bytes, tries: int) -> tuple["Pin", PinCheck]:
        """Compare, in constant time, and count: a right PIN forgives the wrong ones before it."""
        if hmac.compare_digest(self.verification_value, verification_value):
            return replace(self, wrong_tries=0), PinCheck(True, tries, self.is_initial)
        wrong = self.wrong_tries + 1
        return replace(self, wrong_tries=wrong), PinCheck(False, max(tries - wrong, 0))

    def forgiven(self) -> "Pin":
        """Forget the wrong tries (密码解锁)."""
        return replace(self, wrong_tries=0)


def is_pin(text: str) -> bool:
    """Tell whether a text has the form of a PIN: six digits."""
    return _PIN.fullmatch(text) is not None


def pin_not_set() -> PreconditionFailed:
    """Give the refusal of a check where no PIN has been set."""
    return PreconditionFailed("PIN_NOT_SET", "The card has no PIN yet; the holder sets it at a counter by ResetPin.")
