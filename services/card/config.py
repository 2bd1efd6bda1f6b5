"""The configuration of card."""

from pathlib import Path

from pydantic import Field

from services.card.status import CardParameters, FormalLossUndo
from services.common.config import ServiceConfig


class CardConfig(ServiceConfig):
    """What card needs beside what every service needs."""

    keys_file: Path
    """Keys that seal identity numbers, names and accounts, and index numbers, TOML."""
    validity_years: int = Field(10, ge=0, le=50)
    """Years from a card's issue to its expiry; 0: cards do not expire."""
    provisional_loss_days: int = Field(10, ge=1, le=60)
    """Days after which a provisional loss report lapses."""
    formal_loss_undo: FormalLossUndo = FormalLossUndo.UNTIL_REPLACEMENT
    """Whether a formal loss report may be undone."""
    lapse_seconds: float = Field(60.0, gt=0, le=3600)
    """Time between two looks for provisional losses that have lapsed."""

    @property
    def parameters(self) -> CardParameters:
        """Give what the domain needs of it."""
        return CardParameters(self.validity_years or None, self.provisional_loss_days, self.formal_loss_undo)
