"""The contract over real gRPC with mTLS, on both databases."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import grpc
import pytest
import sqlalchemy as sa

from services.common.database import Database
from services.common.ids import new_id
from services.common.outbox import EventOutbox
from services.common.rpc.status import Refusal, from_call, from_status
from socsec.card.v1 import (
    actor_pb2,
    card_events_pb2,
    card_pb2,
    card_service_pb2,
    card_service_pb2_grpc,
    person_pb2,
    person_service_pb2,
)
from socsec.type.v1 import batch_pb2
from tests.integration.card.city import account, identity_number, issue, registration
from tests.integration.card.serving import Client, Served, served
from tests.integration.messaging.waiting import until

T = TypeVar("T")
R = TypeVar("R")
OUTBOX: sa.Table = EventOutbox.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass


async def refusal(call: Awaitable[object]) -> Refusal:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return from_call(refused.value)


def reasons(result: batch_pb2.BatchResult) -> dict[int, tuple[str, str]]:
    found = {rejection.index: from_status(rejection.status) for rejection in result.rejections}
    return {index: (one.reason, one.field) for index, one in found.items()}


async def sending(requests: Iterable[R]) -> AsyncIterator[R]:
    for request in requests:
        yield request


async def imported(
    service: Served, *people: person_pb2.PersonRegistration, validate_only: bool = False
) -> batch_pb2.BatchResult:
    request = person_service_pb2.ImportPeopleRequest(batch=3, people=people, validate_only=validate_only)
    (result,) = [result async for result in service.operator.people.ImportPeople(sending([request]))]
    return result


async def issued(
    service: Served, *cards: card_service_pb2.CardIssue, validate_only: bool = False
) -> batch_pb2.BatchResult:
    request = card_service_pb2.IssueCardsRequest(batch=4, cards=cards, validate_only=validate_only)
    (result,) = [result async for result in service.operator.cards.IssueCards(sending([request]))]
    return result


async def register(service: Served, **changed: object) -> person_pb2.Person:
    request = person_service_pb2.RegisterPersonRequest(person=registration(**changed))  # type: ignore[arg-type]  # by name
    return await service.operator.people.RegisterPerson(request)


async def applied(service: Served) -> card_pb2.Card:
    person = await register(service)
    return await service.operator.cards.ApplyCard(
        card_service_pb2.ApplyCardRequest(
            person=person.name, issuing_division="370200", service_bank_code="102", request_id=new_id()
        )
    )


async def made(service: Served) -> card_pb2.Card:
    card = await applied(service)
    request = card_service_pb2.MakeCardRequest(name=card.name, bank_account=account(), etag=card.etag)
    return await service.operator.cards.MakeCard(request)


async def enabled(service: Served) -> card_pb2.Card:
    card = await made(service)
    card = await service.operator.cards.CollectCard(card_service_pb2.CollectCardRequest(name=card.name, etag=card.etag))
    return await service.operator.cards.EnableCard(card_service_pb2.EnableCardRequest(name=card.name, etag=card.etag))


async def lost(service: Served, kind: card_pb2.LossKind.ValueType = card_pb2.LOSS_KIND_FORMAL) -> card_pb2.Card:
    card = await enabled(service)
    return await service.operator.cards.ReportLoss(card_service_pb2.ReportLossRequest(name=card.name, kind=kind))


async def get(service: Served, name: str) -> card_pb2.Card:
    return await service.operator.cards.GetCard(card_service_pb2.GetCardRequest(name=name))


async def payable(service: Served, *people: str) -> Sequence[bool]:
    reply = await service.operator.cards.CheckPayees(card_service_pb2.CheckPayeesRequest(people=people))
    return list(reply.payable)


async def verified(service: Served, card: card_pb2.Card) -> bool:
    by_number = await service.operator.cards.VerifyCard(card_service_pb2.VerifyCardRequest(card_no=card.card_no))
    by_code = await service.operator.cards.VerifyCard(
        card_service_pb2.VerifyCardRequest(card_identification_code=card.card_identification_code)
    )
    assert by_number.valid == by_code.valid
    return by_number.valid


async def events(url: str) -> list[EventOutbox]:
    database = Database(url)
    rows = await database.read(
        lambda connection: connection.execute(sa.select(OUTBOX).order_by(OUTBOX.c.pos)).mappings().all()
    )
    await database.close()
    return [EventOutbox(**row) for row in rows]


async def test_a_person_is_registered_resolved_and_shown_masked(service: Served) -> None:
    number = identity_number()
    person = await register(service, number=number, full_name="欧阳修远", division="370211")
    assert person.masked_identity_number == number[:3] + "*" * 13 + number[-2:]
    assert (person.masked_full_name, person.division) == ("欧阳**", "370211")
    assert person.birth_date.replace("-", "") == number[6:14]
    assert person.document_kind == person_pb2.DOCUMENT_KIND_CITIZEN
    assert person.sex == (person_pb2.SEX_MALE if int(number[16]) % 2 else person_pb2.SEX_FEMALE)
    assert (person.unknown_birth_division, person.etag) == (True, "1")
    assert not person.HasField("representative")
    asked = [number.lower(), identity_number(), "no number", ""]
    found = await service.operator.people.ResolvePeople(person_service_pb2.ResolvePeopleRequest(identity_numbers=asked))
    assert list(found.people) == [person.name, "", "", ""]
    assert await service.operator.people.GetPerson(person_service_pb2.GetPersonRequest(name=person.name)) == person


async def test_a_registered_number_is_refused_with_the_persons_name(service: Served) -> None:
    number = identity_number()
    person = await register(service, number=number)
    found = await refusal(register(service, number=number, full_name="李"))
    assert (found.code, found.reason) == ("ALREADY_EXISTS", "PERSON_EXISTS")
    assert found.metadata == {"resource": person.name}


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("370299196501150011", "WRONG_CHECK_DIGIT"),
        ("370299196502300016", "IMPOSSIBLE_DATE"),
        ("37029920261125001X", "DATE_IN_FUTURE"),
        ("3702991965", "INVALID_IDENTITY_NUMBER"),
        ("", "FIELD_REQUIRED"),
    ],
)
async def test_a_wrong_identity_number_is_refused_by_name_of_the_field(
    service: Served, migrated_url: str, number: str, reason: str
) -> None:
    request = person_service_pb2.RegisterPersonRequest(person=registration("x", identity_number=number))
    found = await refusal(service.operator.people.RegisterPerson(request))
    assert (found.code, found.reason, found.field) == ("INVALID_ARGUMENT", reason, "person.identity_number")
    assert not number or number not in found.message
    assert await events(migrated_url) == []


async def test_a_birth_of_today_counts_by_the_bureaus_calendar(service: Served) -> None:
    born = registration(identity_number="37029920261125001X")
    assert reasons(await imported(service, born)) == {0: ("DATE_IN_FUTURE", "identity_number")}
    service.clock.advance(hours=14)  # 16:00 UTC on the 24th is midnight of the 25th in Qingdao
    assert (await imported(service, born)).accepted == 1


async def test_an_import_answers_for_each_person_and_disturbs_no_other(service: Served, migrated_url: str) -> None:
    child, guardian = identity_number(), identity_number()
    known = registration()
    await imported(service, known)
    result = await imported(
        service,
        registration(child, representative_identity_number=guardian, representative_kind=1),
        registration(guardian, full_name="阿依古丽·买买提"),
        known,
        registration(identity_number="370299196501150011"),
        registration(division="370299"),
        registration(division="990000"),
        registration(full_name=""),
        registration(full_name="王" * 51),
        registration(full_name="王\n明"),
        registration(representative_identity_number=identity_number(), representative_kind=2),
        registration(representative_identity_number=guardian),
        registration(representative_identity_number="1", representative_kind=2),
        registration(child, representative_identity_number=child, representative_kind=2),
        registration(child),
    )
    assert (result.batch, result.accepted, result.repeated_items) == (3, 2, 2)
    assert reasons(result) == {
        3: ("WRONG_CHECK_DIGIT", "identity_number"),
        4: ("UNKNOWN_DIVISION", "division"),
        5: ("UNKNOWN_DIVISION", "division"),
        6: ("FIELD_REQUIRED", "full_name"),
        7: ("INVALID_TEXT", "full_name"),
        8: ("INVALID_TEXT", "full_name"),
        9: ("PERSON_NOT_FOUND", ""),
        10: ("UNKNOWN_VALUE", "representative_kind"),
        11: ("INVALID_IDENTITY_NUMBER", "representative_identity_number"),
        12: ("INVALID_IDENTITY_NUMBER", "representative_identity_number"),
    }
    resolved = await service.operator.people.ResolvePeople(
        person_service_pb2.ResolvePeopleRequest(identity_numbers=[child, guardian])
    )
    found = await service.operator.people.BatchGetPeople(
        person_service_pb2.BatchGetPeopleRequest(names=resolved.people)
    )
    assert [person.name for person in found.people] == list(resolved.people)
    assert found.people[0].representative == person_pb2.Representative(
        person=resolved.people[1], kind=person_pb2.REPRESENTATIVE_KIND_GUARDIAN
    )
    told = await events(migrated_url)
    assert [event.type for event in told] == ["socsec.card.v1.PersonRegistered"] * 3
    message = card_events_pb2.PersonRegistered.FromString(told[1].data)
    assert message.person == found.people[0].name == told[1].subject_resource
    assert (message.birth_date, message.division) == (found.people[0].birth_date, "370202")
    assert message.representative == found.people[0].representative
    assert all(child.encode() not in event.data and "王".encode() not in event.data for event in told)


async def test_two_imports_of_the_same_people_at_once_register_each_once(migrated_url: str, tmp_path: Path) -> None:
    people = [registration() for _ in range(300)]
    async with served(migrated_url, tmp_path) as first, served(migrated_url, tmp_path) as second:
        results = await asyncio.gather(*(imported(each, *people) for each in (first, second) * 3))
    assert sum(result.accepted for result in results) == 300
    assert sum(result.repeated_items for result in results) == 5 * 300
    assert len(await events(migrated_url)) == 300


async def test_a_representative_must_be_registered_first(service: Served) -> None:
    found = await refusal(register(service, representative_identity_number=identity_number(), representative_kind=1))
    assert (found.code, found.reason) == ("NOT_FOUND", "PERSON_NOT_FOUND")


async def test_a_trial_import_tells_the_same_and_keeps_nothing(service: Served, migrated_url: str) -> None:
    one = registration()
    assert (await imported(service, one, validate_only=True)).accepted == 1
    assert await events(migrated_url) == []
    assert (await imported(service, one)).accepted == 1
    holder = (await register(service)).name
    assert (await issued(service, issue(holder), validate_only=True)).accepted == 1
    assert await payable(service, holder) == [False]


async def test_a_batch_has_1_to_1000_items(service: Served) -> None:
    found = await refusal(imported(service))
    assert (found.reason, found.field) == ("FIELD_REQUIRED", "people")
    found = await refusal(imported(service, *[registration("x") for _ in range(1001)]))
    assert (found.reason, found.metadata) == ("BATCH_TOO_LARGE", {"max": "1000"})
    found = await refusal(payable(service, *["people/x"] * 1001))
    assert (found.reason, found.field) == ("BATCH_TOO_LARGE", "people")


async def test_a_stream_answers_each_batch_when_it_is_durable(service: Served) -> None:
    async def requests() -> AsyncIterator[person_service_pb2.ImportPeopleRequest]:
        for batch in range(3):
            yield person_service_pb2.ImportPeopleRequest(batch=batch, people=[registration() for _ in range(50)])

    results = [result async for result in service.operator.people.ImportPeople(requests())]
    assert [(result.batch, result.accepted) for result in results] == [(0, 50), (1, 50), (2, 50)]


async def test_an_unknown_person_is_not_found(service: Served) -> None:
    name = f"people/{new_id()}"
    for call in (
        service.operator.people.GetPerson(person_service_pb2.GetPersonRequest(name=name)),
        service.operator.people.BatchGetPeople(person_service_pb2.BatchGetPeopleRequest(names=[name])),
        service.operator.cards.ApplyCard(
            card_service_pb2.ApplyCardRequest(person=name, issuing_division="370200", service_bank_code="102")
        ),
    ):
        found = await refusal(call)
        assert (found.code, found.reason, found.metadata) == ("NOT_FOUND", "PERSON_NOT_FOUND", {"resource": name})
    found = await refusal(service.operator.people.GetPerson(person_service_pb2.GetPersonRequest(name="people/1")))
    assert (found.reason, found.field) == ("INVALID_RESOURCE_NAME", "name")


async def test_a_reveal_is_recorded_with_caller_and_purpose(service: Served) -> None:
    number = identity_number()
    person = await register(service, number=number)
    auditor = await service.client("auditor", "li")
    request = person_service_pb2.RevealPersonRequest(
        name=person.name, purpose="checking a payment", case_reference="cases/17"
    )
    revealed = await auditor.people.RevealPerson(request)
    assert (revealed.identity_number, revealed.full_name) == (number, "王小明")
    service.clock.advance(seconds=5)
    await (await service.client("reviewer", "zhao")).people.RevealPerson(request)
    listed = await auditor.people.ListReveals(person_service_pb2.ListRevealsRequest())
    assert [reveal.caller for reveal in listed.reveals] == ["reviewer/zhao", "auditor/li"]
    assert listed.reveals[1].purpose == "checking a payment"
    assert listed.reveals[1].case_reference == "cases/17"
    for text, count in (
        ('caller = "auditor/li"', 1),
        (f'person = "{person.name}"', 2),
        ('reveal_time >= "2026-11-24T10:00:05+08:00"', 1),
        ("reveal_time < 2026-11-24T02:00:00Z", 0),
    ):
        found = await auditor.people.ListReveals(person_service_pb2.ListRevealsRequest(filter=text))
        assert len(found.reveals) == count
    asked = person_service_pb2.ListRevealsRequest(filter="reveal_time < 2026-11-24T02:00:00")
    assert (await refusal(auditor.people.ListReveals(asked))).reason == "INVALID_FILTER"


async def test_a_reveal_needs_a_purpose_and_a_person(service: Served) -> None:
    auditor = await service.client("auditor", "li")
    name = f"people/{new_id()}"

    async def asked(name: str, purpose: str, case_reference: str) -> tuple[str, str]:
        request = person_service_pb2.RevealPersonRequest(name=name, purpose=purpose, case_reference=case_reference)
        found = await refusal(auditor.people.RevealPerson(request))
        return found.reason, found.field

    assert await asked(name, "", "cases/1") == ("FIELD_REQUIRED", "purpose")
    assert await asked(name, "why", "cases/1") == ("INVALID_TEXT", "purpose")
    told = f"payment of {identity_number()}"
    assert await asked(name, told, "cases/1") == ("IDENTITY_NUMBER_IN_TEXT", "purpose")
    assert await asked(name, "checking a payment", "") == ("FIELD_REQUIRED", "case_reference")
    assert await asked(name, "checking a payment", "cases/1") == ("PERSON_NOT_FOUND", "")
    listed = await auditor.people.ListReveals(person_service_pb2.ListRevealsRequest())
    assert list(listed.reveals) == []


async def test_a_card_goes_from_application_to_use(service: Served, migrated_url: str) -> None:
    card = await applied(service)
    assert (card.progress, card.status) == (card_pb2.CARD_PROGRESS_APPLIED, card_pb2.CARD_STATUS_UNSPECIFIED)
    assert await payable(service, card.person) == [False]
    card = await service.operator.cards.MakeCard(
        card_service_pb2.MakeCardRequest(name=card.name, bank_account="4111111111111111")
    )
    assert (card.status, card.masked_bank_account) == (card_pb2.CARD_STATUS_SEALED, "*" * 12 + "1111")
    assert (card.issue_date, card.expire_date) == ("2026-11-24", "2036-11-24")
    assert card.card_identification_code.startswith("370200D156000005")
    assert not await verified(service, card)
    card = await service.operator.cards.CollectCard(card_service_pb2.CollectCardRequest(name=card.name))
    card = await service.operator.cards.EnableCard(card_service_pb2.EnableCardRequest(name=card.name))
    assert (card.progress, card.status) == (card_pb2.CARD_PROGRESS_COLLECTED, card_pb2.CARD_STATUS_ENABLED)
    assert card.etag == "4"
    assert await verified(service, card)
    assert await payable(service, card.person, f"people/{new_id()}") == [True, False]
    told = [event for event in await events(migrated_url) if event.aggregate == card.name]
    assert [(event.aggregate_seq, event.type.rpartition(".")[2]) for event in told] == [
        (1, "CardApplied"),
        (2, "CardMade"),
        (3, "CardCollected"),
        (4, "CardEnabled"),
    ]
    message = card_events_pb2.CardMade.FromString(told[1].data)
    assert (message.card, message.person, message.expire_date) == (card.name, card.person, "2036-11-24")
    service.clock.advance(days=3654)
    assert not await verified(service, card)


async def test_an_operation_out_of_order_names_the_states(service: Served) -> None:
    card = await made(service)
    found = await refusal(service.operator.cards.EnableCard(card_service_pb2.EnableCardRequest(name=card.name)))
    assert (found.code, found.reason) == ("FAILED_PRECONDITION", "CARD_STATE")
    assert found.metadata == {"found": "MADE", "needed": "COLLECTED"}
    assert await get(service, card.name) == card


async def test_one_live_card_a_person(service: Served) -> None:
    card = await lost(service)
    request = card_service_pb2.ApplyCardRequest(person=card.person, issuing_division="370200", service_bank_code="102")
    found = await refusal(service.operator.cards.ApplyCard(request))
    assert (found.code, found.reason) == ("FAILED_PRECONDITION", "LIVE_CARD_EXISTS")
    assert found.metadata == {"resource": card.name}
    await service.operator.cards.CancelCard(
        card_service_pb2.CancelCardRequest(name=card.name, reason=card_pb2.CANCEL_REASON_HOLDER_REQUEST)
    )
    assert (await service.operator.cards.ApplyCard(request)).replaces == ""


async def test_a_lost_card_is_found_again_or_replaced(service: Served, migrated_url: str) -> None:
    card = await lost(service, card_pb2.LOSS_KIND_PROVISIONAL)
    assert card.loss_lapse_time.ToJsonString() == "2026-12-04T02:00:00Z"
    assert (await payable(service, card.person), await verified(service, card)) == ([True], False)
    report = card_service_pb2.ReportLossRequest(name=card.name, kind=card_pb2.LOSS_KIND_PROVISIONAL)
    assert await service.operator.cards.ReportLoss(report) == card
    card = await service.operator.cards.CancelLoss(card_service_pb2.CancelLossRequest(name=card.name))
    assert card.status == card_pb2.CARD_STATUS_ENABLED
    report.kind = card_pb2.LOSS_KIND_FORMAL
    card = await service.operator.cards.ReportLoss(report)
    assert await payable(service, card.person) == [False]
    successor = await service.operator.cards.ReplaceCard(card_service_pb2.ReplaceCardRequest(name=card.name))
    assert (successor.replaces, successor.progress) == (card.name, card_pb2.CARD_PROGRESS_APPLIED)
    old = await get(service, card.name)
    assert (old.status, old.cancel_reason) == (card_pb2.CARD_STATUS_CANCELLED, card_pb2.CANCEL_REASON_REPLACED)
    found = await refusal(service.operator.cards.CancelLoss(card_service_pb2.CancelLossRequest(name=card.name)))
    assert found.metadata["found"] == "CANCELLED"
    told = [event for event in await events(migrated_url) if event.aggregate in (card.name, successor.name)]
    assert [event.type.rpartition(".")[2] for event in told[4:]] == [
        "CardLossReported",
        "CardLossCancelled",
        "CardLossReported",
        "CardCancelled",
        "CardApplied",
    ]
    kinds = [card_events_pb2.CardLossReported.FromString(told[place].data).kind for place in (4, 6)]
    assert kinds == [card_pb2.LOSS_KIND_PROVISIONAL, card_pb2.LOSS_KIND_FORMAL]
    assert card_events_pb2.CardApplied.FromString(told[8].data).replaces == card.name


async def test_a_provisional_loss_lapses_by_itself(service: Served, migrated_url: str) -> None:
    card = await lost(service, card_pb2.LOSS_KIND_PROVISIONAL)
    service.clock.advance(days=10)

    async def is_enabled() -> bool:
        return (await get(service, card.name)).status == card_pb2.CARD_STATUS_ENABLED

    await until(is_enabled)
    message = card_events_pb2.CardLossCancelled.FromString((await events(migrated_url))[-1].data)
    assert (message.lapsed, message.status) == (True, card_pb2.CARD_STATUS_ENABLED)


async def test_a_report_after_the_days_have_run_out_counts_anew(migrated_url: str, tmp_path: Path) -> None:
    async with served(
        migrated_url, tmp_path, lambda config: config.model_copy(update={"timer_seconds": 3600.0})
    ) as service:
        card = await lost(service, card_pb2.LOSS_KIND_PROVISIONAL)
        service.clock.advance(days=11)
        again = await service.operator.cards.ReportLoss(
            card_service_pb2.ReportLossRequest(name=card.name, kind=card_pb2.LOSS_KIND_PROVISIONAL, etag=card.etag)
        )
        assert again.loss_lapse_time.ToJsonString() == "2026-12-15T02:00:00Z"
        told = [event.type.rpartition(".")[2] for event in await events(migrated_url)]
        assert told[-2:] == ["CardLossCancelled", "CardLossReported"]


async def test_cards_are_issued_in_one_step_and_each_refusal_says_why(service: Served, migrated_url: str) -> None:
    people = [(await register(service)).name for _ in range(9)]
    result = await issued(
        service,
        issue(people[0]),
        issue(people[0]),
        issue("people/x"),
        issue(f"people/{new_id()}"),
        issue(people[1], issuing_division="110105"),
        issue(people[1], issuing_division="370282"),
        issue(people[1], issuing_division="370282", issue_date="2016-05-01"),
        issue(people[2], service_bank_code="1O2"),
        issue(people[3], bank_account="4111111111111112"),
        issue(people[4], bank_account=""),
        issue(people[5], issue_date="2026-02-30"),
        issue(people[6], issue_date="2026-11-25"),
        issue(people[7], issue_date=""),
        issue(people[8]),
    )
    assert (result.batch, result.accepted, result.repeated_items) == (4, 3, 1)
    assert reasons(result) == {
        2: ("INVALID_RESOURCE_NAME", "person"),
        3: ("PERSON_NOT_FOUND", ""),
        4: ("UNKNOWN_DIVISION", "issuing_division"),
        5: ("UNKNOWN_DIVISION", "issuing_division"),
        7: ("INVALID_TEXT", "service_bank_code"),
        8: ("INVALID_TEXT", "bank_account"),
        9: ("FIELD_REQUIRED", "bank_account"),
        10: ("IMPOSSIBLE_DATE", "issue_date"),
        11: ("DATE_IN_FUTURE", "issue_date"),
        12: ("FIELD_REQUIRED", "issue_date"),
    }
    listed = await service.operator.cards.ListCards(card_service_pb2.ListCardsRequest(filter=f'person = "{people[1]}"'))
    assert [card.expire_date for card in listed.cards] == ["2026-05-01"]
    assert not await verified(service, listed.cards[0])
    told = [event for event in await events(migrated_url) if event.type.endswith("CardIssued")]
    assert [(event.aggregate_seq, event.division) for event in told] == [(1, "370200"), (1, "370282"), (1, "370200")]
    assert (await issued(service, issue(people[0]))).repeated_items == 1
    assert await payable(service, *people[:3]) == [True, True, False]


async def test_cards_are_listed_by_filter_page_by_page(service: Served) -> None:
    people = [(await register(service)).name for _ in range(5)]
    await issued(service, *(issue(person) for person in people))
    waiting = await applied(service)
    request = card_service_pb2.ListCardsRequest(page_size=2, filter="status = ENABLED AND issue_date < 2026-04-01")
    seen: list[str] = []
    while True:
        page = await service.operator.cards.ListCards(request)
        seen += [card.person for card in page.cards]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert sorted(seen) == sorted(people)
    found = await service.operator.cards.ListCards(card_service_pb2.ListCardsRequest(filter="progress = APPLIED"))
    assert list(found.cards) == [waiting]


@pytest.mark.parametrize(
    "text", ["card_no = A00000003", "status = LIVE", "issue_date = 2026-02-30", "person = 370299", "status", "status >"]
)
async def test_a_filter_that_cannot_be_read_is_refused(service: Served, text: str) -> None:
    found = await refusal(service.operator.cards.ListCards(card_service_pb2.ListCardsRequest(filter=text)))
    assert (found.code, found.reason, found.field) == ("INVALID_ARGUMENT", "INVALID_FILTER", "filter")
    assert "issuing_division" in found.metadata["fields"]


async def test_a_page_token_of_another_query_is_refused(service: Served) -> None:
    await issued(service, *[issue((await register(service)).name) for _ in range(2)])
    page = await service.operator.cards.ListCards(card_service_pb2.ListCardsRequest(page_size=1))
    for request in (
        card_service_pb2.ListCardsRequest(page_size=1, page_token=page.next_page_token, filter="status = ENABLED"),
        card_service_pb2.ListCardsRequest(page_size=1, page_token=page.next_page_token[:-2] + "AA"),
    ):
        found = await refusal(service.operator.cards.ListCards(request))
        assert (found.code, found.reason, found.field) == ("INVALID_ARGUMENT", "INVALID_PAGE_TOKEN", "page_token")
    found = await refusal(service.operator.cards.ListCards(card_service_pb2.ListCardsRequest(page_size=-1)))
    assert (found.reason, found.field) == ("VALUE_OUT_OF_RANGE", "page_size")


@pytest.mark.parametrize("etag", ["1", "99", "not ours", "９"])
async def test_a_stale_etag_is_told(service: Served, etag: str) -> None:
    card = await made(service)
    found = await refusal(
        service.operator.cards.CollectCard(card_service_pb2.CollectCardRequest(name=card.name, etag=etag))
    )
    assert (found.code, found.reason) == ("ABORTED", "ETAG_MISMATCH")
    assert await get(service, card.name) == card


async def test_a_repeated_request_gets_the_first_answer_and_another_one_is_refused(service: Served) -> None:
    card = await enabled(service)
    request = card_service_pb2.ReportLossRequest(
        name=card.name, kind=card_pb2.LOSS_KIND_FORMAL, etag=card.etag, request_id="r-1"
    )
    first = await service.operator.cards.ReportLoss(request)
    assert await service.operator.cards.ReportLoss(request) == first
    request.kind = card_pb2.LOSS_KIND_PROVISIONAL
    found = await refusal(service.operator.cards.ReportLoss(request))
    assert (found.code, found.reason, found.field) == ("INVALID_ARGUMENT", "REQUEST_ID_REUSED", "request_id")
    again = registration()
    asked = person_service_pb2.RegisterPersonRequest(person=again, request_id="r-2")
    person = await service.operator.people.RegisterPerson(asked)
    assert await service.operator.people.RegisterPerson(asked) == person


async def test_a_trial_changes_nothing(service: Served) -> None:
    card = await made(service)
    request = card_service_pb2.CollectCardRequest(name=card.name, validate_only=True, request_id="t-1")
    assert (await service.operator.cards.CollectCard(request)).progress == card_pb2.CARD_PROGRESS_COLLECTED
    assert await get(service, card.name) == card


async def test_of_two_operations_on_one_card_one_wins_and_the_other_is_told(service: Served) -> None:
    card = await enabled(service)
    report = card_service_pb2.ReportLossRequest(name=card.name, kind=card_pb2.LOSS_KIND_FORMAL, etag=card.etag)
    cancel = card_service_pb2.CancelCardRequest(name=card.name, reason=card_pb2.CANCEL_REASON_DEATH, etag=card.etag)
    outcomes = await asyncio.gather(
        service.operator.cards.ReportLoss(report), service.operator.cards.CancelCard(cancel), return_exceptions=True
    )
    (winner,) = [outcome for outcome in outcomes if isinstance(outcome, card_pb2.Card)]
    (loser,) = [outcome for outcome in outcomes if isinstance(outcome, grpc.aio.AioRpcError)]
    assert from_call(loser).reason in ("ETAG_MISMATCH", "CONCURRENT_CHANGE")
    assert await get(service, card.name) == winner


async def test_two_services_on_one_database_serialise_a_card(migrated_url: str, tmp_path: Path) -> None:
    async with served(migrated_url, tmp_path) as first, served(migrated_url, tmp_path) as second:
        for _ in range(5):
            card = await enabled(first)
            request = card_service_pb2.CancelCardRequest(name=card.name, reason=card_pb2.CANCEL_REASON_DEATH)
            outcomes = await asyncio.gather(
                *(each.operator.cards.CancelCard(request) for each in (first, second)), return_exceptions=True
            )
            (loser,) = [outcome for outcome in outcomes if isinstance(outcome, grpc.aio.AioRpcError)]
            assert from_call(loser).reason in ("CARD_STATE", "CONCURRENT_CHANGE")
        told = await events(migrated_url)
        assert sum(event.type.endswith("CardCancelled") for event in told) == 5


async def test_a_card_that_is_not_there_and_values_nobody_knows_are_refused(service: Served) -> None:
    name = f"cards/{new_id()}"
    found = await refusal(get(service, name))
    assert (found.code, found.reason, found.metadata) == ("NOT_FOUND", "RESOURCE_NOT_FOUND", {"resource": name})
    for kind in (0, 9):
        found = await refusal(
            service.operator.cards.ReportLoss(card_service_pb2.ReportLossRequest(name=name, kind=kind))  # type: ignore[arg-type]  # on purpose
        )
        assert (found.reason, found.field) == ("UNKNOWN_VALUE", "kind")
    card = await made(service)
    for reason in (0, card_pb2.CANCEL_REASON_REPLACED, 9):
        request = card_service_pb2.CancelCardRequest(name=card.name, reason=reason)  # type: ignore[arg-type]  # on purpose
        found = await refusal(service.operator.cards.CancelCard(request))
        assert (found.reason, found.field) == ("UNKNOWN_VALUE", "reason")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "card_no"),
        ({"card_no": "A00000003", "card_identification_code": "A" * 32}, "card_no"),
        ({"card_no": "A00000004"}, "card_no"),
        ({"card_identification_code": "A" * 31}, "card_identification_code"),
    ],
)
async def test_a_card_is_verified_by_exactly_one_number(service: Served, fields: dict[str, str], field: str) -> None:
    found = await refusal(service.operator.cards.VerifyCard(card_service_pb2.VerifyCardRequest(**fields)))  # type: ignore[arg-type]  # by name
    assert (found.code, found.field) == ("INVALID_ARGUMENT", field)


async def test_a_card_nobody_has_is_not_valid(service: Served) -> None:
    reply = await service.operator.cards.VerifyCard(card_service_pb2.VerifyCardRequest(card_no="A00000003"))
    assert not reply.valid


async def test_each_method_is_closed_to_the_roles_that_it_does_not_name(service: Served) -> None:
    auditor = await service.client("auditor", "li")
    refused: list[Awaitable[object]] = [
        auditor.people.RegisterPerson(person_service_pb2.RegisterPersonRequest()),
        auditor.people.ResolvePeople(person_service_pb2.ResolvePeopleRequest()),
        auditor.cards.CancelCard(card_service_pb2.CancelCardRequest()),
        auditor.cards.VerifyCard(card_service_pb2.VerifyCardRequest()),
        service.operator.people.RevealPerson(person_service_pb2.RevealPersonRequest()),
        service.operator.people.ListReveals(person_service_pb2.ListRevealsRequest()),
    ]
    for call in refused:
        found = await refusal(call)
        assert (found.code, found.reason) == ("PERMISSION_DENIED", "ROLE_NOT_ALLOWED")


async def test_a_caller_without_certificate_is_not_served(service: Served) -> None:
    async with grpc.aio.insecure_channel(service.address) as channel:
        stub: card_service_pb2_grpc.CardServiceAsyncStub = card_service_pb2_grpc.CardServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.GetCard(card_service_pb2.GetCardRequest(name="cards/x"), timeout=5)
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


async def raw(client: Client, method: str, data: bytes) -> Refusal:
    call = client.channel.unary_unary(method, request_serializer=bytes, response_deserializer=bytes)
    return await refusal(call(data))


async def test_bytes_that_are_no_message_and_messages_that_are_too_large_are_refused(service: Served) -> None:
    method = "/socsec.card.v1.CardService/CheckPayees"
    found = await raw(service.operator, method, b"\xff\xff\xff")
    assert (found.code, found.reason) == ("INVALID_ARGUMENT", "MALFORMED_MESSAGE")
    found = await raw(service.operator, method, b"\x0a" * (4 * 1024 * 1024 + 1))
    assert (found.code, found.reason) == ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE")
    assert await payable(service, f"people/{new_id()}") == [False]


async def test_nobody_gets_a_card_for_the_dead_but_who_was_reported_dead_by_mistake(service: Served) -> None:
    card = await enabled(service)
    cancel = card_service_pb2.CancelCardRequest(name=card.name, reason=card_pb2.CANCEL_REASON_DEATH)
    await service.operator.cards.CancelCard(cancel)
    apply = card_service_pb2.ApplyCardRequest(person=card.person, issuing_division="370200", service_bank_code="102")
    found = await refusal(service.operator.cards.ApplyCard(apply))
    assert (found.code, found.reason, found.metadata) == (
        "FAILED_PRECONDITION",
        "HOLDER_DECEASED",
        {"found": "DEATH", "needed": "ALIVE"},
    )
    assert reasons(await issued(service, issue(card.person))) == {0: ("HOLDER_DECEASED", "")}
    seen = actor_pb2.Proof(kind=actor_pb2.PROOF_KIND_ALIVE, reference="visit 7")
    kinds = actor_pb2.ProofKind
    papers = [
        actor_pb2.Proof(kind=kinds.Value(f"PROOF_KIND_{name}"), reference="F-1")
        for name in ("AGENT_IDENTITY", "HOLDER_IDENTITY", "AUTHORISATION", "LETTER", "NAME_LIST")
    ]
    for kind, reference in (("AGENT", (await register(service)).name), ("EMPLOYER", "91370200A00000001X")):
        other = actor_pb2.ActorKind.Value(f"ACTOR_KIND_{kind}")
        apply.actor.CopyFrom(actor_pb2.Actor(kind=other, reference=reference, proofs=[*papers, seen]))
        assert (await refusal(service.operator.cards.ApplyCard(apply))).reason == "HOLDER_DECEASED"
    apply.actor.CopyFrom(actor_pb2.Actor(kind=actor_pb2.ACTOR_KIND_OPERATOR, proofs=[seen]))
    again = await service.operator.cards.ApplyCard(apply)
    cancel = card_service_pb2.CancelCardRequest(name=again.name, reason=card_pb2.CANCEL_REASON_HOLDER_REQUEST)
    await service.operator.cards.CancelCard(cancel)
    assert (await issued(service, issue(card.person))).accepted == 1
