"""A card takes another one's place: replacement (补领), renewal (换领), reissue (换发).

The old card is cancelled when its successor is applied for: it is lost, or handed in at the counter. Until the new one
is collected a temporary card bridges the time. Where the account stays the holder's, the application takes it over, so
that no payment stops while a card is made; a lost card's account needs a fresh check first, and another bank opens a
new one.
"""

from datetime import datetime

from services.card.calendar import Deadline
from services.card.domain import Card, CardEvent, Change
from services.card.operation import Operation
from services.card.personalising import renewal_opens
from services.card.status import (
    KEY_DATA,
    RENEWALS,
    BankFunction,
    CancelReason,
    CardEventKind,
    CardParameters,
    SuccessionReason,
)
from services.common.clock import bureau_date
from services.common.errors import InvalidInput, PreconditionFailed

Succession = tuple[Change, Change]
"""What becomes of the old card, and the application for the new one."""

_ENDS_ACCOUNT = (SuccessionReason.LOST, SuccessionReason.BANK)


def replace_card(card: Card, successor: str, now: datetime, making_due: Deadline | None = None) -> Succession:
    """Cancel a formally lost card and apply for its successor, whose id is given."""
    reason = SuccessionReason.LOST
    return _succeeded(card, Operation.REPLACE, reason, card.service_bank_code, successor, now, making_due)


def renew_card(
    card: Card,
    reason: SuccessionReason,
    successor: str,
    parameters: CardParameters,
    now: datetime,
    making_due: Deadline | None = None,
) -> Succession:
    """Take a damaged or expiring card in and apply for its successor.

    Raises PreconditionFailed before the window of an expiring card opens; from then on it stays open.
    """
    if reason not in RENEWALS:
        raise _unknown_reason("renewed", RENEWALS)
    changes = _succeeded(card, Operation.RENEW, reason, card.service_bank_code, successor, now, making_due)
    if reason is SuccessionReason.EXPIRING:
        opens, today = renewal_opens(card.expire_date, parameters), bureau_date(now)
        if opens is None or today < opens:
            raise PreconditionFailed(
                "RENEWAL_NOT_DUE",
                "The card's renewal window has not opened; a damaged card can be renewed at any time.",
                {"found": today.isoformat(), "needed": opens.isoformat() if opens else ""},
            )
    return changes


def reissue_card(
    card: Card,
    reason: SuccessionReason,
    service_bank_code: str,
    successor: str,
    now: datetime,
    making_due: Deadline | None = None,
) -> Succession:
    """Take a card in whose key data have changed and apply for its successor; an empty bank is the same one."""
    if reason not in KEY_DATA:
        raise _unknown_reason("reissued", KEY_DATA)
    bank = service_bank_code or card.service_bank_code
    if (reason is SuccessionReason.BANK) != (bank != card.service_bank_code):
        raise InvalidInput(
            "service_bank_code", "VALUE_OUT_OF_RANGE", "Give another bank when the bank is what changes, and only then."
        )
    return _succeeded(card, Operation.REISSUE, reason, bank, successor, now, making_due)


def restore_card(cancelled: Card, successor: str, *, was_payable: bool, now: datetime, making_due: Deadline) -> Change:
    """Apply for a card in the place of one that a merge has cancelled and that was nobody's second card after all.

    The holder has done nothing to lose it: an account that could be paid before can be at once.
    """
    keeps_account = was_payable and cancelled.bank_function is not BankFunction.CLOSED
    applied = Card(
        successor,
        cancelled.person,
        cancelled.issuing_division,
        cancelled.service_bank_code,
        now,
        now,
        masked_account=cancelled.masked_account if keeps_account else "",
        replaces=cancelled.card,
        succession_reason=SuccessionReason.MERGE_UNDONE,
        making_due=making_due,
    )
    return applied, CardEvent(CardEventKind.APPLIED, applied)


def _succeeded(
    card: Card,
    operation: Operation,
    reason: SuccessionReason,
    service_bank_code: str,
    successor: str,
    now: datetime,
    making_due: Deadline | None,
) -> Succession:
    old = card.cancelled(operation, CancelReason.REPLACED, now)
    has_ended = reason in _ENDS_ACCOUNT or card.bank_function is BankFunction.CLOSED
    applied = Card(
        successor,
        card.person,
        card.issuing_division,
        service_bank_code,
        now,
        now,
        masked_account="" if has_ended else card.masked_account,
        replaces=card.card,
        succession_reason=reason,
        making_due=making_due,
    )
    return old, (applied, CardEvent(CardEventKind.APPLIED, applied))


def _unknown_reason(done: str, reasons: frozenset[SuccessionReason]) -> InvalidInput:
    return InvalidInput("reason", "UNKNOWN_VALUE", f"A card is {done} for one of: {', '.join(sorted(reasons))}.")
