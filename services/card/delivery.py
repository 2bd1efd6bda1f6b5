"""Cards are sent to their holders by mail (邮寄送达)."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from services.common.errors import PreconditionFailed


class DeliveryState(StrEnum):
    """How far a delivery has come."""

    REQUESTED = "REQUESTED"
    POSTED = "POSTED"
    DELIVERED = "DELIVERED"
    UNDELIVERABLE = "UNDELIVERABLE"
    WITHDRAWN = "WITHDRAWN"
    """Nobody waits for the post any more: the card was collected at the counter, or cancelled."""


NOT_UNDER_WAY = (DeliveryState.REQUESTED, DeliveryState.UNDELIVERABLE)
"""States of a delivery whose card lies at the counter or is still to be made."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who takes a card in, and where; in clear, the API's answers mask it."""

    receiver: str = field(repr=False)
    phone: str = field(repr=False)
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One card's way to its holder."""

    card: str
    recipient: Recipient | None
    """None once it was delivered or withdrawn: nobody needs the address any more."""
    update_time: datetime
    state: DeliveryState = DeliveryState.REQUESTED
    tracking_number: str = ""

    def post(self, tracking_number: str, now: datetime) -> "Delivery":
        """Give it to the post; only what was asked for, and since it last came back."""
        if self.state is not DeliveryState.REQUESTED:
            raise PreconditionFailed(
                "DELIVERY_STATE",
                f"A delivery that is {self.state} cannot be posted.",
                {"found": self.state, "needed": DeliveryState.REQUESTED},
            )
        return replace(self, state=DeliveryState.POSTED, tracking_number=tracking_number, update_time=now)

    def arrive(self, now: datetime) -> "Delivery":
        """Note that the receiver has it, and forget where that was."""
        return replace(self, state=DeliveryState.DELIVERED, recipient=None, update_time=now)

    def come_back(self, now: datetime) -> "Delivery":
        """Note that the letter came back."""
        return replace(self, state=DeliveryState.UNDELIVERABLE, update_time=now)
