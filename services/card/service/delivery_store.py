"""What sending cards by mail needs of a store."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from services.card.delivery import Delivery


class DeliveryStore(Protocol):
    """Deliveries by card."""

    def get(self, card: str) -> Delivery | None:
        """Give a card's delivery, unsealed; None when nobody asked for one."""
        ...

    def put(self, delivery: Delivery) -> None:
        """Seal and keep a delivery."""
        ...

    def withdraw(self, collected: Collection[str], cancelled: Collection[str], now: datetime) -> None:
        """End the deliveries of cards that were collected at the counter, or cancelled, and forget their addresses."""
        ...

    def to_post(self, division: str, size: int, after: str) -> Sequence[tuple[str, Delivery]]:
        """Give up to `size` holders and deliveries of made cards that wait for the post, from the one after a card."""
        ...
