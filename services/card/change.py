"""A card's change, as somebody sees it who keeps a copy of the cards that a filter lets through."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.card.domain import Card
from services.common.filtering import Filter, matches


class CopyChange(StrEnum):
    """What a change does to a copy."""

    HELD = "HELD"
    LEFT = "LEFT"


@dataclass(frozen=True, slots=True)
class CardChange:
    """That a card changed, at a position of the order in which all changes were committed."""

    position: int
    card: Card
    """The card as it is now: perhaps changed once more, which a later position tells of."""
    former: Mapping[str, str] | None
    """What the card was searched by before the change; None for a new card."""
    change_time: datetime

    def in_copy(self, wanted: Filter) -> CopyChange | None:
        """Tell what the change does to a copy of the cards that pass a filter; None when it does not touch it.

        A card that passed and does so no more leaves the copy: without being told, the copy would keep it for ever.
        """
        if matches(wanted, self.card.searched):
            return CopyChange.HELD
        return CopyChange.LEFT if self.former is not None and matches(wanted, self.former) else None
