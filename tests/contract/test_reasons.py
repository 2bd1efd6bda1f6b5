"""What a program can act on: every reason that is sent is in the contract and in docs/errors.md, and no other is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.rpc import code_pb2, error_details_pb2

from services.common import errors
from services.common.rpc.status import from_status, to_status
from socsec.error.v1 import error_reason_pb2
from tests.support.contracts import ROOT, elements

PREFIX = "ERROR_REASON_"
DECLARED = {value.name.removeprefix(PREFIX) for value in error_reason_pb2.ErrorReason.DESCRIPTOR.values} - {
    "UNSPECIFIED"
}
KINDS: dict[str, type[errors.DomainError]] = {kind.__name__: kind for kind in errors.DomainError.__subclasses__()}
OF_THE_MAPPING = {"DEADLINE", "INTERNAL"}
"""Reasons that only the mapping to a status gives: no code of ours raises a deadline or a defect."""


def _sources() -> Iterator[Path]:
    yield from (ROOT / "services").rglob("*.py")


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def raised() -> Iterator[tuple[str, str, str]]:
    """Give the kind, reason and place of every error that a service makes; an unknown reason is an empty text."""
    for file in _sources():
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _called(node) in KINDS:
                place = 1 if _called(node) == "InvalidInput" else 0
                named = [keyword.value for keyword in node.keywords if keyword.arg == "reason"]
                given = [*node.args[place : place + 1], *named]
                for choice in _choices(given[0]) if given else [""]:
                    yield _called(node), choice, f"{file.relative_to(ROOT)}:{node.lineno}"


def _choices(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return _choices(node.body) + _choices(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else [""]


def handed_on() -> set[str]:
    """Give the reasons that stand as texts anywhere in the services, to be handed to what raises."""
    return {
        node.value
        for file in _sources()
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in DECLARED
    }


def told() -> dict[str, str]:
    """Give the comment of each reason in the contract."""
    found = {element.path.rpartition(".")[2]: element.comment for element in elements() if PREFIX in element.path}
    return {name.removeprefix(PREFIX): " ".join(comment.split()) for name, comment in found.items()}


def test_every_reason_that_is_raised_is_in_the_contract() -> None:
    assert {(reason, place) for _, reason, place in raised() if reason and reason not in DECLARED} == set()


def test_every_reason_of_the_contract_is_raised() -> None:
    assert handed_on() | OF_THE_MAPPING == DECLARED


def test_every_reason_comes_with_the_code_that_its_comment_names() -> None:
    codes = {kind: code_pb2.Code.Name(to_status(_made(cls)).code) for kind, cls in KINDS.items()}
    comments = told()
    wrong = [
        f"{place}: {reason} as {codes[kind]}"
        for kind, reason, place in raised()
        if reason and not comments[reason].startswith(codes[kind])
    ]
    assert wrong == []


def test_every_reason_stands_in_the_errors_page_with_its_code() -> None:
    page = (ROOT / "docs" / "errors.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| `([A-Z_]+)` \|", page, re.MULTILINE))
    assert rows == {reason: comment.partition(":")[0] for reason, comment in told().items() if reason in DECLARED}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_of_error_becomes_one_status_with_one_reason_of_ours(kind: type[errors.DomainError]) -> None:
    status = to_status(_made(kind))
    info = error_details_pb2.ErrorInfo()
    infos = [detail for detail in status.details if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR)]
    assert len(infos) == 1
    infos[0].Unpack(info)
    assert (info.domain, info.reason, dict(info.metadata)) == ("socsec", "A_REASON", {"found": "it"})
    assert from_status(status).field == ("a_field" if kind is errors.InvalidInput else "")
    assert code_pb2.Code.Name(status.code) not in {"OK", "UNKNOWN", "INTERNAL"}


def test_a_defect_says_nothing_of_itself_and_a_lost_race_with_time_says_so() -> None:
    defect = from_status(to_status(RuntimeError("370299199001010012 was here")))
    assert (defect.code, defect.reason) == ("INTERNAL", "INTERNAL")
    assert "370299" not in defect.message
    late = from_status(to_status(TimeoutError()))
    assert (late.code, late.reason) == ("DEADLINE_EXCEEDED", "DEADLINE")


def _made(kind: type[errors.DomainError]) -> errors.DomainError:
    if kind is errors.InvalidInput:
        return errors.InvalidInput("a_field", "A_REASON", "A sentence.", {"found": "it"})
    return kind("A_REASON", "A sentence.", {"found": "it"})
