"""The check of a token without a network: with the issuer's public keys, a status list, and a clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.common.ecard_token import cose, token
from services.common.ecard_token.cbor import Malformed, Truncated
from services.common.ecard_token.keys import Forged, KeySet, UnknownKey
from services.common.ecard_token.status_list import StatusList
from services.common.ecard_token.token import Token

LEEWAY = timedelta(seconds=5)
"""How far a device's clock may be off."""


class Refusal(StrEnum):
    """Why a token is not accepted."""

    MALFORMED = "MALFORMED"
    """It is no token."""
    TRUNCATED = "TRUNCATED"
    """It ends too early: the code was read in part."""
    UNKNOWN_KEY = "UNKNOWN_KEY"
    """It names a key that the device does not have: fetch the key set."""
    FORGED = "FORGED"
    """It was not signed by the key that it names."""
    NOT_YET_VALID = "NOT_YET_VALID"
    """It begins later: one of the clocks is wrong."""
    EXPIRED = "EXPIRED"
    """Its seconds are over: show a new code."""
    STATUS_LIST_STALE = "STATUS_LIST_STALE"
    """The device has no status list for it that may still be used: fetch it."""
    REVOKED = "REVOKED"
    """The card is lost, locked or cancelled."""
    APPLICATION_CLOSED = "APPLICATION_CLOSED"
    """The one-card application that the device is for is not open on the card."""
    REPLAYED = "REPLAYED"
    """It was shown before; only the online check can tell."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a check; `token` is there as soon as its signature is good, also when it is refused."""

    refusal: Refusal | None
    token: Token | None = None

    @property
    def valid(self) -> bool:
        """Tell whether the token is accepted."""
        return self.refusal is None


class Verifier:
    """Checks tokens with what a device holds."""

    def __init__(self, keys: KeySet, lists: Iterable[StatusList], leeway: timedelta = LEEWAY) -> None:
        self._keys = keys
        self._lists = {each.uri: each for each in lists}
        self._leeway = leeway

    def verify(self, text: str, now: datetime, application_bit: int | None = None) -> Verdict:
        """Check the text of a QR code, and that a one-card application is open; whatever the text is, give a verdict.

        `application_bit` is the application's `token_bit` in the catalogue; None asks for the card alone.
        """
        verdict = read_signed(text, self._keys, now, self._leeway)
        if verdict.token is None or not verdict.valid:
            return verdict
        held = self._lists.get(verdict.token.list_uri)
        if held is None or not held.is_fresh(now):
            return Verdict(Refusal.STATUS_LIST_STALE, verdict.token)
        status = held.status(verdict.token.list_index)
        if status is None:  # the list has grown since
            return Verdict(Refusal.STATUS_LIST_STALE, verdict.token)
        if status:
            return Verdict(Refusal.REVOKED, verdict.token)
        is_open = application_bit is None or verdict.token.applications >> application_bit & 1
        return Verdict(None if is_open else Refusal.APPLICATION_CLOSED, verdict.token)


def read_signed(text: str, keys: KeySet, now: datetime, leeway: timedelta = LEEWAY) -> Verdict:
    """Check all but the card's status: form, signature, time."""
    try:
        message = cose.read(token.unpack(text))
        keys.check(message)
        if message.type:
            return Verdict(Refusal.MALFORMED)  # a status list of the same issuer is no token
        found = token.read(message.payload)
    except Truncated:
        return Verdict(Refusal.TRUNCATED)
    except Malformed:
        return Verdict(Refusal.MALFORMED)
    except UnknownKey:
        return Verdict(Refusal.UNKNOWN_KEY)
    except Forged:
        return Verdict(Refusal.FORGED)
    if now + leeway < found.issue_time:
        return Verdict(Refusal.NOT_YET_VALID, found)
    if now - leeway >= found.expire_time:
        return Verdict(Refusal.EXPIRED, found)
    return Verdict(None, found)
