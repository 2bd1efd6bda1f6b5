"""What is done to a card, and the form of the rule that says from where each operation is allowed (transitions.py)."""

from dataclasses import dataclass
from enum import StrEnum

from services.card.status import BankFunction, CardEventKind, CardProgress, CardStatus
from services.common.errors import PreconditionFailed


class Operation(StrEnum):
    """Something that is done to a card."""

    APPLY = "APPLY"
    ISSUE = "ISSUE"
    MAKE = "MAKE"
    BATCH = "BATCH"
    RETURN_MADE = "RETURN_MADE"
    RETURN_FAILED = "RETURN_FAILED"
    REQUEST_DELIVERY = "REQUEST_DELIVERY"
    POST = "POST"
    DELIVER = "DELIVER"
    RETURN_POST = "RETURN_POST"
    COLLECT = "COLLECT"
    ENABLE = "ENABLE"
    REPORT_PROVISIONAL_LOSS = "REPORT_PROVISIONAL_LOSS"
    REPORT_FORMAL_LOSS = "REPORT_FORMAL_LOSS"
    CANCEL_LOSS = "CANCEL_LOSS"
    LAPSE_LOSS = "LAPSE_LOSS"
    REPLACE = "REPLACE"
    RENEW = "RENEW"
    REISSUE = "REISSUE"
    CHANGE_CONTACT = "CHANGE_CONTACT"
    VERIFY_PIN = "VERIFY_PIN"
    CHANGE_PIN = "CHANGE_PIN"
    LOCK = "LOCK"
    UNLOCK_PIN = "UNLOCK_PIN"
    RESET_PIN = "RESET_PIN"
    ACTIVATE_BANK = "ACTIVATE_BANK"
    REPORT_BANK_LOSS = "REPORT_BANK_LOSS"
    CANCEL_BANK_LOSS = "CANCEL_BANK_LOSS"
    CLOSE_BANK = "CLOSE_BANK"
    ISSUE_TEMPORARY_CARD = "ISSUE_TEMPORARY_CARD"
    RETURN_TEMPORARY_CARD = "RETURN_TEMPORARY_CARD"
    EXPIRE_TEMPORARY_CARD = "EXPIRE_TEMPORARY_CARD"
    TELL_MAKING_OVERDUE = "TELL_MAKING_OVERDUE"
    TELL_RENEWAL_DUE = "TELL_RENEWAL_DUE"
    TRANSFER = "TRANSFER"
    CANCEL = "CANCEL"
    CANCEL_AFTER_DEATH = "CANCEL_AFTER_DEATH"
    CANCEL_AFTER_EMIGRATION = "CANCEL_AFTER_EMIGRATION"
    CANCEL_DUPLICATE = "CANCEL_DUPLICATE"


class OtherOperation(StrEnum):
    """Something that is done to a person, or to many cards at once, or beside a card: no rule says from where."""

    IMPORT = "IMPORT"
    REGISTER_PERSON = "REGISTER_PERSON"
    CHANGE_NAME = "CHANGE_NAME"
    CHANGE_IDENTITY_NUMBER = "CHANGE_IDENTITY_NUMBER"
    PROPOSE_MERGE = "PROPOSE_MERGE"
    APPROVE_MERGE = "APPROVE_MERGE"
    REJECT_MERGE = "REJECT_MERGE"
    PROPOSE_MERGE_UNDO = "PROPOSE_MERGE_UNDO"
    UNDO_MERGE = "UNDO_MERGE"
    OPEN_APPLICATION = "OPEN_APPLICATION"
    CLOSE_APPLICATION = "CLOSE_APPLICATION"
    ISSUE_ECARD = "ISSUE_ECARD"
    UPGRADE_ECARD = "UPGRADE_ECARD"
    AUTHORIZE_ECARD = "AUTHORIZE_ECARD"
    SET_ECARD_PASSWORD = "SET_ECARD_PASSWORD"  # noqa: S105  no password
    CHANGE_ECARD_PASSWORD = "CHANGE_ECARD_PASSWORD"  # noqa: S105  no password
    ADD_DELEGATE = "ADD_DELEGATE"
    REMOVE_DELEGATE = "REMOVE_DELEGATE"


AnyOperation = Operation | OtherOperation


class Target(StrEnum):
    """Where an operation leads that leads to no status of its own."""

    SAME = "SAME"
    """The status does not change."""
    FORMER = "FORMER"
    """Back to the status before the loss was reported."""


LOST = (CardStatus.PROVISIONALLY_LOST, CardStatus.FORMALLY_LOST)


@dataclass(frozen=True, slots=True)
class Rule:
    """From where an operation is allowed and where it leads."""

    title: str
    """As the bureau calls it."""
    done: str
    """What cannot be done to a card that is in another state, for the refusal: "A card that is X cannot be ..."."""
    statuses: tuple[CardStatus | None, ...]
    """Statuses from which it is allowed; None: before the card has been made."""
    to: CardStatus | Target | None
    """None: as before it was made."""
    event: CardEventKind | None
    """What it tells the other systems; None when the card does not change. Every change is told, as who follows the
    events of a card waits for a version that is missing."""
    source: str
    progress: tuple[CardProgress, ...] = ()
    """How far making must have come; empty: no matter."""
    progress_to: CardProgress | None = None
    """How far it has come then; None: no further."""
    bank: tuple[BankFunction, ...] = ()
    """What the bank function must be; empty: no matter."""
    bank_to: BankFunction | None = None
    """What the bank function is then; None: unchanged."""
    successor: bool = False
    """Whether a new card is applied for in its place."""
    parameters: tuple[str, ...] = ()
    """Parameters that give its days and tries."""

    def check(self, status: CardStatus | None, progress: CardProgress, bank: BankFunction) -> None:
        """Raise PreconditionFailed with what was found and what is needed unless the operation is allowed."""
        if self.progress and (status is CardStatus.CANCELLED or progress not in self.progress):
            found = CardStatus.CANCELLED if status is CardStatus.CANCELLED else progress
            raise state_error(found, ",".join(self.progress), self.done)
        if status not in self.statuses:
            needed = ",".join(needed for needed in self.statuses if needed is not None) or ",".join(self.progress)
            raise state_error(status or progress, needed, self.done)
        if self.bank and bank not in self.bank:
            raise PreconditionFailed(
                "BANK_FUNCTION_STATE",
                f"A card whose bank function is {bank} cannot be {self.done}.",
                {"found": bank, "needed": ",".join(self.bank)},
            )

    def after(
        self, status: CardStatus | None, former: CardStatus | None
    ) -> tuple[CardStatus | None, CardStatus | None]:
        """Give the status after the operation, and the one to which a card reported lost would return."""
        if self.to is Target.SAME:
            return status, former
        if self.to is Target.FORMER:
            return former, None
        to = CardStatus(self.to) if self.to is not None else None
        return to, (former or status) if to in LOST else None


def state_error(found: str, needed: str, done: str) -> PreconditionFailed:
    """Give the refusal of an operation by the card's state."""
    return PreconditionFailed(
        "CARD_STATE", f"A card that is {found} cannot be {done}.", {"found": found, "needed": needed}
    )
