"""What an entitlement is: to what, of whom, for which months; pure."""

from dataclasses import dataclass
from datetime import datetime

from services.eligibility.domain import Account, Amount, BeforeLoss, EntitlementState, Scheme, Suspension


@dataclass(frozen=True, slots=True)
class EntitlementTerms:
    """A person's right to draw one benefit every month, or once."""

    entitlement: str
    reference: str
    person: str
    benefit: str
    scheme: Scheme
    pooling_region: str
    start_month: int
    end_month: int | None
    amounts: tuple[Amount, ...]
    """In the order of their months; the first is the one granted."""
    account: Account
    state: EntitlementState
    suspensions: tuple[Suspension, ...]
    create_time: datetime
    update_time: datetime
    stop_reason: str = ""
    before_loss: BeforeLoss | None = None
    """What it goes back to when the loss that ended it is taken back; None while no loss has ended it."""
    settled_to: int | None = None
    """Draw lists need not look at this month and those before it: they are paid or lost. None: not known of any."""
    settled_by: str = ""
    """The law by which that was found; another law may say otherwise."""
    once: str = ""
    """Of what is paid once, in its only month: what for. It is owed whatever happens to the person later."""
    version: int = 1

    @property
    def monthly_amount_fen(self) -> int:
        """The newest amount."""
        return self.amounts[-1].monthly_fen

    def amount_on(self, month: int) -> int:
        """Give what it is worth in a month that it covers."""
        return next(amount.monthly_fen for amount in reversed(self.amounts) if amount.from_month <= month)

    @property
    def is_once(self) -> bool:
        """Whether it is paid once: a lump, not a monthly benefit."""
        return bool(self.once)

    @property
    def never_was(self) -> bool:
        """Whether it ended before it began."""
        return self.end_month is not None and self.end_month < self.start_month

    @property
    def is_pension(self) -> bool:
        """Whether it is an old-age pension, of which a person draws one only; the book's names end so."""
        return self.benefit.endswith("pension")

    def covers(self, month: int) -> bool:
        """Tell whether a month lies between its first and its last."""
        return self.start_month <= month and (self.end_month is None or month <= self.end_month)

    def in_force(self, month: int) -> bool:
        """Tell whether a month is paid in its turn; what a suspension held is back pay when it is over."""
        return self.covers(month) and not any(
            pause.from_month <= month and (pause.to_month is None or month <= pause.to_month)
            for pause in self.suspensions
        )

    def is_paused(self, month: int) -> bool:
        """Tell whether the suspension that lasts holds a month."""
        return any(pause.from_month <= month and pause.to_month is None for pause in self.suspensions)

    def conflicts_with(self, other: "EntitlementTerms") -> bool:
        """Tell whether both may not be drawn by one person (人社部规〔2016〕5号; interim rules on bridging art. 8).

        The month in which one scheme follows another may be paid by both; one that ended before it began never was.
        """
        never_was = self.never_was or other.never_was
        if never_was or not (self.is_pension and other.is_pension):
            return False
        first, second = sorted((self, other), key=lambda pension: pension.start_month)
        if first.end_month is None or first.end_month > second.start_month:
            return True
        return first.end_month == second.start_month and first.scheme is second.scheme
