"""Whose data did this caller read between two moments? Answered for everything that shows a person."""

import asyncio
from pathlib import Path

import pytest

from services.card.access import AccessKind, Looked
from services.card.config import CardConfig
from services.card.service.accesses import MOST_WAITING, AccessLog
from services.common.errors import Unavailable
from services.common.ids import new_id
from socsec.card.v1 import (
    card_upkeep_service_pb2,
    delivery_service_pb2,
    delivery_service_pb2_grpc,
    person_pb2,
    person_service_pb2,
)
from tests.integration.card.city import identity_number
from tests.integration.card.serving import NOW, Client, Served, served
from tests.integration.card.test_api import applied, enabled, lost, refusal, register
from tests.integration.card.test_delivery import requested

READ, RESOLVE, REVEAL = (
    person_pb2.ACCESS_KIND_READ,
    person_pb2.ACCESS_KIND_RESOLVE,
    person_pb2.ACCESS_KIND_REVEAL,
)


async def accesses(client: Client, text: str = "", size: int = 2) -> list[person_pb2.Access]:
    request, found = person_service_pb2.ListAccessRequest(filter=text, page_size=size), list[person_pb2.Access]()
    while True:
        page = await client.people.ListAccess(request)
        found += page.accesses
        request.page_token = page.next_page_token
        if not page.next_page_token:
            return found


async def reveal(client: Client, name: str) -> person_service_pb2.RevealPersonResponse:
    request = person_service_pb2.RevealPersonRequest(name=name, purpose="checking a payment", case_reference="C-1")
    return await client.people.RevealPerson(request)


async def test_whose_data_a_caller_read_between_two_moments_is_answered(service: Served) -> None:
    numbers = [identity_number() for _ in range(3)]
    names = [(await register(service, number=number)).name for number in numbers]
    auditor, bank = await service.client("auditor", "li"), await service.client("system", "bank")
    await bank.people.ResolvePeople(
        person_service_pb2.ResolvePeopleRequest(identity_numbers=[numbers[0], identity_number(), numbers[1]])
    )
    service.clock.advance(minutes=1)
    await bank.people.BatchGetPeople(person_service_pb2.BatchGetPeopleRequest(names=names))
    service.clock.advance(minutes=1)
    await reveal(auditor, names[2])
    await bank.people.GetPerson(person_service_pb2.GetPersonRequest(name=names[2]))

    by_bank = await accesses(auditor, 'caller = "system/bank"')
    assert [(access.kind, access.person) for access in by_bank] == [
        (READ, names[2]),
        *((READ, name) for name in reversed(names)),
        (RESOLVE, names[1]),
        (RESOLVE, names[0]),
    ]
    between = (
        'caller = "system/bank" AND access_time >= "2026-11-24T02:01:00Z" AND access_time < "2026-11-24T02:02:00Z"'
    )
    assert {access.person for access in await accesses(auditor, between)} == set(names)
    of_person = await accesses(auditor, f'person = "{names[2]}" AND NOT kind = READ')
    assert [(access.caller, access.kind, access.purpose) for access in of_person] == [
        ("auditor/li", REVEAL, "checking a payment")
    ]
    refused = await refusal(bank.people.ListAccess(person_service_pb2.ListAccessRequest()))
    assert refused.reason == "ROLE_NOT_ALLOWED"


async def test_who_is_not_shown_is_not_in_the_log(service: Served) -> None:
    auditor = await service.client("auditor", "li")
    await register(service)
    missing = await refusal(reveal(auditor, f"people/{new_id()}"))
    assert missing.reason == "PERSON_NOT_FOUND"
    assert await accesses(auditor) == []  # nobody was shown


async def test_who_looks_up_how_a_holder_is_reached_is_in_the_log(service: Served) -> None:
    auditor = await service.client("auditor", "li")
    card = await enabled(service)
    await service.operator.upkeep.GetContact(card_upkeep_service_pb2.GetContactRequest(name=card.name))
    assert [(access.kind, access.person) for access in await accesses(auditor)] == [(READ, card.person)]


async def test_who_changes_a_name_or_only_tries_to_and_who_looks_at_a_delivery_is_in_the_log(service: Served) -> None:
    auditor, number = await service.client("auditor", "li"), identity_number()
    person = await register(service, number=number)
    tried = person_service_pb2.ChangeNameRequest(name=person.name, full_name="王小明", validate_only=True)
    await service.operator.people.ChangeName(tried)
    assert [(access.kind, access.person) for access in await accesses(auditor)] == [(READ, person.name)]
    card = await enabled(service)
    stub = delivery_service_pb2_grpc.DeliveryServiceStub(service.operator.channel)
    look = delivery_service_pb2.GetDeliveryRequest(card=card.name)
    assert (await refusal(stub.GetDelivery(look))).reason == "RESOURCE_NOT_FOUND"
    assert len(await accesses(auditor)) == 1  # nothing was shown
    sent = await applied(service)
    await requested(service, sent.name)
    await stub.GetDelivery(delivery_service_pb2.GetDeliveryRequest(card=sent.name))
    assert [access.person for access in await accesses(auditor)] == [sent.person, person.name]


async def test_accounts_are_told_to_payers_only_and_each_person_stands_in_the_log(service: Served) -> None:
    auditor, payer = await service.client("auditor", "li"), await service.client("system", "eligibility")
    card, missing = await enabled(service), await lost(service)
    nobody = f"people/{new_id()}"
    asked = card_upkeep_service_pb2.BatchGetPayeeAccountsRequest(people=[nobody, missing.person, card.person])
    told = await payer.upkeep.BatchGetPayeeAccounts(asked)
    assert [account[-4:] for account in told.accounts] == ["", "", card.masked_bank_account[-4:]]
    assert [(access.caller, access.person) for access in await accesses(auditor)] == [
        ("system/eligibility", card.person)
    ]
    refused = await refusal(service.operator.upkeep.BatchGetPayeeAccounts(asked))
    assert refused.reason == "ROLE_NOT_ALLOWED"


async def test_a_caller_may_see_so_many_people_in_clear_on_a_day(migrated_url: str, tmp_path: Path) -> None:
    def meagre(config: CardConfig) -> CardConfig:
        return config.model_copy(update={"reveals_per_day": 2})

    async with served(migrated_url, tmp_path, meagre) as service:
        auditor, reviewer = await service.client("auditor", "li"), await service.client("reviewer", "zhao")
        person = await register(service)
        for _ in range(2):
            await reveal(auditor, person.name)
        spent = await refusal(reveal(auditor, person.name))
        assert (spent.code, spent.reason) == ("RESOURCE_EXHAUSTED", "REVEAL_BUDGET_SPENT")
        assert spent.metadata == {"max": "2", "day": "2026-11-24"}
        await reveal(reviewer, person.name)  # everybody has a budget of their own
        service.clock.advance(hours=24)
        await reveal(auditor, person.name)
        assert len(await accesses(auditor, "kind = REVEAL")) == 4


async def test_masked_reads_are_in_the_log_after_a_stop_and_soon_without_one(migrated_url: str, tmp_path: Path) -> None:
    async with served(migrated_url, tmp_path) as service:
        person = await register(service)
        await service.operator.people.GetPerson(person_service_pb2.GetPersonRequest(name=person.name))
    async with served(migrated_url, tmp_path) as service:
        auditor = await service.client("auditor", "li")
        assert [access.person for access in await accesses(auditor)] == [person.name]
        async with served(migrated_url, tmp_path) as other:
            await other.operator.people.GetPerson(person_service_pb2.GetPersonRequest(name=person.name))
            async with asyncio.timeout(5):
                while len(await accesses(auditor)) < 2:  # noqa: ASYNC110  another process writes
                    await asyncio.sleep(0.05)


async def test_reads_wait_for_the_database_and_are_refused_when_too_many_do() -> None:
    tries: list[int] = []

    async def unavailable(_work: object) -> None:
        tries.append(1)
        raise Unavailable("DATABASE_UNAVAILABLE", "away")

    log = AccessLog(unavailable)
    many = Looked("c", AccessKind.READ, "system/bank", ("p",) * (MOST_WAITING + 1), NOW)
    log.note(many)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await log.flush()
    with pytest.raises(Unavailable, match="none is answered"):
        log.note(many)
    assert len(tries) == 2
