"""The temporary card that bridges the making of a card (临时卡)."""

from dataclasses import replace
from datetime import datetime, timedelta

from services.card.domain import Card, Change
from services.card.operation import Operation
from services.card.status import CardParameters, TemporaryCardState
from services.card.temporary_card import TemporaryCard
from services.common.clock import bureau_date
from services.common.errors import PreconditionFailed


def issue_temporary(card: Card, parameters: CardParameters, now: datetime) -> Change:
    """Give out a temporary card while the card is made; one at a time."""
    if card.temporary is not None and card.temporary.state is TemporaryCardState.VALID:
        raise _state_error(card.temporary.state, f"{TemporaryCardState.RETURNED},{TemporaryCardState.EXPIRED}")
    today = bureau_date(now)
    temporary = TemporaryCard(today, today + timedelta(days=parameters.temporary_card_days))
    return card.move(Operation.ISSUE_TEMPORARY_CARD, now, temporary=temporary)


def return_temporary(card: Card, now: datetime) -> Change:
    """Take a temporary card in before its time; collecting the real one does that by itself."""
    return _ended(card, Operation.RETURN_TEMPORARY_CARD, TemporaryCardState.RETURNED, now)


def expire_temporary(card: Card, now: datetime) -> Change:
    """End a temporary card whose last day has passed."""
    return _ended(card, Operation.EXPIRE_TEMPORARY_CARD, TemporaryCardState.EXPIRED, now)


def _ended(card: Card, operation: Operation, state: TemporaryCardState, now: datetime) -> Change:
    if card.temporary is None or card.temporary.state is not TemporaryCardState.VALID:
        raise _state_error(card.temporary.state if card.temporary else "NONE", TemporaryCardState.VALID)
    return card.move(operation, now, temporary=replace(card.temporary, state=state))


def _state_error(found: str, needed: str) -> PreconditionFailed:
    return PreconditionFailed(
        "TEMPORARY_CARD_STATE", f"The temporary card is {found}.", {"found": found, "needed": needed}
    )
