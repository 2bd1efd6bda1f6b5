"""The configuration of card."""

from pathlib import Path

from pydantic import Field

from services.common.config import ServiceConfig


class CardConfig(ServiceConfig):
    """What card needs beside what every service needs."""

    keys_file: Path
    """Keys that seal identity numbers, names and accounts, and index numbers, TOML."""
    timer_seconds: float = Field(60.0, gt=0, le=3600)
    """Time between two looks for what has come due: lapsed losses, overdue makings, renewals, temporary cards."""
