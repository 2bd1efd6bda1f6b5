"""Whom ssctl calls, and as whom: one TOML file a role, written by `ssctl stack up` or by the operations staff."""

import os
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from services.admin.outcome import ExitCode, Failed
from services.common.config import TlsConfig

Role = Literal["operator", "reviewer", "auditor", "system"]
ServiceName = Literal["card", "eligibility", "fund_audit"]

VARIABLE = "SSCTL_PROFILE"
DEFAULT_ROLE = "operator"
ROLES: tuple[str, ...] = get_args(Role)


class Addresses(BaseModel):
    """Where each service listens, `host:port`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    card: str
    eligibility: str
    fund_audit: str


class Profile(BaseModel):
    """One way to call the services."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    """The role that the certificate carries; the services believe only the certificate."""
    tls: TlsConfig
    """The caller's identity and whom it trusts."""
    services: Addresses
    """The services."""

    def address(self, service: ServiceName) -> str:
        """Give where a service listens."""
        return str(getattr(self.services, service))

    def target(self, service: ServiceName) -> str:
        """Name one service of one deployment, so that what was imported there is not taken as imported elsewhere."""
        return f"{self.address(service)}/{sha256(self.tls.authority.read_bytes()).hexdigest()[:16]}"


def find_profile(profile: Path | None, directory: Path | None, role: str) -> Profile:
    """Load the profile that was asked for: a file, else a stack's folder and a role, else the variable's file.

    Raises Failed: with USAGE when the choice is none or two or the file cannot be used, with NOTHING when the folder
    holds no stack.
    """
    if profile and directory:
        raise Failed(ExitCode.USAGE, "Give --profile or --dir, not both.")
    if directory:
        if role and role not in ROLES:
            raise Failed(ExitCode.USAGE, f"--role is one of: {', '.join(ROLES)}.")
        path = directory / "profiles" / f"{role or DEFAULT_ROLE}.toml"
        if not path.exists():
            raise Failed(ExitCode.NOTHING, f"There is no profile {path}: start the stack with `ssctl stack up --dir`.")
        return load_profile(path)
    if role:
        raise Failed(ExitCode.USAGE, "--role goes with --dir; a profile file has its own role.")
    if not profile and not os.environ.get(VARIABLE):
        raise Failed(ExitCode.USAGE, f"Say whom to call: --profile FILE, --dir DIR, or the variable {VARIABLE}.")
    return load_profile(profile or Path(os.environ[VARIABLE]))


def load_profile(path: Path) -> Profile:
    """Read a profile; raises Failed with USAGE when it cannot be used."""
    try:
        profile = Profile.model_validate(tomllib.loads(path.read_text("utf-8")))
        for file in (profile.tls.certificate, profile.tls.private_key, profile.tls.authority):
            file.open("rb").close()
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise Failed(ExitCode.USAGE, f"{path}: {wrong}") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Failed(ExitCode.USAGE, f"The profile {path} cannot be used: {error}") from error
    return profile
