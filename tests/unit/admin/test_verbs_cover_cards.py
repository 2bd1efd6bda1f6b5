"""Every method of the card service has a verb of ssctl, but for a few that say why not."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from google.protobuf.descriptor import FileDescriptor

from services import admin

_ROOT = Path(__file__).parents[3]
_WITHOUT_VERB = {
    "BatchGetPeople": "for systems that hold many names; a person at a desk asks for one person, and says which",
}


def methods() -> Iterator[str]:
    for file in (_ROOT / "proto/socsec/card/v1").glob("*_service_pb2.py"):
        descriptor: FileDescriptor = import_module(f"socsec.card.v1.{file.stem}").DESCRIPTOR
        for service in descriptor.services_by_name.values():
            yield from (method.name for method in service.methods)


def called() -> Iterator[str]:
    """Give the methods that modules of verbs, and the import of files, call on their stubs."""
    assert admin.__file__ is not None
    for file in Path(admin.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call | ast.Name | ast.Attribute):
                yield node.attr


def test_every_method_of_the_card_service_has_a_verb_or_a_reason_for_none() -> None:
    asked = set(methods())
    assert len(asked) > 60
    assert asked - set(called()) == _WITHOUT_VERB.keys()
