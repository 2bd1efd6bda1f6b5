"""The configuration of fund audit."""

from pathlib import Path

from pydantic import Field

from services.common.config import ServiceConfig


class FundAuditConfig(ServiceConfig):
    """What fund audit needs beside what every service needs."""

    signing_key_file: Path
    """Ed25519 private key that signs the ledger's checkpoints, PEM (PKCS #8)."""
    ledger_origin: str = Field("socsec.local/fund-audit", pattern=r"^[^\s+]{1,128}$")
    """Name of the ledger in its checkpoints, and of the key in their signatures; never changes."""
    checkpoint_file: Path | None = None
    """Where the newest checkpoint is kept outside the database, for the ledger to be compared with; none: nowhere."""
    recheck_seconds: float = Field(3600.0, gt=0)
    """How often what was appended since is hashed again, and compared with the checkpoint kept."""
    most_watches: int = Field(200, ge=1, le=10_000)
    """Watches open at once; one more is answered RESOURCE_EXHAUSTED."""
    bookmark_seconds: float = Field(15.0, gt=0)
    """After this time without a change a watch is sent a bookmark."""
