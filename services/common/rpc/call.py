"""What a method knows of the call that it answers."""

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as the URI name of the client certificate says: `spiffe://socsec/{role}/{name}`."""

    role: str
    """`operator`, `reviewer`, `auditor` or `system`."""
    name: str
    """`{role}/{name}`: unique, fit for logs and records."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call."""

    caller: Caller
    method: str
    """Full method name, for example `/socsec.card.v1.CardService/GetCard`."""
    draining: asyncio.Event
    """Set when the service stops: long streams end then."""
