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
    BATCHED = "BATCHED"
    POSTED = "POSTED"


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
    DUPLICATE = "DUPLICATE"


class BankFunction(StrEnum):
    """Status of the bank function, which the bank keeps and tells (人社部发〔2011〕83号)."""

    NOT_ACTIVATED = "NOT_ACTIVATED"
    ACTIVE = "ACTIVE"
    LOST = "LOST"
    CLOSED = "CLOSED"


class TemporaryCardState(StrEnum):
    """What has become of the temporary card of an application (临时卡)."""

    VALID = "VALID"
    RETURNED = "RETURNED"
    EXPIRED = "EXPIRED"


class SuccessionReason(StrEnum):
    """Why a card takes another one's place."""

    LOST = "LOST"
    DAMAGED = "DAMAGED"
    EXPIRING = "EXPIRING"
    NAME = "NAME"
    NUMBER = "NUMBER"
    PHOTO = "PHOTO"
    BANK = "BANK"
    MERGE_UNDONE = "MERGE_UNDONE"
    """It was cancelled as the second card of somebody who is another person after all."""


RENEWALS = frozenset({SuccessionReason.DAMAGED, SuccessionReason.EXPIRING})
"""Reasons of a renewal (换领)."""
KEY_DATA = frozenset({SuccessionReason.NAME, SuccessionReason.NUMBER, SuccessionReason.PHOTO, SuccessionReason.BANK})
"""Data that stand on the card or in its chip: when one changes, a new card is needed (换发)."""


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
    IMPORTED = "IMPORTED"
    LOCKED = "LOCKED"
    UNLOCKED = "UNLOCKED"
    CONTACT_CHANGED = "CONTACT_CHANGED"
    BANK_FUNCTION_CHANGED = "BANK_FUNCTION_CHANGED"
    TEMPORARY_ISSUED = "TEMPORARY_ISSUED"
    TEMPORARY_ENDED = "TEMPORARY_ENDED"
    MAKING_OVERDUE = "MAKING_OVERDUE"
    RENEWAL_DUE = "RENEWAL_DUE"
    BATCHED = "BATCHED"
    MAKING_FAILED = "MAKING_FAILED"
    DELIVERY_REQUESTED = "DELIVERY_REQUESTED"
    POSTED = "POSTED"
    POST_RETURNED = "POST_RETURNED"


class FormalLossUndo(StrEnum):
    """Whether a formal loss may be undone; the cities differ."""

    NEVER = "NEVER"
    UNTIL_REPLACEMENT = "UNTIL_REPLACEMENT"


@dataclass(frozen=True, slots=True)
class CardParameters:
    """What differs from city to city and from year to year; parameters.yaml has each value with its source."""

    validity_years: int | None
    """Years from issue to expiry; None: without end."""
    provisional_loss_days: int
    """Days after which a provisional loss lapses."""
    formal_loss_undo: FormalLossUndo
    """Until when a formal loss may be undone."""
    renewal_window_days: int
    """Days before expiry from which a renewal may be asked for."""
    pin_tries: int
    """Wrong PINs in a row that lock the application."""
    temporary_card_days: int
    """Days for which a temporary card is valid."""
    making_working_days: int
    """Working days from the application to the made card."""
    long_making_working_days: int
    """The same for children without an identity card and for batches."""
    guardian_age_years: int
    """Age from which the holder acts alone."""
    token_seconds: int
    """Seconds for which a code of an electronic card is good."""
    ecard_password_tries: int
    """Wrong passwords in a row that lock the password of an electronic card."""
    most_relatives: int
    """Relatives whose electronic cards one delegate may show."""
    helped_child_age_years: int
    """Below this age one is helped by a delegate as a child."""
    helped_old_age_years: int
    """From this age on one is helped by a delegate as an old person."""
