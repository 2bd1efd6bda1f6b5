"""The configuration of card."""

from pathlib import Path

from pydantic import Field

from services.common.config import ServiceConfig


class CardConfig(ServiceConfig):
    """What card needs beside what every service needs."""

    keys_file: Path
    """Keys that seal identity numbers, names and accounts, and index numbers, TOML."""
    provider_keys_file: Path | None = None
    """Keys of the key provider, TOML: master keys of chips, keys that PINs and passwords are verified under; without
    it, they are derived from the index key of `keys_file`."""
    token_keys_file: Path
    """Ed25519 keys that sign the codes of electronic cards and the status lists, PEM; the first one signs."""
    token_issuer: str = Field("https://socsec.local/card", pattern=r"^https://[^\s?#]{1,100}[^\s?#/]$")
    """Name of the issuer in codes and status lists, a URI; never changes."""
    timer_seconds: float = Field(60.0, gt=0, le=3600)
    """Time between two looks for what has come due: lapsed losses, overdue makings, renewals, temporary cards."""
    reveals_per_day: int = Field(200, ge=0, le=1_000_000)
    """People whom one caller may see in clear on one day of the bureau."""
    most_watches: int = Field(200, ge=1, le=10_000)
    """Watches open at once; one more is answered RESOURCE_EXHAUSTED."""
    bookmark_seconds: float = Field(15.0, gt=0)
    """After this time without a change a watch is sent a bookmark."""
    change_retention_days: float = Field(30.0, gt=0, le=3650)
    """Days for which a watch may resume; who stays away longer lists again."""
    forget_seconds: float = Field(3600.0, gt=0)
    """Time between two looks for changes and answers that need not be kept any more."""
