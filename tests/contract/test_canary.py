"""Personal data that go in do not come out: not in logs, events, errors, masked replies or the database's files."""

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from services.common.ids import new_id
from services.common.rpc.auth import allowed_roles
from services.common.telemetry import JsonFormatter
from socsec.card.v1 import (
    card_pb2,
    card_service_pb2,
    card_service_pb2_grpc,
    person_pb2,
    person_service_pb2,
    person_service_pb2_grpc,
)
from socsec.eligibility.v1 import (
    draw_pb2,
    draw_service_pb2,
    draw_service_pb2_grpc,
    entitlement_service_pb2,
    entitlement_service_pb2_grpc,
)
from tests.integration.card.city import account, identity_number
from tests.integration.eligibility import messages
from tests.integration.eligibility.serving import Served
from tests.support.database import new_sqlite_url
from tests.support.hosting import SERVICES, Hosted, hosting

NAME = "钱塘江潮生"
NUMBER, REPRESENTATIVE = identity_number(), identity_number()
ACCOUNT = account()
CANARIES = (NAME, NUMBER, REPRESENTATIVE, ACCOUNT, NUMBER[6:14])
"""With the birth date, which is in clear only where the contract says so: in a person as the vault shows one."""


class _Lines(logging.Handler):
    """Keeps every record as the line that it would be."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(JsonFormatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """The log lines of everything in this process, at the most talkative level."""
    root, handler = logging.getLogger(), _Lines()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler.lines
    root.setLevel(level)
    root.removeHandler(handler)


def found_in(content: bytes | str, canaries: Sequence[str] = CANARIES) -> set[str]:
    """Give the canaries that stand in a content, in clear or with their last digit cut off."""
    raw = content.encode() if isinstance(content, str) else content
    forms = {canary: (canary.encode(), canary[:-1].encode(), canary.encode("utf-16-le")) for canary in canaries}
    return {canary for canary, texts in forms.items() if any(text in raw for text in texts)}


def stored(folder: Path) -> bytes:
    """Give all that the database wrote, its journal too."""
    return b"".join(file.read_bytes() for file in sorted(folder.glob("*.db*")))


def events(folder: Path) -> list[bytes]:
    (file,) = folder.glob("*.db")
    with sqlite3.connect(file) as connection:
        return [
            b"".join(str(part).encode() if not isinstance(part, bytes) else part for part in row)
            for row in connection.execute("SELECT type, subject_resource, aggregate, data FROM event_outbox")
        ]


def test_the_vault_keeps_and_tells_nobodys_number_name_or_account(tmp_path: Path, logged: list[str]) -> None:
    with hosting("card", new_sqlite_url(tmp_path), tmp_path) as card:
        people = person_service_pb2_grpc.PersonServiceStub(card.channel("operator"))
        cards = card_service_pb2_grpc.CardServiceStub(card.channel("operator"))
        registration = person_pb2.PersonRegistration(
            identity_number=NUMBER,
            full_name=NAME,
            division="370202",
        )
        representative = person_pb2.PersonRegistration(
            identity_number=REPRESENTATIVE, full_name=NAME, division="370202"
        )
        person = people.RegisterPerson(
            person_service_pb2.RegisterPersonRequest(person=registration, request_id=new_id())
        )
        people.RegisterPerson(person_service_pb2.RegisterPersonRequest(person=representative))
        applied = cards.ApplyCard(
            card_service_pb2.ApplyCardRequest(
                person=person.name, issuing_division="370200", service_bank_code="102", request_id=new_id()
            )
        )
        made = cards.MakeCard(
            card_service_pb2.MakeCardRequest(name=applied.name, bank_account=ACCOUNT, request_id=new_id())
        )
        lost = cards.ReportLoss(card_service_pb2.ReportLossRequest(name=made.name, kind=card_pb2.LOSS_KIND_FORMAL))
        resolved = people.ResolvePeople(person_service_pb2.ResolvePeopleRequest(identity_numbers=[NUMBER]))
        assert list(resolved.people) == [person.name]
        for reply in (person, applied, made, lost):
            assert found_in(reply.SerializeToString(), (NAME, NUMBER, ACCOUNT)) == set()
        told = events(tmp_path)
        assert len(told) >= 4
        assert found_in(b"".join(told), (NAME, NUMBER, REPRESENTATIVE, ACCOUNT)) == set()
        assert found_in(stored(tmp_path), (NAME, NUMBER, REPRESENTATIVE, ACCOUNT)) == set()
    assert found_in("\n".join(logged)) == set()
    assert any("RegisterPerson" in line for line in logged)


def test_eligibility_keeps_and_tells_nobodys_account(tmp_path: Path, logged: list[str]) -> None:
    with hosting("eligibility", new_sqlite_url(tmp_path), tmp_path) as eligibility:
        assert isinstance(eligibility.serving, Served)
        person = eligibility.serving.cards.add(new_id())
        entitlements = entitlement_service_pb2_grpc.EntitlementServiceStub(eligibility.channel("operator"))
        granted = entitlements.GrantEntitlement(
            entitlement_service_pb2.GrantEntitlementRequest(
                entitlement=messages.grant(person, account=ACCOUNT), request_id=new_id()
            )
        )
        assert granted.masked_account.endswith(ACCOUNT[-4:])
        draws = draw_service_pb2_grpc.DrawServiceStub(eligibility.channel("operator"))
        outside = messages.draw(person, granted.reference, origin="bank/102", account=ACCOUNT)
        recorded = draws.RecordDraws(draw_service_pb2.RecordDrawsRequest(batch=1, draws=[outside]))
        assert (recorded.accepted, list(recorded.rejections)) == (1, [])
        listed = draws.ListDraws(draw_service_pb2.ListDrawsRequest())
        assert [draw.kind for draw in listed.draws] == [draw_pb2.DRAW_KIND_REGULAR]
        assert found_in(granted.SerializeToString() + listed.SerializeToString()) == set()
        told = events(tmp_path)
        assert len(told) >= 2
        assert found_in(b"".join(told)) == set()
        assert found_in(stored(tmp_path)) == set()
    assert found_in("\n".join(logged)) == set()


@pytest.fixture(params=SERVICES)
def asked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hosted]:
    with hosting(request.param, new_sqlite_url(tmp_path), tmp_path) as running:
        yield running


def test_no_refusal_repeats_what_was_wrong(asked: Hosted, logged: list[str]) -> None:
    refused = 0
    for method in asked.methods():
        for canary in (NAME, NUMBER, ACCOUNT):
            data = filled(method.input_type, canary).SerializeToString()
            for role in sorted(allowed_roles(method)):
                answer = asked.call(method, data, role)
                refused += answer.code != "OK"
                told = answer.told if answer.code != "OK" else answer.reply
                assert found_in(told, (canary,)) == set(), (method.full_name, answer)
    assert refused > len(asked.methods())
    assert found_in("\n".join(logged)) == set()


def filled(kind: Descriptor, text: str, depth: int = 3) -> Message:
    """Make a message all of whose texts are one text."""
    message: Message = GetMessageClass(kind)()
    for field in kind.fields:
        if field.message_type is not None and depth and not field.message_type.GetOptions().map_entry:
            inner = filled(field.message_type, text, depth - 1)
            _set(message, field, inner)
        elif field.type == FieldDescriptor.TYPE_STRING:
            _set(message, field, text)
    return message


def _set(message: Message, field: FieldDescriptor, value: Message | str) -> None:
    if field.is_repeated:
        getattr(message, field.name).append(value)
    elif isinstance(value, str):
        setattr(message, field.name, value)
    else:
        getattr(message, field.name).CopyFrom(value)
