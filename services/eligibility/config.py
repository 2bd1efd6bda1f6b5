"""The configuration of eligibility."""

from pathlib import Path

from pydantic import Field

from services.common.config import ServiceConfig


class EligibilityConfig(ServiceConfig):
    """What eligibility needs beside what every service needs."""

    keys_file: Path
    """Keys that seal bank accounts and index them, TOML."""
    law_folder: str = ""
    """Folder of law to decide by, looked over by `ssctl rules check` beforehand; empty: the installed law."""
    card_address: str = Field(pattern=r"^[^\s:]+:\d{1,5}$")
    """Where the card service listens, for example `127.0.0.1:7001`."""
