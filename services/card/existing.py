"""Cards that another system has made and that are taken over as they stand there."""

from dataclasses import dataclass, field
from datetime import date, datetime

from services.card.domain import Card, CardEvent, Change
from services.card.personalising import renewal_opens
from services.card.status import CancelReason, CardEventKind, CardParameters, CardProgress, CardStatus
from services.common.errors import InvalidInput
from services.common.masking import mask_account

_LOST = frozenset((CardStatus.PROVISIONALLY_LOST, CardStatus.FORMALLY_LOST))


@dataclass(frozen=True, slots=True)
class ExistingCard:
    """A card of another register; raises InvalidInput naming the field that does not go with the others."""

    person: str
    card_no: str
    identification_code: str
    issuing_division: str
    service_bank_code: str
    account: str = field(repr=False)
    """Empty when the bank has none."""
    issue_date: date
    expire_date: date | None
    status: CardStatus
    is_collected: bool
    loss_lapse_time: datetime | None
    cancel_reason: CancelReason | None

    def __post_init__(self) -> None:
        if self.expire_date is not None and self.expire_date < self.issue_date:
            raise InvalidInput("expire_date", "VALUE_OUT_OF_RANGE", "expire_date must not lie before issue_date.")
        _only_with(self.loss_lapse_time, "loss_lapse_time", self.status, CardStatus.PROVISIONALLY_LOST)
        _only_with(self.cancel_reason, "cancel_reason", self.status, CardStatus.CANCELLED)

    @property
    def is_live(self) -> bool:
        """Tell whether it takes the one place for a live card that its holder has."""
        return self.status is not CardStatus.CANCELLED


def take_over(existing: ExistingCard, card: str, person: str, parameters: CardParameters, now: datetime) -> Change:
    """Take a card over under a name of ours, for the holder as the vault knows the person."""
    is_collected = existing.is_collected or existing.status is not CardStatus.SEALED
    taken = Card(
        card=card,
        person=person,
        issuing_division=existing.issuing_division,
        service_bank_code=existing.service_bank_code,
        create_time=now,
        update_time=now,
        progress=CardProgress.COLLECTED if is_collected else CardProgress.MADE,
        status=existing.status,
        former_status=CardStatus.ENABLED if existing.status in _LOST else None,
        card_no=existing.card_no,
        identification_code=existing.identification_code,
        masked_account=mask_account(existing.account),
        issue_date=existing.issue_date,
        expire_date=existing.expire_date,
        loss_lapse_time=existing.loss_lapse_time,
        cancel_reason=existing.cancel_reason,
        renewal_notice_date=renewal_opens(existing.expire_date, parameters) if existing.is_live else None,
    )
    return taken, CardEvent(CardEventKind.IMPORTED, taken)


def _only_with(value: object, name: str, status: CardStatus, needing: CardStatus) -> None:
    if (value is not None) != (status is needing):
        reason = "FIELD_REQUIRED" if value is None else "UNKNOWN_VALUE"
        raise InvalidInput(name, reason, f"{name} goes with the status {needing}, and only with it.")
