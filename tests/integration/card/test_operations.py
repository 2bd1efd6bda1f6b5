"""Who did what to a card and to a person: everything that changes one leaves a record, on both databases."""

import sqlalchemy as sa

from services.card.store.tables import OPERATION
from services.common.database import Database
from socsec.card.v1 import (
    actor_pb2,
    application_pb2,
    application_service_pb2,
    card_pb2,
    card_service_pb2,
    card_upkeep_service_pb2,
    ecard_password_service_pb2,
    ecard_password_service_pb2_grpc,
    ecard_service_pb2,
    person_pb2,
    person_service_pb2,
)
from tests.integration.card.city import identity_number, issue, registration
from tests.integration.card.serving import Served
from tests.integration.card.test_api import enabled, get, lost, refusal, register, sending
from tests.integration.card.test_applications import create, stub
from tests.integration.card.test_merges import merged, only_card, undone
from tests.integration.card.test_register import existing
from tests.integration.card.test_register import imported as taken_over
from tests.integration.card.test_upkeep_api import by, operations
from tests.integration.messaging.waiting import until

LETTER = by(actor_pb2.ACTOR_KIND_OPERATOR, "LETTER")


def told(records: list[actor_pb2.CardOperation]) -> list[str]:
    kinds = actor_pb2.OperationKind
    return [kinds.Name(record.operation).removeprefix("OPERATION_KIND_") for record in records]


async def trail(service: Served, person: str, page_size: int = 2) -> list[actor_pb2.CardOperation]:
    request = card_upkeep_service_pb2.ListPersonOperationsRequest(person=person, page_size=page_size)
    found: list[actor_pb2.CardOperation] = []
    while True:
        page = await service.operator.upkeep.ListPersonOperations(request)
        found += page.operations
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


async def test_what_came_in_a_batch_tells_who_brought_it_and_by_which_letter(service: Served) -> None:
    numbers = [identity_number(), identity_number()]
    people = person_service_pb2.ImportPeopleRequest(people=map(registration, numbers), actor=LETTER)
    assert [result.accepted async for result in service.operator.people.ImportPeople(sending([people]))] == [2]
    asked = person_service_pb2.ResolvePeopleRequest(identity_numbers=numbers)
    one, other = (await service.operator.people.ResolvePeople(asked)).people
    cards = card_service_pb2.IssueCardsRequest(cards=[issue(one)], actor=LETTER)
    assert [result.accepted async for result in service.operator.cards.IssueCards(sending([cards]))] == [1]
    old = existing(other, 71, status=card_pb2.CARD_STATUS_CANCELLED, cancel_reason=card_pb2.CANCEL_REASON_REPLACED)
    assert (await taken_over(service, old, existing(other, 72))).accepted == 2
    card = await only_card(service, one)
    (record,) = await operations(service, card)
    assert (record.card, record.caller, record.etag, record.actor) == (card.name, "operator/wang", "1", LETTER_OF_WANG)
    assert told(await trail(service, one)) == ["ISSUE", "REGISTER_PERSON"]
    records = await trail(service, other, page_size=1)
    assert told(records) == ["IMPORT", "IMPORT", "REGISTER_PERSON"]
    assert len({record.card for record in records}) == 3
    assert records[-1].person == other
    foreign = person_service_pb2.ImportPeopleRequest(people=[registration()], actor=by(actor_pb2.ACTOR_KIND_SCHOOL))
    foreign.actor.reference = "12345678"
    found = await refusal(anext(aiter(service.operator.people.ImportPeople(sending([foreign])))))
    assert (found.reason, found.metadata["operation"]) == ("ACTOR_NOT_ALLOWED", "REGISTER_PERSON")


LETTER_OF_WANG = actor_pb2.Actor(kind=actor_pb2.ACTOR_KIND_OPERATOR, reference="operator/wang", proofs=LETTER.proofs)


async def test_changes_of_a_person_are_recorded_with_their_papers_and_without_numbers(
    service: Served, migrated_url: str
) -> None:
    person, other = await register(service), await register(service)
    numbers = [identity_number(), identity_number()]
    wanted = person_service_pb2.ChangeNameRequest(
        name=person.name, full_name="王大明", actor=by(actor_pb2.ACTOR_KIND_HOLDER, "HOLDER_IDENTITY")
    )
    found = await refusal(service.operator.people.ChangeName(wanted))
    assert (found.reason, found.metadata["needed"]) == ("PROOF_MISSING", "HOLDER_IDENTITY+KEY_DATA")
    wanted.actor.proofs.add(kind=actor_pb2.PROOF_KIND_KEY_DATA, reference="register 12")
    await service.operator.people.ChangeName(wanted)
    await service.operator.people.ChangeName(wanted)  # the name it has: nothing is done, nothing recorded
    for number in numbers:
        reason = person_pb2.NUMBER_CHANGE_REASON_CORRECTION
        request = person_service_pb2.ChangeIdentityNumberRequest(
            name=person.name, identity_number=number, reason=reason
        )
        changed = await service.operator.people.ChangeIdentityNumber(request)
    merge = await merged(service, person.name, other.name)
    records = await trail(service, other.name)
    assert sorted(told(records)) == sorted(
        ["REGISTER_PERSON", "CHANGE_NAME", *["CHANGE_IDENTITY_NUMBER"] * 2, "REGISTER_PERSON"]
        + ["PROPOSE_MERGE", "APPROVE_MERGE"] * 2
    )
    assert {record.regarding for record in records if "MERGE" in told([record])[0]} == {merge.name}
    (renamed,) = [record for record in records if told([record]) == ["CHANGE_NAME"]]
    assert (renamed.person, renamed.caller, renamed.actor) == (person.name, "operator/wang", wanted.actor)
    assert changed.etag == max(record.etag for record in records if told([record]) == ["CHANGE_IDENTITY_NUMBER"])
    await undone(service, merge)
    assert told(await trail(service, other.name))[:2] == ["UNDO_MERGE", "PROPOSE_MERGE_UNDO"]
    database = Database(migrated_url)
    rows = await database.read(lambda connection: connection.execute(sa.select(OPERATION)).all())
    await database.close()
    assert not any(number in str(row) for row in rows for number in numbers)


async def test_what_is_done_beside_a_card_and_by_timers_is_recorded(service: Served) -> None:
    await create(service, "library", application_pb2.APPLICATION_NEED_IDENTITY_ONLY)
    card = await enabled(service)
    holder = by(actor_pb2.ACTOR_KIND_HOLDER, "ONLINE_AUTHENTICATION")
    opening = application_service_pb2.OpenApplicationRequest(card=card.name, application="library", actor=holder)
    closing = application_service_pb2.CloseApplicationRequest(card=card.name, application="library")
    for _ in range(2):  # repeated, it changes nothing
        await stub(service).OpenApplication(opening)
    for _ in range(2):
        await stub(service).CloseApplication(closing)
    closed, opened, *_ = records = await operations(service, card)
    assert told(records)[:3] == ["CLOSE_APPLICATION", "OPEN_APPLICATION", "ENABLE"]
    assert (opened.actor, opened.regarding, closed.regarding) == (holder, *["applications/library"] * 2)
    opening.actor.proofs.clear()
    assert (await refusal(stub(service).OpenApplication(opening))).reason == "PROOF_MISSING"
    made = await service.operator.ecards.IssueECard(ecard_service_pb2.IssueECardRequest(person=card.person))
    record, *_ = await trail(service, card.person)
    assert (told([record]), record.person, record.regarding) == (["ISSUE_ECARD"], card.person, made.name)

    passwords = ecard_password_service_pb2_grpc.ECardPasswordServiceStub(service.operator.channel)
    setting = ecard_password_service_pb2.SetECardPasswordRequest(
        name=made.name, new_password="135790", proof="face, session 4711"
    )
    await passwords.SetECardPassword(setting)
    record, *_ = await trail(service, card.person)
    (proof,) = record.actor.proofs
    assert (told([record]), proof.reference) == (["SET_ECARD_PASSWORD"], "face, session 4711")

    missing = await lost(service, card_pb2.LOSS_KIND_PROVISIONAL)
    service.clock.advance(days=11)

    async def is_back() -> bool:
        return (await get(service, missing.name)).status == card_pb2.CARD_STATUS_ENABLED

    await until(is_back)
    lapsed, *_ = await operations(service, missing)
    assert (told([lapsed]), lapsed.caller, lapsed.actor.kind) == (["LAPSE_LOSS"], "", actor_pb2.ACTOR_KIND_SYSTEM)
    unknown = card_upkeep_service_pb2.ListPersonOperationsRequest(person="people/00000000000000000000000000")
    assert (await refusal(service.operator.upkeep.ListPersonOperations(unknown))).reason == "PERSON_NOT_FOUND"
