"""Entitlements: a right to one benefit a month, and its life; pure."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.common.errors import PreconditionFailed
from services.common.months import format_month
from services.eligibility.domain import Account, Amount, BeforeLoss, EntitlementState, Suspension
from services.eligibility.entitlement_terms import EntitlementTerms


@dataclass(frozen=True, slots=True)
class EntitlementGranted:
    """An entitlement came into being."""

    entitlement: "Entitlement"


@dataclass(frozen=True, slots=True)
class EntitlementSuspended:
    """An entitlement is not paid from a month on."""

    entitlement: "Entitlement"
    from_month: int


@dataclass(frozen=True, slots=True)
class EntitlementResumed:
    """An entitlement is paid again from a month on."""

    entitlement: "Entitlement"
    from_month: int


@dataclass(frozen=True, slots=True)
class EntitlementStopped:
    """An entitlement ends with a month."""

    entitlement: "Entitlement"
    end_month: int


@dataclass(frozen=True, slots=True)
class EntitlementAmountChanged:
    """An entitlement is worth another amount from a month on, which may have passed."""

    entitlement: "Entitlement"
    from_month: int


@dataclass(frozen=True, slots=True)
class EntitlementAccountChanged:
    """An entitlement is paid to another account."""

    entitlement: "Entitlement"


@dataclass(frozen=True, slots=True)
class EntitlementReinstated:
    """An entitlement that a loss had ended is what it was before: the loss was none."""

    entitlement: "Entitlement"


EntitlementEvent = (
    EntitlementGranted
    | EntitlementSuspended
    | EntitlementResumed
    | EntitlementStopped
    | EntitlementAmountChanged
    | EntitlementAccountChanged
    | EntitlementReinstated
)


@dataclass(frozen=True, slots=True)
class Entitlement(EntitlementTerms):
    """An entitlement through its life; each transition makes one event, numbered by the version."""

    def suspend(self, from_month: int, reason: str, now: datetime) -> "tuple[Entitlement, EntitlementEvent]":
        """Stop paying from a month on; what is held back is paid after it is resumed."""
        self._need(EntitlementState.ACTIVE)
        last = self.suspensions[-1].to_month if self.suspensions else None
        if not self.covers(from_month) or (last is not None and from_month <= last):
            raise self._wrong_month(from_month)
        suspensions = (*self.suspensions, Suspension(from_month, None, reason))
        changed = self._changed(now, state=EntitlementState.SUSPENDED, suspensions=suspensions)
        return changed, EntitlementSuspended(changed, from_month)

    def resume(self, from_month: int, now: datetime) -> "tuple[Entitlement, EntitlementEvent]":
        """Pay again from a month on; from the suspension's own first month it never was.

        Of one that has ended since, what the suspension held is due again.
        """
        if self.state is not EntitlementState.STOPPED or not self.is_paused(from_month):
            self._need(EntitlementState.SUSPENDED)
        *before, open_one = self.suspensions
        if from_month < open_one.from_month or not self.covers(from_month):
            raise self._wrong_month(from_month)
        if from_month > open_one.from_month:
            before.append(replace(open_one, to_month=from_month - 1))
        changed = self._changed(now, state=_resumed(self.state), suspensions=tuple(before))
        if self.before_loss is not None:
            changed = replace(changed, before_loss=replace(self.before_loss, state=_resumed(self.before_loss.state)))
        return changed, EntitlementResumed(changed, from_month)

    def stop(self, end_month: int, reason: str, now: datetime) -> "tuple[Entitlement, EntitlementEvent]":
        """End it with a last month, for good."""
        self._need(EntitlementState.ACTIVE, EntitlementState.SUSPENDED)
        if not self.covers(end_month):
            raise self._wrong_month(end_month)
        changed = self._changed(now, state=EntitlementState.STOPPED, end_month=end_month, stop_reason=reason)
        return changed, EntitlementStopped(changed, end_month)

    def give_way(self, end_month: int, reason: str, now: datetime) -> "tuple[Entitlement, EntitlementEvent]":
        """End it before what takes its place, also when it ended later; what would have begun later never was."""
        last = max(end_month, self.start_month - 1)
        stopped = EntitlementState.STOPPED
        changed = self._changed(now, state=stopped, end_month=last, stop_reason=reason, before_loss=None)
        return changed, EntitlementStopped(changed, last)

    def follow_loss(
        self, end_month: int | None, reason: str, now: datetime
    ) -> "tuple[Entitlement, EntitlementEvent] | None":
        """End it with the month of a confirmed loss, or give back what it was when there is none (None) any more.

        Gives None when nothing changes. What ended before by itself stays as it is, and so does what is paid once:
        it is owed to the heirs.
        """
        if self.is_once:
            return None
        before = self.before_loss or BeforeLoss(self.state, self.end_month, self.stop_reason)
        last = max(end_month, self.start_month - 1) if end_month is not None else None
        if last is None or (before.end_month is not None and before.end_month <= last):
            if self.before_loss is None:
                return None
            changed = self._changed(
                now,
                state=before.state,
                end_month=before.end_month,
                stop_reason=before.stop_reason,
                before_loss=None,
            )
            return changed, EntitlementReinstated(changed)
        if self.before_loss is not None and self.end_month == last:
            return None
        changed = self._changed(
            now, state=EntitlementState.STOPPED, end_month=last, stop_reason=reason, before_loss=before
        )
        return changed, EntitlementStopped(changed, last)

    def change_amount(
        self, from_month: int, monthly_fen: int, reason: str, now: datetime, *, is_adjustment: bool = False
    ) -> "tuple[Entitlement, EntitlementEvent]":
        """Set the amount from a month on; what was decided for later months is replaced by it."""
        self._need(EntitlementState.ACTIVE, EntitlementState.SUSPENDED)
        if not self.covers(from_month):
            raise self._wrong_month(from_month)
        granted, *later = self.amounts
        kept = (amount for amount in later if amount.from_month < from_month)
        amounts = (granted, *kept, Amount(from_month, monthly_fen, reason, is_adjustment))
        settled_to = min(self.settled_to, from_month - 1) if self.settled_to is not None else None
        changed = self._changed(now, amounts=amounts, settled_to=settled_to)
        return changed, EntitlementAmountChanged(changed, from_month)

    def change_account(self, account: Account, now: datetime) -> "tuple[Entitlement, EntitlementEvent]":
        """Have it paid to another account, also what one that has ended still owes."""
        changed = self._changed(now, account=account)
        return changed, EntitlementAccountChanged(changed)

    def _changed(self, now: datetime, **fields: object) -> "Entitlement":
        return replace(self, **fields, version=self.version + 1, update_time=now)  # type: ignore[arg-type]  # by name

    def _need(self, *needed: EntitlementState) -> None:
        if self.state not in needed:
            raise PreconditionFailed(
                "ENTITLEMENT_STATE",
                f"The entitlement is {self.state}.",
                {"found": self.state, "needed": ",".join(needed)},
            )

    def _wrong_month(self, month: int) -> PreconditionFailed:
        return PreconditionFailed(
            "ENTITLEMENT_STATE",
            f"{format_month(month)} does not fit the months and suspensions of the entitlement.",
            {"found": format_month(month), "needed": f"from {format_month(self.start_month)}"},
        )


def _resumed(state: EntitlementState) -> EntitlementState:
    return EntitlementState.ACTIVE if state is EntitlementState.SUSPENDED else state
