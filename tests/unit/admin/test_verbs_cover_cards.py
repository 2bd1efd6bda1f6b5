"""Every method of the card service has a verb of ssctl that says all that a request says; exceptions give reasons."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from google.protobuf.descriptor import FileDescriptor, MethodDescriptor

from services import admin

_ROOT = Path(__file__).parents[3]
_WITHOUT_VERB = {
    "BatchGetPeople": "for systems that hold many names; a person at a desk asks for one person, and says which",
    "BatchGetPayeeAccounts": "for the payers of benefits alone: nobody at a desk is shown an account in clear",
}
_WITHOUT_OPTION = {
    "GetStatusListRequest.list": "`fetch` keeps the first list, which has 10 million places",
    "VerifyPinRequest.actor": "the clerk at whose terminal the holder types is the only one who may",
}
_OF_EVERY_LIST = {"page_size", "page_token"}
"""`listing.pages` sets them."""


def methods() -> Iterator[MethodDescriptor]:
    for file in (_ROOT / "proto/socsec/card/v1").glob("*_service_pb2.py"):
        descriptor: FileDescriptor = import_module(f"socsec.card.v1.{file.stem}").DESCRIPTOR
        for service in descriptor.services_by_name.values():
            yield from service.methods


def nodes() -> Iterator[ast.AST]:
    """Give everything in the modules of verbs, and of the import of files."""
    assert admin.__file__ is not None
    for file in Path(admin.__file__).parent.glob("*.py"):
        yield from ast.walk(ast.parse(file.read_text("utf-8")))


def test_every_method_of_the_card_service_has_a_verb_or_a_reason_for_none() -> None:
    asked = {method.name for method in methods()}
    assert len(asked) > 60
    assert asked - {node.attr for node in nodes() if isinstance(node, ast.Attribute)} == _WITHOUT_VERB.keys()


def test_verbs_say_all_that_a_request_says_or_there_is_a_reason() -> None:
    said: dict[str, set[str]] = defaultdict(set)
    for node in nodes():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            said[node.func.attr] |= {keyword.arg for keyword in node.keywords if keyword.arg}
    unsaid = {
        f"{method.input_type.name}.{field.name}"
        for method in methods()
        if method.name not in _WITHOUT_VERB
        for field in method.input_type.fields
        if field.name not in said[method.input_type.name] | _OF_EVERY_LIST
    }
    assert unsaid == _WITHOUT_OPTION.keys()
