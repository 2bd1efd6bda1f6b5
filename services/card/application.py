"""One-card applications (居民服务一卡通), and the card's proof that its chip is the right one."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from services.card.domain import Card
from services.card.status import BankFunction, CardStatus
from services.common.errors import Conflict, InvalidInput, PreconditionFailed

BLOCK_BYTES = 16
"""Of a key, a challenge, a cryptogram."""
_FACTOR_BYTES = 8


class ApplicationDomain(StrEnum):
    """What kind of use."""

    TRANSPORT = "TRANSPORT"
    CULTURE = "CULTURE"
    TOURISM = "TOURISM"
    SPORT = "SPORT"
    SUBSIDY = "SUBSIDY"
    HEALTH = "HEALTH"


class ApplicationNeed(StrEnum):
    """What an application needs of a card."""

    IDENTITY_ONLY = "IDENTITY_ONLY"
    CARD_APP = "CARD_APP"
    BANK = "BANK"


@dataclass(frozen=True, slots=True)
class OneCardApplication:
    """An application of the catalogue."""

    code: str
    domain: ApplicationDomain
    owner: str
    need: ApplicationNeed
    enabled_from: date
    enabled_to: date | None = None
    token_bit: int | None = None
    """Bit of the codes of electronic cards that says that it is open; None: codes do not say it."""
    version: int = 1

    @property
    def is_told_by_codes(self) -> bool:
        """Tell whether a code may show that it is open; what needs the chip is never opened by a code."""
        return self.need is not ApplicationNeed.CARD_APP

    def changed(self, wanted: "OneCardApplication", token_bit: int | None) -> "OneCardApplication":
        """Give it as it is wanted, one version higher; its bit stays its own, as devices know it by that."""
        return replace(wanted, code=self.code, token_bit=token_bit, version=self.version + 1)

    def ended(self, last_day: date) -> "OneCardApplication":
        """Offer it until a day and not longer; raise when it begins only after that, or had ended before."""
        if last_day < self.enabled_from:
            raise InvalidInput("last_day", "VALUE_OUT_OF_RANGE", "last_day must not lie before enabled_from.")
        if self.enabled_to is not None and self.enabled_to < last_day:
            raise PreconditionFailed(
                "APPLICATION_NOT_OFFERED", "The application ends earlier; change its days by ChangeApplication."
            )
        return replace(self, enabled_to=last_day, version=self.version + 1)

    def check_version(self, version: int | None) -> None:
        """Raise Conflict when the caller has read another version; None fits every version."""
        if version is not None and version != self.version:
            raise Conflict("ETAG_MISMATCH", "The application was changed since it was read; read it again.")

    def is_offered_on(self, day: date) -> bool:
        """Tell whether it is offered on a day."""
        return self.enabled_from <= day and (self.enabled_to is None or day <= self.enabled_to)

    def has_what_it_needs(self, card: Card) -> bool:
        """Tell whether a card has what the application needs beside being good."""
        return self.need is not ApplicationNeed.BANK or card.bank_function is BankFunction.ACTIVE

    def is_usable_with(self, card: Card, today: date) -> bool:
        """Tell whether it may be used today with a card on which it is open."""
        return card.is_valid_on(today) and self.is_offered_on(today) and self.has_what_it_needs(card)

    def check_openable(self, card: Card, today: date) -> None:
        """Raise PreconditionFailed unless it can be opened on a card today."""
        if not card.is_valid_on(today):
            found = "EXPIRED" if card.status is CardStatus.ENABLED else str(card.status or card.progress)
            raise PreconditionFailed(
                "CARD_STATE",
                "An application is opened on a card that is enabled and within its validity.",
                {"found": found, "needed": CardStatus.ENABLED},
            )
        if not self.is_offered_on(today):
            raise PreconditionFailed("APPLICATION_NOT_OFFERED", "The application is not offered today.")
        if not self.has_what_it_needs(card):
            raise PreconditionFailed(
                "BANK_FUNCTION_STATE",
                "The application needs an activated bank account.",
                {"found": card.bank_function, "needed": BankFunction.ACTIVE},
            )


MOST_OPEN = 1_000
"""Applications open on one card that are looked at: far more than any catalogue has."""

TOKEN_BITS = 62
"""Applications that codes can tell of; a bit is never given to another one."""


def token_bits(opened: Iterable[OneCardApplication], card: Card, today: date) -> int:
    """Give the bits of the applications, of those open on a card, that may be used today by a code."""
    bits = 0
    for application in opened:
        bit = application.token_bit
        if bit is not None and application.is_told_by_codes and application.is_usable_with(card, today):
            bits |= 1 << bit
    return bits


def diversify_key(key: bytes, factor: bytes) -> bytes:
    """Derive a key by SM4 over a factor of 8 bytes and its complement (as PBOC 3.0 does)."""
    return _sm4(key, factor + bytes(0xFF ^ byte for byte in factor))


def card_key(master_key: bytes, identification_code: str) -> bytes:
    """Derive a card's key in two levels: from division and provider, then from what is the card's own.

    A simulation: which bytes LD/T 32.4 takes is not published.
    """
    code = bytes.fromhex(identification_code)
    return diversify_key(diversify_key(master_key, code[:_FACTOR_BYTES]), code[_FACTOR_BYTES:])


def is_authentic(master_key: bytes, identification_code: str, challenge: bytes, cryptogram: bytes) -> bool:
    """Tell whether a cryptogram is the card's answer to a challenge (internal authentication)."""
    expected = _sm4(card_key(master_key, identification_code), challenge)
    return hmac.compare_digest(expected, cryptogram)


def _sm4(key: bytes, block: bytes) -> bytes:
    encryptor = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()  # noqa: S305  one block, as the card does
    return encryptor.update(block) + encryptor.finalize()
