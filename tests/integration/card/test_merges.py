"""One person under two records: numbers change, records are merged and parted, over gRPC on both databases."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import TypeAlias

import pytest

from services.common.ids import new_id
from services.common.rpc.status import Refusal
from socsec.card.v1 import card_events_pb2, card_pb2, card_service_pb2, merge_pb2, merge_service_pb2, person_pb2
from socsec.card.v1.person_service_pb2 import (
    ChangeIdentityNumberRequest,
    ChangeNameRequest,
    GetPersonRequest,
    ResolvePeopleRequest,
    RevealPersonRequest,
)
from tests.integration.card.city import identity_number, issue
from tests.integration.card.serving import Client, Served, served
from tests.integration.card.test_api import events, get, issued, payable, refusal, register

CORRECTION = person_pb2.NUMBER_CHANGE_REASON_CORRECTION
NEW_FORM = person_pb2.NUMBER_CHANGE_REASON_NEW_FORM


Reason: TypeAlias = "person_pb2.NumberChangeReason.ValueType"


async def renumber(
    service: Served, person: person_pb2.Person, number: str, reason: Reason = CORRECTION
) -> person_pb2.Person:
    return await service.operator.people.ChangeIdentityNumber(
        ChangeIdentityNumberRequest(name=person.name, identity_number=number, reason=reason)
    )


async def resolved(service: Served, *numbers: str) -> list[str]:
    return list((await service.operator.people.ResolvePeople(ResolvePeopleRequest(identity_numbers=numbers))).people)


async def read(service: Served, name: str) -> person_pb2.Person:
    return await service.operator.people.GetPerson(GetPersonRequest(name=name))


async def reviewer(service: Served) -> Client:
    return await service.client("reviewer", "zhao")


async def proposed(service: Served, survivor: str, merged: str, kept_card: str = "") -> merge_pb2.Merge:
    return await service.operator.merges.ProposeMerge(
        merge_service_pb2.ProposeMergeRequest(
            survivor=survivor,
            merged=merged,
            reason="one face under two numbers",
            case_reference="D-7",
            kept_card=kept_card,
        )
    )


async def approve(client: Client, merge: merge_pb2.Merge, etag: str = "") -> merge_pb2.Merge:
    return await client.merges.ApproveMerge(merge_service_pb2.ApproveMergeRequest(name=merge.name, etag=etag))


async def merged(service: Served, survivor: str, other: str) -> merge_pb2.Merge:
    return await approve(await reviewer(service), await proposed(service, survivor, other))


async def undone(service: Served, merge: merge_pb2.Merge) -> merge_pb2.Merge:
    await service.operator.merges.ProposeMergeUndo(
        merge_service_pb2.ProposeMergeUndoRequest(name=merge.name, reason="they are twins")
    )
    return await (await reviewer(service)).merges.UndoMerge(merge_service_pb2.UndoMergeRequest(name=merge.name))


async def card_of(service: Served, person: str) -> card_pb2.Card:
    assert (await issued(service, issue(person))).accepted == 1
    return await only_card(service, person)


async def only_card(service: Served, person: str) -> card_pb2.Card:
    (card,) = await cards_of(service, person)
    return card


async def cards_of(service: Served, person: str) -> list[card_pb2.Card]:
    request = card_service_pb2.ListCardsRequest(filter=f'person = "{person}"')
    return list((await service.operator.cards.ListCards(request)).cards)


def lasting(record: person_pb2.Person | card_pb2.Card) -> str:
    """Give all of a record that a merge and its undoing must leave as it was."""
    for field in ("etag", "update_time"):
        if field in record.DESCRIPTOR.fields_by_name:
            record.ClearField(field)  # type: ignore[arg-type]  # both have them
    return str(record)


async def told(url: str, kind: str) -> list[bytes]:
    return [event.data for event in await events(url) if event.type == f"socsec.card.v1.{kind}"]


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (identity_number(), identity_number(), CORRECTION),
        ("CHN370285010107", "911124199011220010", NEW_FORM),
        ("H1234567801", "81000018900101001X", person_pb2.NUMBER_CHANGE_REASON_OTHER_DOCUMENT),
        ("01234567", "83000018900101003X", person_pb2.NUMBER_CHANGE_REASON_OTHER_DOCUMENT),
        ("370299650115001", "370299196501150028", CORRECTION),
    ],
)
async def test_a_former_number_still_means_the_person(
    service: Served, migrated_url: str, before: str, after: str, reason: Reason
) -> None:
    person = await register(service, number=before)
    changed = await renumber(service, person, after, reason)
    assert (changed.name, changed.etag) == (person.name, "2")
    assert changed.masked_identity_number != person.masked_identity_number
    assert await resolved(service, before, after) == [person.name] * 2
    again = await refusal(register(service, number=before))
    assert (again.reason, again.metadata) == ("PERSON_EXISTS", {"resource": person.name})
    (data,) = await told(migrated_url, "IdentityNumberChanged")
    event = card_events_pb2.IdentityNumberChanged.FromString(data)
    assert (event.person, event.birth_date, event.reason) == (person.name, changed.birth_date, reason)


async def test_a_number_comes_back_and_is_revealed_with_the_others(service: Served) -> None:
    first, second = identity_number(), identity_number()
    person = await register(service, number=first)
    await renumber(service, person, second)
    back = await renumber(service, person, first)
    assert await renumber(service, person, first) == back  # nothing to do
    assert await resolved(service, first, second) == [person.name] * 2
    auditor = await service.client("auditor", "li")
    shown = await auditor.people.RevealPerson(
        RevealPersonRequest(name=person.name, purpose="comparing two records", case_reference="C-1")
    )
    assert (shown.identity_number, list(shown.other_identity_numbers)) == (first, [second])


async def test_a_number_never_belongs_to_two_people(service: Served) -> None:
    number, former = identity_number(), identity_number()
    other = await register(service, number=former)
    await renumber(service, other, number)
    person = await register(service)
    for taken in (number, former):
        found = await refusal(renumber(service, person, taken))
        assert (found.code, found.reason, found.metadata) == (
            "ALREADY_EXISTS",
            "PERSON_EXISTS",
            {"resource": other.name},
        )
    wrong = await refusal(renumber(service, person, "370299196501150010"))
    assert (wrong.reason, wrong.field) == ("WRONG_CHECK_DIGIT", "identity_number")
    unsaid = await refusal(renumber(service, person, identity_number(), person_pb2.NUMBER_CHANGE_REASON_UNSPECIFIED))
    assert (unsaid.reason, unsaid.field) == ("UNKNOWN_VALUE", "reason")


async def test_who_race_for_one_number_get_it_once(service: Served, migrated_url: str, tmp_path: Path) -> None:
    number = identity_number()
    people = [await register(service) for _ in range(6)]
    async with served(migrated_url, tmp_path) as other:  # a second process on the same database
        outcomes = await asyncio.gather(
            *(renumber(one, person, number) for one, person in zip([service, other] * 3, people, strict=True)),
            *(register(one, number=number) for one in (service, other)),
            return_exceptions=True,
        )
    winners = [outcome for outcome in outcomes if isinstance(outcome, person_pb2.Person)]
    assert [person.name for person in winners] == await resolved(service, number)


async def test_a_name_changes_under_the_version_that_was_read(service: Served, migrated_url: str) -> None:
    person = await register(service, full_name="王小明")
    request = ChangeNameRequest(name=person.name, full_name="欧阳小明", etag=person.etag, request_id=new_id())
    changed = await service.operator.people.ChangeName(request)
    assert (changed.masked_full_name, changed.etag) == ("欧阳**", "2")
    assert await service.operator.people.ChangeName(request) == changed
    stale = await refusal(
        service.operator.people.ChangeName(ChangeNameRequest(name=person.name, full_name="李", etag=person.etag))
    )
    assert (stale.code, stale.reason) == ("ABORTED", "ETAG_MISMATCH")
    unknown = await refusal(
        service.operator.people.ChangeName(ChangeNameRequest(name=f"people/{new_id()}", full_name="李"))
    )
    assert unknown.reason == "PERSON_NOT_FOUND"
    assert len(await told(migrated_url, "NameChanged")) == 1


async def test_both_names_and_all_numbers_mean_the_survivor(service: Served, migrated_url: str) -> None:
    numbers = [identity_number() for _ in range(3)]
    survivor, other = await register(service, number=numbers[0]), await register(service, number=numbers[1])
    await renumber(service, other, numbers[2])
    card = await card_of(service, other.name)
    done = await merged(service, survivor.name, other.name)
    assert (done.state, done.proposer, done.decider) == (
        merge_pb2.MERGE_STATE_MERGED,
        "operator/wang",
        "reviewer/zhao",
    )
    assert await resolved(service, *numbers) == [survivor.name] * 3
    assert (await read(service, other.name)).name == survivor.name
    assert await payable(service, survivor.name, other.name) == [True, True]
    moved = await only_card(service, survivor.name)
    assert (moved.name, moved.person) == (card.name, survivor.name)
    assert (await issued(service, issue(other.name), issue(survivor.name))).repeated_items == 2
    second = await refusal(
        service.operator.cards.ApplyCard(
            card_service_pb2.ApplyCardRequest(person=other.name, issuing_division="370200", service_bank_code="102")
        )
    )
    assert (second.reason, second.metadata) == ("LIVE_CARD_EXISTS", {"resource": card.name})
    renumbered = await refusal(renumber(service, other, identity_number()))
    assert (renumbered.reason, renumbered.metadata) == ("PERSON_MERGED", {"resource": survivor.name})
    (data,) = await told(migrated_url, "PersonMerged")
    event = card_events_pb2.PersonMerged.FromString(data)
    assert (event.person, event.survivor) == (other.name, survivor.name)
    assert len(await told(migrated_url, "CardTransferred")) == 1


async def test_two_live_cards_are_refused_until_it_is_said_which_one_stays(service: Served) -> None:
    survivor, other = await register(service), await register(service)
    cards = [await card_of(service, person.name) for person in (other, survivor)]
    found = await refusal(proposed(service, survivor.name, other.name))
    assert (found.code, found.reason) == ("FAILED_PRECONDITION", "LIVE_CARD_EXISTS")
    assert found.metadata == {"resource": cards[0].name, "other_resource": cards[1].name}
    third = await card_of(service, (await register(service)).name)
    foreign = await refusal(proposed(service, survivor.name, other.name, third.name))
    assert (foreign.reason, foreign.metadata) == ("CARD_STATE", {"found": "NONE", "needed": "LIVE"})
    await service.operator.cards.CancelCard(
        card_service_pb2.CancelCardRequest(name=cards[0].name, reason=card_pb2.CANCEL_REASON_HOLDER_REQUEST)
    )
    merge = await proposed(service, survivor.name, other.name)
    assert (await approve(await reviewer(service), merge)).state == merge_pb2.MERGE_STATE_MERGED
    assert {card.name for card in await cards_of(service, survivor.name)} == {card.name for card in cards}


async def test_an_undo_restores_exactly(service: Served, migrated_url: str) -> None:
    numbers = [identity_number() for _ in range(3)]
    survivor, other = await register(service, number=numbers[0]), await register(service, number=numbers[1])
    await renumber(service, other, numbers[2])
    card = await card_of(service, other.name)
    before = [lasting(await read(service, name)) for name in (survivor.name, other.name)]
    merge = await merged(service, survivor.name, other.name)
    assert (await undone(service, merge)).state == merge_pb2.MERGE_STATE_UNDONE
    assert [lasting(await read(service, name)) for name in (survivor.name, other.name)] == before
    assert await resolved(service, *numbers) == [survivor.name, other.name, other.name]
    assert lasting(await get(service, card.name)) == lasting(card)
    assert await payable(service, survivor.name, other.name) == [False, True]
    assert (await issued(service, issue(survivor.name))).accepted == 1
    (data,) = await told(migrated_url, "PersonMergeUndone")
    assert card_events_pb2.PersonMergeUndone.FromString(data).person == other.name
    sequence = [event.aggregate_seq for event in await events(migrated_url) if event.aggregate == other.name]
    assert sequence == [1, 2, 3, 4]


async def test_a_card_that_replaced_a_moved_one_goes_back_with_it(service: Served) -> None:
    survivor, other = await register(service), await register(service)
    card = await card_of(service, other.name)
    merge = await merged(service, survivor.name, other.name)
    await service.operator.cards.ReportLoss(
        card_service_pb2.ReportLossRequest(name=card.name, kind=card_pb2.LOSS_KIND_FORMAL)
    )
    successor = await service.operator.cards.ReplaceCard(card_service_pb2.ReplaceCardRequest(name=card.name))
    assert successor.person == survivor.name
    await undone(service, merge)
    assert {one.name for one in await cards_of(service, other.name)} == {card.name, successor.name}
    assert await cards_of(service, survivor.name) == []


async def test_records_merged_one_after_the_other_are_parted_in_the_reverse_order(service: Served) -> None:
    numbers = [identity_number() for _ in range(3)]
    first, second, third = [await register(service, number=number) for number in numbers]
    inner = await merged(service, second.name, first.name)
    outer = await merged(service, third.name, second.name)
    assert await resolved(service, *numbers) == [third.name] * 3
    early = await refusal(undone(service, inner))
    assert (early.reason, early.metadata) == ("SURVIVOR_MERGED", {"resource": outer.name})
    await undone(service, outer)
    assert await resolved(service, *numbers) == [second.name, second.name, third.name]
    reviewing = await reviewer(service)
    await reviewing.merges.UndoMerge(merge_service_pb2.UndoMergeRequest(name=inner.name))
    assert await resolved(service, *numbers) == [first.name, second.name, third.name]


async def test_two_who_merge_at_once_leave_no_chain(service: Served, migrated_url: str, tmp_path: Path) -> None:
    numbers = [identity_number() for _ in range(3)]
    first, second, third = [await register(service, number=number) for number in numbers]
    merges = [await proposed(service, second.name, first.name), await proposed(service, third.name, second.name)]
    async with served(migrated_url, tmp_path) as other:
        reviewers = [await reviewer(service), await reviewer(other)]
        await asyncio.gather(*map(approve, reviewers, merges), return_exceptions=True)
    shown = [(await read(service, person.name)).name for person in (first, second, third)]
    assert shown == await resolved(service, *numbers)
    assert shown in (
        [third.name] * 3,  # first the inner merge, then the outer one
        [first.name, third.name, third.name],  # the outer one was first: who is merged takes nobody in
        [second.name, second.name, third.name],  # the two met, and one was told to repeat
    )


@pytest.mark.parametrize("case", ["same", "stranger", "guardian", "twice", "already", "reason"])
async def test_a_proposal_that_cannot_be_is_refused(service: Served, case: str) -> None:
    number = identity_number()
    survivor, other = await register(service, number=number), await register(service)
    expected = {
        "same": "INVALID_RESOURCE_NAME",
        "stranger": "PERSON_NOT_FOUND",
        "guardian": "REPRESENTS_OTHER",
        "twice": "RESOURCE_EXISTS",
        "already": "PERSON_MERGED",
        "reason": "INVALID_TEXT",
    }
    if case == "twice":
        await proposed(service, survivor.name, other.name)
    if case == "already":
        await merged(service, survivor.name, other.name)
    call: Awaitable[object]
    match case:
        case "same":
            call = proposed(service, other.name, other.name)
        case "stranger":
            call = proposed(service, f"people/{new_id()}", other.name)
        case "guardian":
            child = await register(
                service,
                representative_identity_number=number,
                representative_kind=person_pb2.REPRESENTATIVE_KIND_GUARDIAN,
            )
            call = proposed(service, survivor.name, child.name)
        case "reason":
            call = service.operator.merges.ProposeMerge(
                merge_service_pb2.ProposeMergeRequest(
                    survivor=survivor.name, merged=other.name, reason="no", case_reference="D-7"
                )
            )
        case _:
            call = proposed(service, survivor.name, other.name)
    found: Refusal = await refusal(call)
    assert found.reason == expected[case]


async def test_four_eyes_decide_and_the_list_tells_who(service: Served) -> None:
    survivor, other = await register(service), await register(service)
    merge = await proposed(service, survivor.name, other.name)
    same = await refusal(approve(await service.client("reviewer", "wang"), merge))
    assert (same.code, same.reason) == ("PERMISSION_DENIED", "SAME_PERSON")
    operator = await refusal(approve(service.operator, merge))
    assert operator.reason == "ROLE_NOT_ALLOWED"
    stale = await refusal(approve(await reviewer(service), merge, etag="9"))
    assert stale.reason == "ETAG_MISMATCH"
    rejected = await (await reviewer(service)).merges.RejectMerge(
        merge_service_pb2.RejectMergeRequest(name=merge.name, etag=merge.etag)
    )
    assert rejected.state == merge_pb2.MERGE_STATE_REJECTED
    late = await refusal(approve(await reviewer(service), merge))
    assert (late.reason, late.metadata) == ("MERGE_STATE", {"found": "REJECTED", "needed": "PROPOSED"})
    again = await proposed(service, survivor.name, other.name)
    request = merge_service_pb2.ListMergesRequest(filter=f'merged = "{other.name}"', page_size=1)
    page = await service.operator.merges.ListMerges(request)
    request.page_token = page.next_page_token
    assert [*page.merges, *(await service.operator.merges.ListMerges(request)).merges] == [again, rejected]
    assert await service.operator.merges.GetMerge(merge_service_pb2.GetMergeRequest(name=again.name)) == again
