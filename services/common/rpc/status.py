"""The one mapping between errors and `google.rpc.Status`."""

from dataclasses import dataclass

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from services.common import errors

DOMAIN = "socsec"

_CODES: dict[type[errors.DomainError], int] = {
    errors.InvalidInput: code_pb2.INVALID_ARGUMENT,
    errors.NotFound: code_pb2.NOT_FOUND,
    errors.AlreadyExists: code_pb2.ALREADY_EXISTS,
    errors.PreconditionFailed: code_pb2.FAILED_PRECONDITION,
    errors.Conflict: code_pb2.ABORTED,
    errors.Unauthenticated: code_pb2.UNAUTHENTICATED,
    errors.PermissionDenied: code_pb2.PERMISSION_DENIED,
    errors.OutOfRange: code_pb2.OUT_OF_RANGE,
    errors.Exhausted: code_pb2.RESOURCE_EXHAUSTED,
    errors.Unavailable: code_pb2.UNAVAILABLE,
}


def to_status(error: Exception) -> status_pb2.Status:
    """Put an error into a Status; anything but a DomainError becomes INTERNAL and says nothing of itself."""
    if isinstance(error, errors.DomainError):
        code, reason, message, metadata = _CODES[type(error)], error.reason, error.message, error.metadata
    elif isinstance(error, TimeoutError):
        code, reason, message, metadata = code_pb2.DEADLINE_EXCEEDED, "DEADLINE", "The call took too long.", {}
    else:
        code, reason, message, metadata = code_pb2.INTERNAL, "INTERNAL", "An internal error; it has been logged.", {}
    status = status_pb2.Status(code=code, message=message)
    _add(status, error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=metadata))
    if isinstance(error, errors.InvalidInput):
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=error.field, description=error.message, reason=error.reason
        )
        _add(status, error_details_pb2.BadRequest(field_violations=[violation]))
    return status


def _add(status: status_pb2.Status, detail: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest) -> None:
    packed = AnyMessage()
    packed.Pack(detail)
    status.details.append(packed)


@dataclass(frozen=True)
class Refusal:
    """A Status as its receiver reads it."""

    code: str
    """Name of the gRPC code, for example `FAILED_PRECONDITION`."""
    reason: str
    """Reason of the ErrorInfo; empty when the answer did not come from one of our services."""
    message: str
    field: str
    """The first field that is wrong; empty when the error is not about a field."""
    metadata: dict[str, str]


def from_status(status: status_pb2.Status) -> Refusal:
    """Read a Status, for example one of a batch's rejections."""
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        _ = detail.Unpack(info) or detail.Unpack(bad)
    field = bad.field_violations[0].field if bad.field_violations else ""
    return Refusal(code_pb2.Code.Name(status.code), info.reason, status.message, field, dict(info.metadata))


def from_call(error: grpc.aio.AioRpcError) -> Refusal:
    """Read what a failed call answered."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # AioRpcError has what it reads of a Call
    if status is None:
        return Refusal(error.code().name, "", error.details() or "", "", {})
    return from_status(status)
