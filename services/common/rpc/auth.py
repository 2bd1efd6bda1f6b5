"""Who may call what: the caller from its certificate, the permission from the contract.

Each method's roles stand beside it in the proto file, as option `socsec.type.v1.allowed_roles`. Nobody may call a
method that names no role; such a method makes its service refuse to start.
"""

from collections.abc import Iterable, Mapping

from google.protobuf.descriptor import MethodDescriptor

from services.common.errors import PermissionDenied, Unauthenticated
from services.common.rpc.call import Caller
from socsec.type.v1 import access_pb2

TRUST_DOMAIN = "spiffe://socsec/"
_ROLES = {
    number: name.removeprefix("ROLE_").lower() for name, number in access_pb2.Role.items() if number
}  # ROLE_UNSPECIFIED grants nothing


class OpenMethod(Exception):
    """A method's contract does not say who may call it."""


def allowed_roles(method: MethodDescriptor) -> frozenset[str]:
    """Read who may call a method; raise OpenMethod when its contract names nobody."""
    numbers = method.GetOptions().Extensions[access_pb2.allowed_roles]
    roles = frozenset(_ROLES[number] for number in numbers if number in _ROLES)
    if not roles:
        raise OpenMethod(f"{method.full_name} names no allowed_roles.")
    return roles


def caller_of(auth_context: Mapping[str, Iterable[bytes]]) -> Caller:
    """Take the caller out of gRPC's view of the client certificate; raise Unauthenticated without a name of ours."""
    for uri in auth_context.get("x509_subject_alternative_name", ()):
        text = uri.decode("ascii", "replace")
        if text.startswith(TRUST_DOMAIN):
            name = text.removeprefix(TRUST_DOMAIN)
            role, _, individual = name.partition("/")
            if role in _ROLES.values() and individual:
                return Caller(role, name)
    raise Unauthenticated("NO_CALLER_NAME", "Use a client certificate with a URI name spiffe://socsec/{role}/{name}.")


def check(caller: Caller, roles: frozenset[str]) -> None:
    """Raise PermissionDenied when the caller's role may not call the method."""
    if caller.role not in roles:
        allowed = ", ".join(sorted(roles))
        raise PermissionDenied(
            "ROLE_NOT_ALLOWED",
            f"The role {caller.role} may not call this method; allowed: {allowed}.",
            {"role": caller.role, "allowed": allowed},
        )
