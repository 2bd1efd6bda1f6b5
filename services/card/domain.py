"""The life of a social security card (人社部发〔2011〕47号; 人社厅发〔2014〕20号).

A card lives from its application to its cancellation; while it lives, in whatever status, its holder has no other. A
formally lost card lives too: its report may be undone, and then there would be two. Which operation is allowed from
where is in transitions.py; here is what each of them does beside.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from services.card.calendar import Deadline
from services.card.operation import Operation
from services.card.personalising import Making, personalised
from services.card.status import (
    BankFunction,
    CancelReason,
    CardEventKind,
    CardParameters,
    CardProgress,
    CardStatus,
    FormalLossUndo,
    LossKind,
    SuccessionReason,
)
from services.card.temporary_card import TemporaryCard, handed_in
from services.card.transitions import CANCELLATIONS, RULES
from services.common.errors import Conflict, InvalidInput, PreconditionFailed


@dataclass(frozen=True, slots=True)
class Card:
    """One card; each change gives the changed card, one version higher, and the one event that tells of it."""

    card: str
    person: str
    issuing_division: str
    service_bank_code: str
    create_time: datetime
    update_time: datetime
    progress: CardProgress = CardProgress.APPLIED
    status: CardStatus | None = None
    """None until the card has been made."""
    former_status: CardStatus | None = None
    """The status before a loss was reported; None while none is."""
    card_no: str = ""
    identification_code: str = ""
    masked_account: str = ""
    issue_date: date | None = None
    expire_date: date | None = None
    loss_lapse_time: datetime | None = None
    replaces: str = ""
    """Id of the card that this one replaces; empty for a first card."""
    succession_reason: SuccessionReason | None = None
    """Why it takes that one's place; None for a first card."""
    cancel_reason: CancelReason | None = None
    bank_function: BankFunction = BankFunction.NOT_ACTIVATED
    making_due: Deadline | None = None
    """Last day for making it; None where nobody waits: an issued card."""
    is_making_overdue: bool = False
    """Whether it has been told that this day has passed."""
    renewal_notice_date: date | None = None
    """Day on which the renewal window opens and that is told; None once it has been, or without an expiry."""
    temporary: TemporaryCard | None = None
    version: int = 1

    def make(self, making: Making, parameters: CardParameters, now: datetime) -> "Change":
        """Personalise an applied card (制卡): it is sealed."""
        return self.move(Operation.MAKE, now, **personalised(making, parameters))

    def batch(self, card_no: str, identification_code: str, now: datetime) -> "Change":
        """Take an applied card into a making batch, with the numbers that it gets; nobody else can make it then."""
        numbers = {"card_no": card_no, "identification_code": identification_code}
        return self.move(Operation.BATCH, now, **numbers)

    def return_made(self, making: Making, parameters: CardParameters, now: datetime) -> "Change":
        """Take a card back from its batch, personalised: it is sealed."""
        return self.move(Operation.RETURN_MADE, now, **personalised(making, parameters))

    def return_failed(self, now: datetime) -> "Change":
        """Take a card back that could not be made: it waits for another batch, and for other numbers."""
        return self.move(Operation.RETURN_FAILED, now, card_no="", identification_code="")

    def collect(self, now: datetime) -> "Change":
        """Hand a made card out (领卡); a temporary card is handed in for it."""
        return self.move(Operation.COLLECT, now, temporary=handed_in(self.temporary))

    def deliver(self, now: datetime) -> "Change":
        """Note that a posted card is in its receiver's hands (送达); a temporary card ends as when it is collected."""
        return self.move(Operation.DELIVER, now, temporary=handed_in(self.temporary))

    def enable(self, now: datetime) -> "Change":
        """Enable the social security function of a collected card (启用)."""
        return self.move(Operation.ENABLE, now)

    def report_loss(self, kind: LossKind, parameters: CardParameters, now: datetime) -> "Change":
        """Report the card lost; a repeated report of the same kind changes nothing.

        A formal loss takes the bank function too, which only the bank gives back.
        """
        formal = kind is LossKind.FORMAL
        if self.status is (CardStatus.FORMALLY_LOST if formal else CardStatus.PROVISIONALLY_LOST):
            return self, None
        if not formal:
            lapse = now + timedelta(days=parameters.provisional_loss_days)
            return self.move(Operation.REPORT_PROVISIONAL_LOSS, now, loss_lapse_time=lapse)
        bank = BankFunction.LOST if self.bank_function is BankFunction.ACTIVE else self.bank_function
        return self.move(Operation.REPORT_FORMAL_LOSS, now, loss_lapse_time=None, bank_function=bank)

    def cancel_loss(self, parameters: CardParameters, now: datetime) -> "Change":
        """Cancel a loss report (解挂): the card returns to the status it had before."""
        found = self.move(Operation.CANCEL_LOSS, now, loss_lapse_time=None)
        if self.status is CardStatus.FORMALLY_LOST and parameters.formal_loss_undo is FormalLossUndo.NEVER:
            raise PreconditionFailed(
                "FORMAL_LOSS_FINAL",
                "A formal loss cannot be undone; replace the card.",
                {"found": self.status, "needed": CardStatus.PROVISIONALLY_LOST},
            )
        return found

    def is_lapse_due(self, now: datetime) -> bool:
        """Tell whether the days of a provisional loss have run out."""
        return self.loss_lapse_time is not None and self.loss_lapse_time <= now

    def lapse_loss(self, now: datetime) -> "Change":
        """End a provisional loss whose days have run out; before that nothing changes."""
        return self.move(Operation.LAPSE_LOSS, now, loss_lapse_time=None) if self.is_lapse_due(now) else (self, None)

    def change_contact(self, now: datetime) -> "Change":
        """Tell that the holder's contact data changed; the data themselves are sealed elsewhere."""
        return self.move(Operation.CHANGE_CONTACT, now)

    def lock(self, now: datetime) -> "Change":
        """Lock the application after too many wrong PINs (应用锁定)."""
        return self.move(Operation.LOCK, now)

    def unlock(self, operation: Operation, now: datetime) -> "Change":
        """Unlock the application, by UNLOCK_PIN or RESET_PIN; a reset of a card that is not locked changes nothing."""
        unlocked = self.move(operation, now)
        return (self, None) if self.status is CardStatus.ENABLED else unlocked

    def change_bank_function(self, operation: Operation, now: datetime) -> "Change":
        """Follow what the bank tells of its function: activated, lost, found, closed."""
        if self.bank_function is RULES[operation].bank_to:
            return self, None
        return self.move(operation, now)

    def tell_making_overdue(self, now: datetime) -> "Change":
        """Tell that the day for making it has passed."""
        return self.move(Operation.TELL_MAKING_OVERDUE, now, is_making_overdue=True)

    def tell_renewal_due(self, now: datetime) -> "Change":
        """Tell that the renewal window has opened."""
        return self.move(Operation.TELL_RENEWAL_DUE, now, renewal_notice_date=None)

    def cancel(self, reason: CancelReason, now: datetime) -> "Change":
        """Cancel the card for good (注销), whatever its status."""
        if reason not in CANCELLATIONS:
            raise InvalidInput("reason", "UNKNOWN_VALUE", "A card is cancelled as REPLACED by replacing it.")
        return self.cancelled(CANCELLATIONS[reason], reason, now)

    @property
    def searched(self) -> Mapping[str, str]:
        """Give what lists and watches filter by."""
        return {
            "person": self.person,
            "status": self.status or "",
            "progress": self.progress,
            "issuing_division": self.issuing_division,
            "issue_date": self.issue_date.isoformat() if self.issue_date else "",
        }

    def is_valid_on(self, day: date) -> bool:
        """Tell whether the card is good for use: enabled and within its validity."""
        begun = self.issue_date is not None and self.issue_date <= day
        return self.status is CardStatus.ENABLED and begun and (self.expire_date is None or day <= self.expire_date)

    @property
    def is_payable(self) -> bool:
        """Tell whether its account may be paid: there is one still, and the card is not formally lost or cancelled."""
        is_open = bool(self.masked_account) and self.bank_function is not BankFunction.CLOSED
        return is_open and self.status not in (CardStatus.FORMALLY_LOST, CardStatus.CANCELLED)

    def transfer(self, person: str, now: datetime) -> "Change":
        """Give the card to the other record of its holder, when two records become one or are parted again."""
        return self.move(Operation.TRANSFER, now, person=person)

    def cancelled(self, operation: Operation, reason: CancelReason, now: datetime) -> "Change":
        """Cancel the card by one of the operations that do; whatever was running for it ends."""
        return self.move(
            operation,
            now,
            loss_lapse_time=None,
            cancel_reason=reason,
            renewal_notice_date=None,
            temporary=handed_in(self.temporary),
        )

    def check(self, operation: Operation) -> None:
        """Raise PreconditionFailed unless the card's state allows an operation."""
        RULES[operation].check(self.status, self.progress, self.bank_function)

    def move(self, operation: Operation, now: datetime, **fields: object) -> "Change":
        """Carry an operation out as the table says, with these fields changed beside; raise PreconditionFailed."""
        rule = RULES[operation]
        self.check(operation)
        status, former = rule.after(self.status, self.former_status)
        moved = {
            "status": status,
            "former_status": former,
            "progress": rule.progress_to or self.progress,
            "bank_function": rule.bank_to or self.bank_function,
            "version": self.version + 1,
            "update_time": now,
        }
        changed = replace(self, **(moved | fields))  # type: ignore[arg-type]  # by name
        return changed, CardEvent(rule.event, changed) if rule.event is not None else None


@dataclass(frozen=True, slots=True)
class CardEvent:
    """Something happened to a card, which is now as it says."""

    kind: CardEventKind
    card: Card


Change = tuple[Card, CardEvent | None]
"""A card after an operation, and what happened; None when the operation found everything done already."""


def check_version(card: Card, version: int | None) -> None:
    """Raise Conflict when the caller has read another version; None fits every version."""
    if version is not None and version != card.version:
        raise Conflict("ETAG_MISMATCH", "The card was changed since it was read; read it again.")
