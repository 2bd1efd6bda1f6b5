"""One TOML file a process, read once into a frozen model; an unknown key is refused."""

import os
import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

C = TypeVar("C", bound="ServiceConfig")


class ConfigError(Exception):
    """The configuration cannot be used; the text says which key and why."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TlsConfig(_Section):
    """Files of one mTLS identity, PEM."""

    certificate: Path
    """Certificate chain; its URI name is what peers know this process by."""
    private_key: Path
    """Private key of the certificate."""
    authority: Path
    """Certificates of the authorities that sign our peers."""


class NatsConfig(_Section):
    """Where the event stream is."""

    url: str
    """For example `tls://127.0.0.1:4222`."""
    tls: TlsConfig
    """Identity towards the broker; the broker maps it to a user with subject permissions."""


class TelemetryConfig(_Section):
    """What is told to the outside about the process."""

    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    """Least level that is logged."""
    otlp_endpoint: str = ""
    """OTLP/gRPC collector for traces and metrics, for example `http://127.0.0.1:4317`; empty: none."""
    sampled_share: float = Field(0.01, ge=0, le=1)
    """Share of new traces that are recorded; a caller's own decision wins."""


class ServiceConfig(_Section):
    """What every service needs; each service's own model adds to it."""

    listen: str
    """Address to listen on, for example `127.0.0.1:7001`."""
    database_url: str
    """`sqlite:///path/to/file.db` or `postgresql+asyncpg://user@host/database`."""
    tls: TlsConfig
    """Identity as a server, and as a client of other services."""
    nats: NatsConfig
    """The event stream."""
    telemetry: TelemetryConfig = TelemetryConfig()
    """Logs, traces, metrics."""
    drain_delay_seconds: float = Field(0.0, ge=0, le=60)
    """Time between saying NOT_SERVING and refusing calls, so that balancers take notice."""
    drain_grace_seconds: float = Field(10.0, ge=0, le=300)
    """Time that running calls have to end on a drain."""


def load(model: type[C], path: Path) -> C:
    """Read a configuration; `SOCSEC_DATABASE_URL` and other `SOCSEC_<KEY>` variables win over top-level text keys."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    for key, field in model.model_fields.items():
        value = os.environ.get(f"SOCSEC_{key.upper()}")
        if value is not None and field.annotation is str:
            content[key] = value
    try:
        return model.model_validate(content)
    except ValidationError as error:
        lines = (f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors(include_input=False))
        raise ConfigError(f"{path}: " + "; ".join(lines)) from error
