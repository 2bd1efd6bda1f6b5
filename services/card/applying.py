"""How a card comes to be: applied for, or issued in one step; and who is refused one."""

from datetime import datetime

from services.card.calendar import Deadline
from services.card.domain import Card, CardEvent, Change
from services.card.personalising import Making, personalised
from services.card.status import CancelReason, CardEventKind, CardParameters, CardProgress, CardStatus
from services.common.errors import PreconditionFailed


def apply_card(
    card: str,
    person: str,
    issuing_division: str,
    service_bank_code: str,
    now: datetime,
    making_due: Deadline | None = None,
) -> Change:
    """Apply for a card (申领)."""
    applied = Card(card, person, issuing_division, service_bank_code, now, now, making_due=making_due)
    return applied, CardEvent(CardEventKind.APPLIED, applied)


def issue_card(
    card: str,
    person: str,
    issuing_division: str,
    service_bank_code: str,
    making: Making,
    parameters: CardParameters,
    now: datetime,
) -> Change:
    """Apply for a card, make, collect and enable it in one step (即时制卡)."""
    issued = Card(
        card,
        person,
        issuing_division,
        service_bank_code,
        now,
        now,
        CardProgress.COLLECTED,
        CardStatus.ENABLED,
        **personalised(making, parameters),  # type: ignore[arg-type]  # by name
    )
    return issued, CardEvent(CardEventKind.ISSUED, issued)


def live_card_error(card: Card) -> PreconditionFailed:
    """Give the refusal of a second card."""
    return PreconditionFailed(
        "LIVE_CARD_EXISTS",
        f"The person has a card that is {card.status or card.progress}: one live card a person.",
        {"resource": f"cards/{card.card}"},
    )


def deceased_error() -> PreconditionFailed:
    """Give the refusal of a card for somebody whose last one was cancelled for death."""
    return PreconditionFailed(
        "HOLDER_DECEASED",
        "The person's last card was cancelled for death; a report by mistake is put right by the proof ALIVE, which no "
        "agent, employer or school can show.",
        {"found": CancelReason.DEATH, "needed": "ALIVE"},
    )
