"""The words of a card's life, and what differs from city to city."""

from dataclasses import dataclass
from enum import StrEnum


class CardStatus(StrEnum):
    """Status of the card application (AAZ502)."""

    SEALED = "SEALED"
    ENABLED = "ENABLED"
    FORMALLY_LOST = "FORMALLY_LOST"
    APP_LOCKED = "APP_LOCKED"
    PROVISIONALLY_LOST = "PROVISIONALLY_LOST"
    CANCELLED = "CANCELLED"


class CardProgress(StrEnum):
    """How far making and handing out have come (制卡进度)."""

    APPLIED = "APPLIED"
    MADE = "MADE"
    COLLECTED = "COLLECTED"


class LossKind(StrEnum):
    """How a loss is reported."""

    PROVISIONAL = "PROVISIONAL"
    FORMAL = "FORMAL"


class CancelReason(StrEnum):
    """Why a card was cancelled."""

    DEATH = "DEATH"
    EMIGRATION = "EMIGRATION"
    HOLDER_REQUEST = "HOLDER_REQUEST"
    REPLACED = "REPLACED"


class CardEventKind(StrEnum):
    """What happened to a card."""

    APPLIED = "APPLIED"
    MADE = "MADE"
    COLLECTED = "COLLECTED"
    ENABLED = "ENABLED"
    ISSUED = "ISSUED"
    LOSS_REPORTED = "LOSS_REPORTED"
    LOSS_CANCELLED = "LOSS_CANCELLED"
    LOSS_LAPSED = "LOSS_LAPSED"
    CANCELLED = "CANCELLED"
    TRANSFERRED = "TRANSFERRED"


class FormalLossUndo(StrEnum):
    """Whether a formal loss may be undone; the cities differ (DOMAIN 2.3, operation 10)."""

    NEVER = "NEVER"
    UNTIL_REPLACEMENT = "UNTIL_REPLACEMENT"


@dataclass(frozen=True, slots=True)
class CardParameters:
    """What differs from city to city."""

    validity_years: int | None = 10
    """Years from issue to expiry; None: without end."""
    provisional_loss_days: int = 10
    """Days after which a provisional loss lapses; Qingdao's number is not verified."""
    formal_loss_undo: FormalLossUndo = FormalLossUndo.UNTIL_REPLACEMENT
