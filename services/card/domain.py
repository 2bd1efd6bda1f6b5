"""The life of a social security card (DOMAIN 2.2, 2.3; 人社部发〔2011〕47号; 人社厅发〔2014〕20号).

A card lives from its application to its cancellation; while it lives, in whatever status, its holder has no other. A
formally lost card lives too: its report may be undone, and then there would be two.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from services.card.status import (
    CancelReason,
    CardEventKind,
    CardParameters,
    CardProgress,
    CardStatus,
    FormalLossUndo,
    LossKind,
)
from services.common.errors import Conflict, InvalidInput, PreconditionFailed
from services.common.months import add_months


@dataclass(frozen=True, slots=True)
class Making:
    """What personalising gives a card."""

    card_no: str
    identification_code: str
    masked_account: str
    issue_date: date


_LOSABLE = (CardStatus.SEALED, CardStatus.ENABLED, CardStatus.APP_LOCKED)


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
    cancel_reason: CancelReason | None = None
    version: int = 1

    def make(self, making: Making, parameters: CardParameters, now: datetime) -> "Change":
        """Personalise an applied card (制卡): it is sealed."""
        self._needs_progress(CardProgress.APPLIED, "made")
        made = self._changed(now, **_made(making, parameters), progress=CardProgress.MADE, status=CardStatus.SEALED)
        return made, CardEvent(CardEventKind.MADE, made)

    def collect(self, now: datetime) -> "Change":
        """Hand a made card out (领卡)."""
        self._needs_progress(CardProgress.MADE, "collected")
        self._needs((CardStatus.SEALED,), "collected")
        collected = self._changed(now, progress=CardProgress.COLLECTED)
        return collected, CardEvent(CardEventKind.COLLECTED, collected)

    def enable(self, now: datetime) -> "Change":
        """Enable the social security function of a collected card (启用)."""
        self._needs_progress(CardProgress.COLLECTED, "enabled")
        self._needs((CardStatus.SEALED,), "enabled")
        enabled = self._changed(now, status=CardStatus.ENABLED)
        return enabled, CardEvent(CardEventKind.ENABLED, enabled)

    def report_loss(self, kind: LossKind, parameters: CardParameters, now: datetime) -> "Change":
        """Report the card lost; a repeated report of the same kind changes nothing."""
        target = CardStatus.FORMALLY_LOST if kind is LossKind.FORMAL else CardStatus.PROVISIONALLY_LOST
        if self.status is target:
            return self, None
        from_loss = (CardStatus.PROVISIONALLY_LOST,) if kind is LossKind.FORMAL else ()
        self._needs(_LOSABLE + from_loss, "reported lost")
        lapse = now + timedelta(days=parameters.provisional_loss_days) if kind is LossKind.PROVISIONAL else None
        former = self.former_status or self.status
        lost = self._changed(now, status=target, former_status=former, loss_lapse_time=lapse)
        return lost, CardEvent(CardEventKind.LOSS_REPORTED, lost)

    def cancel_loss(self, parameters: CardParameters, now: datetime) -> "Change":
        """Cancel a loss report (解挂): the card returns to the status it had before."""
        self._needs((CardStatus.PROVISIONALLY_LOST, CardStatus.FORMALLY_LOST), "found again")
        if self.status is CardStatus.FORMALLY_LOST and parameters.formal_loss_undo is FormalLossUndo.NEVER:
            raise PreconditionFailed("FORMAL_LOSS_FINAL", "A formal loss cannot be undone; replace the card.")
        return self._found_again(CardEventKind.LOSS_CANCELLED, now)

    def is_lapse_due(self, now: datetime) -> bool:
        """Tell whether the days of a provisional loss have run out."""
        return self.loss_lapse_time is not None and self.loss_lapse_time <= now

    def lapse_loss(self, now: datetime) -> "Change":
        """End a provisional loss whose days have run out; before that nothing changes."""
        return self._found_again(CardEventKind.LOSS_LAPSED, now) if self.is_lapse_due(now) else (self, None)

    def replace(self, successor: str, now: datetime) -> tuple["Change", "Change"]:
        """Cancel a formally lost card and apply for its successor (补领), whose id is given."""
        self._needs((CardStatus.FORMALLY_LOST,), "replaced")
        applied = apply_card(successor, self.person, self.issuing_division, self.service_bank_code, now, self.card)
        return self._cancelled(CancelReason.REPLACED, now), applied

    def cancel(self, reason: CancelReason, now: datetime) -> "Change":
        """Cancel the card for good (注销), whatever its status."""
        if reason is CancelReason.REPLACED:
            raise InvalidInput("reason", "UNKNOWN_VALUE", "A card is cancelled as REPLACED by replacing it.")
        if self.status is CardStatus.CANCELLED:
            others = ",".join(status for status in CardStatus if status is not CardStatus.CANCELLED)
            raise _state_error(self.status, others, "cancelled")
        return self._cancelled(reason, now)

    def transfer(self, person: str, now: datetime) -> "Change":
        """Give the card to the other record of its holder, when two records become one or are parted again."""
        transferred = self._changed(now, person=person)
        return transferred, CardEvent(CardEventKind.TRANSFERRED, transferred)

    def is_valid_on(self, day: date) -> bool:
        """Tell whether the card is good for use: enabled and within its validity."""
        begun = self.issue_date is not None and self.issue_date <= day
        return self.status is CardStatus.ENABLED and begun and (self.expire_date is None or day <= self.expire_date)

    @property
    def is_payable(self) -> bool:
        """Tell whether its account may be paid: it has one, and the card is neither formally lost nor cancelled."""
        return bool(self.masked_account) and self.status not in (CardStatus.FORMALLY_LOST, CardStatus.CANCELLED)

    def _cancelled(self, reason: CancelReason, now: datetime) -> "Change":
        cancelled = self._changed(
            now, status=CardStatus.CANCELLED, former_status=None, loss_lapse_time=None, cancel_reason=reason
        )
        return cancelled, CardEvent(CardEventKind.CANCELLED, cancelled)

    def _found_again(self, kind: CardEventKind, now: datetime) -> "Change":
        found = self._changed(now, status=self.former_status, former_status=None, loss_lapse_time=None)
        return found, CardEvent(kind, found)

    def _changed(self, now: datetime, **fields: object) -> "Card":
        return replace(self, **fields, version=self.version + 1, update_time=now)  # type: ignore[arg-type]  # by name

    def _needs(self, statuses: tuple[CardStatus, ...], what: str) -> None:
        if self.status not in statuses:
            raise _state_error(self.status or self.progress, ",".join(statuses), what)

    def _needs_progress(self, progress: CardProgress, what: str) -> None:
        if self.status is CardStatus.CANCELLED or self.progress is not progress:
            found = self.status if self.status is CardStatus.CANCELLED else self.progress
            raise _state_error(found, progress, what)


@dataclass(frozen=True, slots=True)
class CardEvent:
    """Something happened to a card, which is now as it says."""

    kind: CardEventKind
    card: Card


Change = tuple[Card, CardEvent | None]
"""A card after an operation, and what happened; None when the operation found everything done already."""


def apply_card(
    card: str, person: str, issuing_division: str, service_bank_code: str, now: datetime, replaces: str = ""
) -> Change:
    """Apply for a card (申领)."""
    applied = Card(card, person, issuing_division, service_bank_code, now, now, replaces=replaces)
    return applied, CardEvent(CardEventKind.APPLIED, applied)


def issue_card(application: Card, making: Making, parameters: CardParameters, now: datetime) -> Change:
    """Apply for, make, collect and enable a card in one step (即时制卡, or the import of an existing register)."""
    issued = replace(
        application,
        **_made(making, parameters),  # type: ignore[arg-type]  # by name
        progress=CardProgress.COLLECTED,
        status=CardStatus.ENABLED,
        update_time=now,
    )
    return issued, CardEvent(CardEventKind.ISSUED, issued)


def live_card_error(card: Card) -> PreconditionFailed:
    """Give the refusal of a second card."""
    return PreconditionFailed(
        "LIVE_CARD_EXISTS",
        f"The person has a card that is {card.status or card.progress}: one live card a person.",
        {"resource": f"cards/{card.card}"},
    )


def check_version(card: Card, version: int | None) -> None:
    """Raise Conflict when the caller has read another version; None fits every version."""
    if version is not None and version != card.version:
        raise Conflict("ETAG_MISMATCH", "The card was changed since it was read; read it again.")


def _made(making: Making, parameters: CardParameters) -> dict[str, object]:
    years = parameters.validity_years
    return {
        "card_no": making.card_no,
        "identification_code": making.identification_code,
        "masked_account": making.masked_account,
        "issue_date": making.issue_date,
        "expire_date": add_months(making.issue_date, 12 * years) if years is not None else None,
    }


def _state_error(found: str, needed: str, what: str) -> PreconditionFailed:
    return PreconditionFailed(
        "CARD_STATE", f"A card that is {found} cannot be {what}.", {"found": found, "needed": needed}
    )
