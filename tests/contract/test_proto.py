"""Every contract keeps the manners of docs/api-style.md, whoever adds to it."""

import re

import pytest
from google.api import field_behavior_pb2
from google.protobuf.descriptor import MethodDescriptor

from services.common.rpc.auth import allowed_roles
from tests.support.contracts import (
    PROTO,
    compiled,
    elements,
    fields_of,
    is_batch,
    is_read,
    methods,
    request_messages,
)

WITHOUT_PAGES = {
    "socsec.eligibility.v1.EligibilityService.ListBenefits": "the book has a dozen of benefits",
    "socsec.fundaudit.v1.LedgerService.ListLedgerEntries": "entries have positions, which are pages enough",
}
WITHOUT_REQUEST_ID = {
    "socsec.card.v1.ECardPasswordService.ChangeECardPassword": "a trial would be a guess that is not counted",
    "socsec.card.v1.ECardPasswordService.VerifyECardPassword": "an answer given twice would be a guess not counted",
    "socsec.card.v1.ECardService.IssueToken": "each call makes a code of its own, and nothing is kept of it",
    "socsec.card.v1.PersonService.RevealPerson": "each call is a look of its own at somebody, and is recorded as one",
    "socsec.card.v1.PinService.ChangePin": "a trial without effect would be a guess that is not counted",
    "socsec.card.v1.PinService.VerifyPin": "an answer given twice would be a guess that is not counted",
}


def _name(method: MethodDescriptor) -> str:
    return str(method.full_name)


def test_every_element_has_a_comment() -> None:
    assert [element.path for element in elements() if not re.search(r"\w", element.comment)] == []


@pytest.mark.parametrize("method", methods(), ids=_name)
def test_every_method_says_who_may_call_it(method: MethodDescriptor) -> None:
    assert allowed_roles(method)


def test_every_field_of_what_comes_in_says_how_it_behaves() -> None:
    silent = [
        f"{message}.{field.name}"
        for message, file in request_messages().items()
        for field in fields_of(message, file)
        if not field.options.Extensions[field_behavior_pb2.field_behavior]
    ]
    assert silent == []


def test_every_list_has_pages() -> None:
    without = {
        method.full_name
        for method in methods()
        if method.name.startswith("List")
        and not (
            {"page_size", "page_token"} <= set(method.input_type.fields_by_name)
            and "next_page_token" in method.output_type.fields_by_name
        )
    }
    assert without == set(WITHOUT_PAGES)


def test_every_change_can_be_repeated_and_tried_without_effect() -> None:
    wanting = {}
    for method in methods():
        needed = {"validate_only"} if is_batch(method) else {"validate_only", "request_id"}
        missing = needed - set(method.input_type.fields_by_name)
        if missing and not is_read(method):
            wanting[method.full_name] = missing
    assert set(wanting) == set(WITHOUT_REQUEST_ID), wanting


def test_a_batch_is_answered_with_what_became_of_each_item() -> None:
    answers = {method.output_type.full_name for method in methods() if is_batch(method)}
    assert answers == {"socsec.type.v1.BatchResult"}


def test_a_method_that_only_reads_promises_no_change() -> None:
    changing = {"request_id", "validate_only", "etag"}
    assert [m.full_name for m in methods() if is_read(m) and changing & set(m.input_type.fields_by_name)] == []


def test_packages_follow_their_folders_and_carry_a_version() -> None:
    for file in compiled():
        assert file.package == file.name.rpartition("/")[0].replace("/", ".")
        assert re.fullmatch(r"socsec\.[a-z]+\.v[0-9]+", file.package)


def test_every_stub_stands_beside_its_source_and_has_its_package() -> None:
    for file in compiled():
        for suffix in ("_pb2.py", "_pb2.pyi", "_pb2_grpc.py"):
            assert (PROTO / file.name.replace(".proto", suffix)).exists()
        for service in file.service:
            stub = (PROTO / file.name.replace(".proto", "_pb2_grpc.py")).read_text()
            assert all(f"/{file.package}.{service.name}/{method.name}" in stub for method in service.method)


def test_amounts_and_months_are_whole_numbers() -> None:
    floats = [
        f"{file.package}.{message.name}.{field.name}"
        for file in compiled()
        for message in file.message_type
        for field in message.field
        if field.type in (field.TYPE_DOUBLE, field.TYPE_FLOAT) and re.search("fen|amount|month", field.name)
    ]
    assert floats == []


def test_an_enumeration_begins_with_a_value_that_means_nothing() -> None:
    for file in compiled():
        for enum in file.enum_type:
            assert enum.value[0].name.endswith("_UNSPECIFIED")
            assert enum.value[0].number == 0
