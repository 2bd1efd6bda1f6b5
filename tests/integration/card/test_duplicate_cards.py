"""Two cards of one person found in the province: one is kept, the other ends, and all that hung on it goes over."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from socsec.card.v1 import (
    actor_pb2,
    application_pb2,
    card_pb2,
    card_service_pb2,
    card_upkeep_service_pb2,
    ecard_pb2,
    ecard_service_pb2,
    person_pb2,
    person_service_pb2,
)
from tests.integration.card.city import identity_number
from tests.integration.card.serving import Served, served
from tests.integration.card.test_api import get, payable, refusal, register
from tests.integration.card.test_applications import create, good, opened
from tests.integration.card.test_delivery import somebody_waits
from tests.integration.card.test_ecards import CHILD, born, delegate, delegates, ecard, shown
from tests.integration.card.test_merges import (
    approve,
    card_of,
    cards_of,
    only_card,
    proposed,
    reviewer,
    undone,
)


@pytest.mark.parametrize("stays", ["survivors", "other"])
async def test_of_two_live_cards_the_merge_keeps_the_one_that_was_chosen(service: Served, stays: str) -> None:
    survivor, other = await register(service), await register(service)
    cards = {"survivors": await card_of(service, survivor.name), "other": await card_of(service, other.name)}
    kept, ended = cards.pop(stays), cards.popitem()[1]
    await create(service, "library", application_pb2.APPLICATION_NEED_IDENTITY_ONLY)
    await opened(service, ended.name, "library")
    merge = await proposed(service, survivor.name, other.name, kept.name)
    assert (await get(service, ended.name)).status == card_pb2.CARD_STATUS_ENABLED  # nothing yet
    done = await approve(await reviewer(service), merge)
    assert (done.kept_card, done.cancelled_card) == (kept.name, ended.name)
    after = await get(service, ended.name)
    assert (after.status, after.cancel_reason) == (card_pb2.CARD_STATUS_CANCELLED, card_pb2.CANCEL_REASON_DUPLICATE)
    assert {card.name for card in await cards_of(service, other.name)} == {kept.name, ended.name}
    assert (await get(service, kept.name)).person == survivor.name
    assert await good(service, "library", card_no=kept.card_no)
    records = await service.operator.upkeep.ListCardOperations(
        card_upkeep_service_pb2.ListCardOperationsRequest(name=ended.name)
    )
    *moved, record, _, _ = records.operations  # it was issued, and the library opened
    transferred = [actor_pb2.OPERATION_KIND_TRANSFER] if stays == "survivors" else []
    assert [one.operation for one in moved] == transferred  # after it had ended, in the same moment
    assert record.operation == actor_pb2.OPERATION_KIND_CANCEL_DUPLICATE
    (proof,) = record.actor.proofs
    assert (record.caller, proof.reference) == ("reviewer/zhao", kept.name)
    await undone(service, merge)
    assert not await good(service, "library", card_no=kept.card_no)
    holders = [(await get(service, card.name)).person for card in (kept, ended)]
    assert holders == ([survivor.name, other.name] if stays == "survivors" else [other.name, survivor.name])
    assert (await get(service, ended.name)).status == card_pb2.CARD_STATUS_CANCELLED  # for good
    (anew,) = [card for card in await cards_of(service, holders[1]) if card.name != ended.name]
    assert (anew.replaces, anew.succession_reason) == (ended.name, card_pb2.SUCCESSION_REASON_MERGE_UNDONE)
    assert (anew.progress, bool(anew.making_due_date)) == (card_pb2.CARD_PROGRESS_APPLIED, True)
    assert await payable(service, *holders) == [True, True]  # nobody's payments stop
    request = card_upkeep_service_pb2.BatchGetPayeeAccountsRequest(people=holders)
    system = await service.client("system", "payer")
    assert len(set((await system.upkeep.BatchGetPayeeAccounts(request)).accounts) - {""}) == 2


async def test_a_merge_does_not_end_the_one_card_while_somebody_cancels_the_other(
    postgresql: str, tmp_path: Path
) -> None:
    """Another process has cancelled the card that is to stay, and not committed yet, when the merge is approved."""
    connection = await asyncpg.connect(postgresql.replace("+asyncpg", ""))
    async with served(postgresql, tmp_path) as service:
        survivor, other = await register(service), await register(service)
        kept, ended = await card_of(service, survivor.name), await card_of(service, other.name)
        merge = await proposed(service, survivor.name, other.name, kept.name)
        second = await reviewer(service)
        async with connection.transaction():
            await connection.execute(
                "UPDATE card SET status = 'CANCELLED', live_person = NULL, cancel_reason = 'HOLDER_REQUEST', "
                "version = version + 1 WHERE card = $1",
                kept.name.removeprefix("cards/"),
            )
            approving = asyncio.create_task(refusal(approve(second, merge)))
            await somebody_waits(connection)
        found = await approving
        assert (found.reason, found.metadata) == ("CARD_STATE", {"found": "NONE", "needed": "LIVE"})
        assert (await get(service, ended.name)).status == card_pb2.CARD_STATUS_ENABLED
    await connection.close()


@pytest.mark.parametrize("stays", ["survivors", "other"])
@pytest.mark.parametrize("owners", [("survivors",), ("other",), ("survivors", "other")], ids="+".join)
async def test_the_electronic_card_goes_over_to_the_card_that_stays_and_back(
    service: Served, stays: str, owners: tuple[str, ...]
) -> None:
    people = {"survivors": await register(service), "other": await register(service)}
    cards = {name: await card_of(service, person.name) for name, person in people.items()}
    before = {name: await issued_ecard(service, people[name].name) for name in owners}
    survivor, other = people["survivors"].name, people["other"].name
    merge = await approve(await reviewer(service), await proposed(service, survivor, other, cards[stays].name))
    (used,) = {str(await ecard_of(service, name)) for name in (survivor, other)}
    shown = await ecard_of(service, survivor)
    assert used == str(shown)
    assert (shown.status, shown.card) == (ecard_pb2.E_CARD_STATUS_USABLE, cards[stays].name)
    await undone(service, merge)
    for name, own in before.items():
        after = await ecard_of(service, people[name].name)
        assert (after.name, after.card) == (own.name, cards[name].name)
        assert (after.status == ecard_pb2.E_CARD_STATUS_USABLE) == (name == stays)
    for name in people.keys() - owners:
        assert (await refusal(ecard_of(service, people[name].name))).reason == "RESOURCE_NOT_FOUND"


async def issued_ecard(service: Served, person: str) -> ecard_pb2.ECard:
    return await service.operator.ecards.IssueECard(ecard_service_pb2.IssueECardRequest(person=person))


async def ecard_of(service: Served, person: str) -> ecard_pb2.ECard:
    return await service.operator.ecards.GetECard(ecard_service_pb2.GetECardRequest(person=person))


async def test_a_card_that_was_to_stay_and_is_gone_stops_the_approval(service: Served) -> None:
    survivor, other = await register(service), await register(service)
    kept, _ = await card_of(service, survivor.name), await card_of(service, other.name)
    merge = await proposed(service, survivor.name, other.name, kept.name)
    await service.operator.cards.CancelCard(
        card_service_pb2.CancelCardRequest(name=kept.name, reason=card_pb2.CANCEL_REASON_HOLDER_REQUEST)
    )
    late = await refusal(approve(await reviewer(service), merge))
    assert (late.reason, late.metadata) == ("CARD_STATE", {"found": "NONE", "needed": "LIVE"})


async def test_family_contact_and_guardian_of_a_merged_record_are_those_of_the_survivor(service: Served) -> None:
    child = await ecard(service, CHILD)
    number = identity_number()
    mother, record = await ecard(service), await register(service, number=number)
    ward = await register(
        service,
        number=born(CHILD),
        representative_identity_number=number,
        representative_kind=person_pb2.REPRESENTATIVE_KIND_GUARDIAN,
    )
    wards = await card_of(service, ward.name)
    delegated = await card_of(service, record.name)
    own = await issued_ecard(service, record.name)
    await delegate(service, child.name, record.name)
    await service.operator.upkeep.ChangeContact(
        card_upkeep_service_pb2.ChangeContactRequest(
            name=delegated.name, contact=card_upkeep_service_pb2.Contact(phone="13800000000", address="1 Some Road")
        )
    )
    assert (await refusal(shown(service, child.name, mother.person))).reason == "NOT_A_DELEGATE"
    await service.operator.people.GetPerson(person_service_pb2.GetPersonRequest(name=record.name))
    kept = await only_card(service, mother.person)
    merge = await approve(await reviewer(service), await proposed(service, mother.person, record.name, kept.name))
    assert await shown(service, child.name, mother.person)
    assert await delegates(service, f'delegate = "{mother.person}"') == [child.name]
    assert (await contact_of(service, kept.name)).phone.startswith("138")
    assert await readers(service, mother.person) == await readers(service, record.name) != []
    guardian = actor_pb2.Actor(
        kind=actor_pb2.ACTOR_KIND_GUARDIAN,
        reference=record.name,
        proofs=[actor_pb2.Proof(kind=actor_pb2.PROOF_KIND_GUARDIAN_IDENTITY)],
    )
    await service.operator.cards.ReportLoss(
        card_service_pb2.ReportLossRequest(name=wards.name, kind=card_pb2.LOSS_KIND_PROVISIONAL, actor=guardian)
    )
    await undone(service, merge)
    assert (await refusal(shown(service, child.name, mother.person))).reason == "NOT_A_DELEGATE"
    assert (await contact_of(service, kept.name)).phone == ""
    assert (await ecard_of(service, record.name)).name == own.name


async def readers(service: Served, person: str) -> list[str]:
    auditor = await service.client("auditor", "li")
    request = person_service_pb2.ListAccessRequest(filter=f'person = "{person}"')
    return [access.person for access in (await auditor.people.ListAccess(request)).accesses]


async def contact_of(service: Served, card: str) -> card_upkeep_service_pb2.Contact:
    request = card_upkeep_service_pb2.GetContactRequest(name=card)
    return await service.operator.upkeep.GetContact(request)
