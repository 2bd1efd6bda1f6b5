"""Whatever bytes come, the answer is one of the contract's, and the service goes on."""

import itertools
from collections.abc import Iterator

import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given, settings

from services.common import tokens
from services.common.ids import new_id
from services.common.rpc.auth import allowed_roles
from services.common.rpc.interceptor import MAX_MESSAGE_BYTES
from services.common.rpc.paging import next_page_token
from tests.support.hosting import Answer, Hosted
from tests.support.messages import broken

NEVER = frozenset({"INTERNAL", "UNKNOWN", "UNIMPLEMENTED", "CANCELLED", "DEADLINE_EXCEEDED"})
EXAMPLES = 30
POSITIONS: tuple[tokens.Position, ...] = ((), ("x",), (7,), (2**80,), (-1,), ("\0", 1), (1, "x"), ("x", "x", "x", "x"))

VALUES = (
    "",
    "\0",
    "x",
    "é",
    "370202",
    "-1",
    "9" * 30,
    "0.5",
    "2026-11-25",
    "2026-02-30",
    "people/1",
    f"people/{new_id()}",
    "%'--",
)


def _called(hosted: Hosted, method: MethodDescriptor, data: bytes) -> Answer:
    return hosted.call(method, data, min(allowed_roles(method)))


def _examine(hosted: Hosted) -> None:
    for method in hosted.methods():
        if not method.server_streaming:
            _examine_method(hosted, method)


def _examine_method(hosted: Hosted, method: MethodDescriptor) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
    @given(broken(method.input_type))
    def examine(data: bytes) -> None:
        answer = _called(hosted, method, data)
        assert answer.code not in NEVER, (method.full_name, answer)
        assert answer.code == "OK" or answer.reason, (method.full_name, answer)

    examine()


def test_no_bytes_bring_a_defect_to_light_on_sqlite(hosted: Hosted) -> None:
    _examine(hosted)


def test_no_bytes_bring_a_defect_to_light_on_postgresql(hosted_on_postgresql: Hosted) -> None:
    _examine(hosted_on_postgresql)


PARENTS = {"ListDrawLines": "drawLists", "ListFeedRows": "feedBatches"}


def _request(method: MethodDescriptor, **fields: str) -> bytes:
    if "person" in method.input_type.fields_by_name:
        fields["person"] = f"people/{new_id()}"
    if "parent" in method.input_type.fields_by_name:
        fields["parent"] = f"{PARENTS[method.name]}/{new_id()}"
    return GetMessageClass(method.input_type)(**fields).SerializeToString()


def _made_up(method: MethodDescriptor, position: tokens.Position) -> bytes:
    request = GetMessageClass(method.input_type).FromString(_request(method))
    return _request(method, page_token=next_page_token(request, position))  # type: ignore[type-var]  # by its fields


def _list_through(hosted: Hosted) -> None:
    for method in hosted.methods():
        if "page_token" not in method.input_type.fields_by_name:
            continue
        for position in POSITIONS:
            answer = _called(hosted, method, _made_up(method, position))
            assert answer.code not in NEVER, (method.full_name, position, answer)


def test_a_made_up_position_in_a_page_token_is_no_defect_on_sqlite(hosted: Hosted) -> None:
    _list_through(hosted)


def test_a_made_up_position_in_a_page_token_is_no_defect_on_postgresql(hosted_on_postgresql: Hosted) -> None:
    _list_through(hosted_on_postgresql)


def _filter(hosted: Hosted) -> None:
    for method in hosted.methods():
        if not {"filter", "page_size"} <= set(method.input_type.fields_by_name):
            continue
        unknown = _called(hosted, method, _request(method, filter="nothing = 1"))
        assert (unknown.code, unknown.reason) == ("INVALID_ARGUMENT", "INVALID_FILTER")
        assert unknown.refusal is not None
        for field in unknown.refusal.metadata["fields"].split(", "):
            for operator, value in itertools.product(("=", "!=", "<", ">="), VALUES):
                answer = _called(hosted, method, _request(method, filter=f'{field} {operator} "{value}"'))
                assert answer.code in ("OK", "NOT_FOUND") or answer.reason == "INVALID_FILTER", (
                    method.full_name,
                    field,
                    value,
                )


def test_any_value_in_a_filter_is_compared_or_refused_on_sqlite(hosted: Hosted) -> None:
    _filter(hosted)


def test_any_value_in_a_filter_is_compared_or_refused_on_postgresql(hosted_on_postgresql: Hosted) -> None:
    _filter(hosted_on_postgresql)


def test_bytes_that_are_no_message_are_named_so(hosted: Hosted) -> None:
    for method in hosted.methods():
        answer = _called(hosted, method, b"\x0a\xff\xff\xff\xff\x7f")
        assert (answer.code, answer.reason) == ("INVALID_ARGUMENT", "MALFORMED_MESSAGE"), method.full_name


def test_four_mebibytes_and_one_byte_are_too_much(hosted: Hosted) -> None:
    for method in hosted.methods():
        answer = _called(hosted, method, bytes(MAX_MESSAGE_BYTES + 1))
        assert (answer.code, answer.reason) == ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE"), method.full_name


def test_four_mebibytes_are_read(hosted: Hosted) -> None:
    method = hosted.methods()[0]
    unknown_field = b"\xfa\x3f"  # field 1023, of which nobody knows; its length follows
    filling = MAX_MESSAGE_BYTES - len(unknown_field) - 4
    length = bytes((filling & 0x7F | 0x80, filling >> 7 & 0x7F | 0x80, filling >> 14 & 0x7F | 0x80, filling >> 21))
    answer = _called(hosted, method, unknown_field + length + bytes(filling))
    assert answer.reason not in {"MESSAGE_TOO_LARGE", "MALFORMED_MESSAGE"}


@pytest.fixture(autouse=True)
def _and_then_the_service_still_answers_and_logged_no_stack(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    name = next(name for name in request.fixturenames if name.startswith("hosted"))
    hosted: Hosted = request.getfixturevalue(name)
    yield
    checked = next(method for method in hosted.methods() if method.name in {"ListCards", "ListDraws", "ListCases"})
    assert _called(hosted, checked, b"").code == "OK"
    # gRPC itself tells, with a stack, of a stream whose client has gone away.
    ours = [record for record in caplog.get_records("call") if record.name.startswith("services.")]
    assert [record.message for record in ours if record.exc_info] == []
