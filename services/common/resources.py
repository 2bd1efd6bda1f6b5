"""Resource names (AIP-122): `people/{person}`, `cards/{card}`."""

from services.common.errors import InvalidInput
from services.common.ids import is_id


def resource_id(name: str, collection: str, field: str) -> str:
    """Take the identifier out of a resource name; a name of another form is refused, naming the field."""
    prefix, _, identifier = name.partition("/")
    if prefix != collection or not is_id(identifier):
        raise InvalidInput(field, "INVALID_RESOURCE_NAME", f"Give a name of the form {collection}/{{id}}.")
    return identifier


def resource_name(collection: str, identifier: str) -> str:
    """Put a resource name together; an empty identifier gives an empty name (nothing is referred to)."""
    return f"{collection}/{identifier}" if identifier else ""
