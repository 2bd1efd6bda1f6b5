"""The few kinds of error a service raises; `rpc.status` maps each to one gRPC status.

Every error holds a `reason` (a name of `socsec.error.v1.ErrorReason` without its prefix) that a program can act on, a
sentence that helps a person to act, and `metadata` with the values concerned. Neither ever holds personal data.
"""

from collections.abc import Mapping


class DomainError(Exception):
    """What a caller can be told; anything else that is raised is a defect and is answered as INTERNAL without text."""

    def __init__(self, reason: str, message: str, metadata: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.metadata: dict[str, str] = dict(metadata or {})


class InvalidInput(DomainError):
    """A field of the request is wrong whatever the system's state (INVALID_ARGUMENT with a field violation)."""

    def __init__(self, field: str, reason: str, message: str, metadata: Mapping[str, str] | None = None) -> None:
        super().__init__(reason, message, metadata)
        self.field = field


class NotFound(DomainError):
    """The named resource does not exist (NOT_FOUND)."""


class AlreadyExists(DomainError):
    """A resource with the same natural key exists (ALREADY_EXISTS)."""


class PreconditionFailed(DomainError):
    """The state forbids the operation; metadata names the state found and those needed (FAILED_PRECONDITION)."""


class Conflict(DomainError):
    """Somebody else changed the resource meanwhile: read it again and repeat (ABORTED)."""


class Unauthenticated(DomainError):
    """The caller's certificate does not carry a name of ours (UNAUTHENTICATED)."""


class PermissionDenied(DomainError):
    """The caller is known and may not do this (PERMISSION_DENIED)."""


class OutOfRange(DomainError):
    """The position asked for is older than what is kept, or lies beyond the end (OUT_OF_RANGE)."""


class Exhausted(DomainError):
    """A limit is reached: size, rate, number of open streams, or a reader that is too slow (RESOURCE_EXHAUSTED)."""


class Unavailable(DomainError):
    """The service cannot answer now; the same call may be repeated (UNAVAILABLE)."""
