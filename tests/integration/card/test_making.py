"""Making in batches over real gRPC, on both databases."""

import asyncio
from pathlib import Path

from services.common.rpc.status import from_status
from socsec.card.v1 import (
    actor_pb2,
    card_pb2,
    card_service_pb2,
    making_pb2,
    making_service_pb2,
    making_service_pb2_grpc,
    person_service_pb2,
)
from socsec.type.v1 import batch_pb2
from tests.integration.card.city import account, identity_number
from tests.integration.card.serving import Client, Served, served
from tests.integration.card.test_api import get, reasons, refusal, register, sending
from tests.integration.messaging.waiting import until

EMPLOYER = actor_pb2.Actor(
    kind=actor_pb2.ACTOR_KIND_EMPLOYER,
    reference="91370200A00000001X",
    proofs=[
        actor_pb2.Proof(kind=kind, reference="letter 7")
        for kind in (actor_pb2.PROOF_KIND_LETTER, actor_pb2.PROOF_KIND_AGENT_IDENTITY, actor_pb2.PROOF_KIND_NAME_LIST)
    ],
)


def stub(client: Client) -> "making_service_pb2_grpc.MakingServiceAsyncStub":
    return making_service_pb2_grpc.MakingServiceStub(client.channel)


def wanted(person: str, **changed: str) -> card_service_pb2.CardApplication:
    fields = {"person": person, "issuing_division": "370200", "service_bank_code": "102"}
    return card_service_pb2.CardApplication(**(fields | changed))


async def applying(
    service: Served, *applications: card_service_pb2.CardApplication, actor: actor_pb2.Actor = EMPLOYER
) -> batch_pb2.BatchResult:
    request = card_service_pb2.ApplyCardsRequest(batch=6, actor=actor, applications=applications)
    (result,) = [result async for result in service.operator.cards.ApplyCards(sending([request]))]
    return result


async def applied(service: Served, count: int) -> list[card_pb2.Card]:
    people = [(await register(service)).name for _ in range(count)]
    assert (await applying(service, *map(wanted, people))).accepted == count
    listed = (await service.operator.cards.ListCards(card_service_pb2.ListCardsRequest())).cards
    return sorted((card for card in listed if card.person in people), key=lambda card: card.name)


async def batched(client: Client, most: int = 0, **changed: object) -> making_pb2.MakingBatch:
    request = making_service_pb2.CreateMakingBatchRequest(
        issuing_division="370200",
        service_bank_code="102",
        max_cards=most,
        **changed,  # type: ignore[arg-type]  # by name
    )
    return await stub(client).CreateMakingBatch(request)


async def sent(service: Served, batch: str) -> list[making_pb2.MakingLine]:
    request = making_service_pb2.ExportMakingBatchRequest(name=batch)
    return [line async for line in stub(service.operator).ExportMakingBatch(request)]


def back(line: making_pb2.MakingLine, **changed: object) -> making_pb2.MakingReturn:
    fields: dict[str, object] = {
        "serial": line.serial,
        "card_no": line.card_no,
        "card_identification_code": line.card_identification_code,
        "issue_date": "2026-11-23",
        "expire_date": "2036-11-23",
        "bank_account": account(),
        "identity_number": line.identity_number,
        "full_name": line.full_name,
        "service_bank_code": "102",
        "reset_code": "00814E43238697159900BF7C7A",
        "box_position": f"7-{line.serial}",
    }
    return making_pb2.MakingReturn(**(fields | changed))  # type: ignore[arg-type]  # by name


def failure(line: making_pb2.MakingLine, reason: str, **changed: object) -> making_pb2.MakingReturn:
    stage = making_pb2.FAILURE_STAGE_BANK
    fields: dict[str, object] = {
        "issue_date": "",
        "expire_date": "",
        "bank_account": "",
        "failure_stage": stage,
        "failure_reason": reason,
    }
    return back(line, **(fields | changed))


async def returned(
    service: Served, batch: str, count: int, *lines: making_pb2.MakingReturn, validate_only: bool = False
) -> batch_pb2.BatchResult:
    request = making_service_pb2.ImportReturnRequest(
        batch=5, name=batch, line_count=count, lines=lines, validate_only=validate_only
    )
    (result,) = [result async for result in stub(service.operator).ImportReturn(sending([request]))]
    return result


async def counts(service: Served, batch: str) -> tuple[int, int, int]:
    found = await stub(service.operator).GetMakingBatch(making_service_pb2.GetMakingBatchRequest(name=batch))
    return found.card_count, found.made_count, found.failed_count


async def test_an_employers_batch_comes_back_with_a_failure_that_is_repeated(service: Served) -> None:
    cards = await applied(service, 3)
    assert (await batched(service.operator, validate_only=True)).card_count == 3
    batch = await batched(service.operator)
    assert (await refusal(batched(service.operator))).reason == "NOTHING_TO_MAKE"
    lines = await sent(service, batch.name)
    assert [line.card for line in lines] == [card.name for card in cards]
    assert all(line.full_name and line.identity_number for line in lines)
    assert (await get(service, cards[0].name)).progress == card_pb2.CARD_PROGRESS_BATCHED
    file = [back(lines[0]), failure(lines[1], "开户失败"), back(lines[2])]
    tried = await returned(service, batch.name, 3, *file, validate_only=True)
    assert (tried.accepted, await counts(service, batch.name)) == (3, (3, 0, 0))
    assert (await returned(service, batch.name, 3, *file)).accepted == 3
    assert await counts(service, batch.name) == (3, 2, 1)
    made, failed = await get(service, cards[0].name), await get(service, cards[1].name)
    assert (made.status, made.card_no) == (card_pb2.CARD_STATUS_SEALED, lines[0].card_no)
    assert made.masked_bank_account.endswith(file[0].bank_account[-4:])
    assert (failed.progress, failed.card_no) == (card_pb2.CARD_PROGRESS_APPLIED, "")
    again = await returned(service, batch.name, 3, *file)
    assert (again.accepted, again.repeated_items, len(again.rejections)) == (0, 3, 0)
    assert await get(service, cards[1].name) == failed
    second = await batched(service.operator)
    (line,) = await sent(service, second.name)
    assert line.card == cards[1].name
    assert line.card_no not in {sent.card_no for sent in lines}
    assert (await returned(service, second.name, 1, back(line))).accepted == 1
    assert (await returned(service, batch.name, 3, *file)).repeated_items == 3
    assert (await get(service, cards[1].name)).status == card_pb2.CARD_STATUS_SEALED


async def test_wrong_lines_are_named_one_by_one_and_change_nothing(service: Served) -> None:
    await applied(service, 5)
    batch, other = await batched(service.operator, 4), await batched(service.operator)
    lines, (strange,) = await sent(service, batch.name), await sent(service, other.name)
    result = await returned(
        service,
        batch.name,
        4,
        back(lines[0]),
        back(strange, serial=2),
        back(lines[2]),
        back(lines[2]),  # another account: which is right?
        back(lines[3], bank_account="6222020000000001"),
        back(lines[3], card_no="A00000004"),
        failure(lines[3], "开" * 17),
        back(lines[3], serial=9),
        failure(lines[3], "no account", issue_date="2026-11-23"),
        failure(lines[3], "no account", failure_stage=9),
    )
    assert result.accepted == 1
    assert reasons(result) == {
        1: ("RETURN_FOREIGN_CARD", ""),
        2: ("RETURN_DOUBLED", ""),
        3: ("RETURN_DOUBLED", ""),
        4: ("INVALID_TEXT", "bank_account"),
        5: ("INVALID_TEXT", "card_no"),
        6: ("INVALID_TEXT", "failure_reason"),
        7: ("RETURN_FOREIGN_CARD", ""),
        8: ("VALUE_OUT_OF_RANGE", "issue_date"),
        9: ("UNKNOWN_VALUE", "failure_stage"),
    }
    progress = {line.serial: (await get(service, line.card)).progress for line in lines}
    assert progress == {1: card_pb2.CARD_PROGRESS_MADE} | dict.fromkeys((2, 3, 4), card_pb2.CARD_PROGRESS_BATCHED)
    assert (await returned(service, batch.name, 4, back(lines[0]))).rejections  # made, with another account now
    assert (await refusal(returned(service, batch.name, 5, back(lines[1])))).reason == "RETURN_COUNT"
    unknown = batch.name[:-1] + ("0" if batch.name[-1] != "0" else "1")
    assert (await refusal(returned(service, unknown, 4, back(lines[1])))).reason == "RESOURCE_NOT_FOUND"


async def test_a_card_made_with_other_data_than_it_was_sent_with_is_refused_by_field(service: Served) -> None:
    await applied(service, 7)
    batch = await batched(service.operator)
    lines = await sent(service, batch.name)
    one = account()

    def said(place: int, **changed: str) -> making_pb2.MakingReturn:
        return back(lines[place], **({"identity_number": lines[place].identity_number.lower()} | changed))

    wrong = [
        said(0, identity_number=lines[1].identity_number),
        said(1, full_name="王小朋"),
        said(2, service_bank_code="103"),
        said(3, expire_date="2036-11-22"),
        said(4, bank_account=one),
        said(5, bank_account=one),
    ]
    result = await returned(service, batch.name, 7, *wrong, said(6))
    assert result.accepted == 1
    errors = [from_status(rejection.status) for rejection in result.rejections]
    found = [(error.reason, error.metadata["serial"], error.metadata.get("field", "")) for error in errors]
    assert sorted(found, key=lambda each: each[1]) == [
        ("RETURN_MISMATCH", "1", "identity_number"),
        ("RETURN_MISMATCH", "2", "full_name"),
        ("RETURN_MISMATCH", "3", "service_bank_code"),
        ("RETURN_MISMATCH", "4", "expire_date"),
        ("RETURN_ACCOUNT_DOUBLED", "5", ""),
        ("RETURN_ACCOUNT_DOUBLED", "6", ""),
    ]
    for name in ("identity_number", "full_name", "service_bank_code", "expire_date"):
        silent = await returned(service, batch.name, 7, said(0, **{name: ""}))
        assert (silent.accepted, reasons(silent)) == (0, {0: ("FIELD_REQUIRED", name)})
    assert {(await get(service, line.card)).progress for line in lines[:6]} == {card_pb2.CARD_PROGRESS_BATCHED}
    assert (await returned(service, batch.name, 7, *map(said, range(6)))).accepted == 6
    assert await counts(service, batch.name) == (7, 7, 0)


async def test_cards_that_are_cancelled_meanwhile_keep_no_batch_from_coming_back(service: Served) -> None:
    cards = await applied(service, 3)
    batch = await batched(service.operator)
    lines = await sent(service, batch.name)
    for card in cards[1:]:
        cancel = card_service_pb2.CancelCardRequest(name=card.name, reason=card_pb2.CANCEL_REASON_DEATH)
        await service.operator.cards.CancelCard(cancel)
    _, shown, _ = await sent(service, batch.name)
    assert (shown.cancelled, shown.card_no, shown.full_name) == (True, lines[1].card_no, "")
    cancelled = [await get(service, card.name) for card in cards[1:]]
    file = [back(lines[0]), back(lines[1]), failure(lines[2], "cancelled")]
    assert (await returned(service, batch.name, 3, *file)).accepted == 3
    request = making_service_pb2.GetMakingBatchRequest(name=batch.name)
    found = await stub(service.operator).GetMakingBatch(request)
    assert (found.made_count, found.failed_count, found.cancelled_count) == (1, 0, 2)
    assert found.stage == making_pb2.MAKING_STAGE_RETURNED
    assert [await get(service, card.name) for card in cards[1:]] == cancelled
    again = await returned(service, batch.name, 3, *file)
    assert (again.accepted, again.repeated_items) == (0, 3)


async def test_a_batched_card_is_made_by_nobody_else(service: Served) -> None:
    (card,) = await applied(service, 1)
    await batched(service.operator)
    request = card_service_pb2.MakeCardRequest(name=card.name, bank_account=account())
    assert (await refusal(service.operator.cards.MakeCard(request))).metadata["found"] == "BATCHED"


async def test_two_processes_never_put_one_card_in_two_batches(
    service: Served, migrated_url: str, tmp_path: Path
) -> None:
    cards = await applied(service, 12)
    async with served(migrated_url, tmp_path) as second:
        clients = [service.operator, second.operator] * 3
        batches = await asyncio.gather(*(batched(client, 2) for client in clients), return_exceptions=True)
        made = [batch for batch in batches if isinstance(batch, making_pb2.MakingBatch)]
        while sum(batch.card_count for batch in made) < len(cards):  # what one had locked the other has passed over
            made.append(await batched(second.operator))
        lines = [line for batch in made for line in await sent(service, batch.name)]
    assert sorted(line.card for line in lines) == [card.name for card in cards]
    assert len({line.card_no for line in lines}) == len(cards)
    assert (await refusal(batched(service.operator))).reason == "NOTHING_TO_MAKE"


async def test_an_employer_gets_no_card_for_the_dead(service: Served) -> None:
    dead, waiting = await applied(service, 2)
    cancel = card_service_pb2.CancelCardRequest(name=dead.name, reason=card_pb2.CANCEL_REASON_DEATH)
    await service.operator.cards.CancelCard(cancel)
    again = await applying(service, wanted(dead.person), wanted(waiting.person))
    assert (again.accepted, again.repeated_items, reasons(again)) == (0, 1, {0: ("HOLDER_DECEASED", "")})


async def test_who_was_sent_out_is_in_the_access_log(service: Served) -> None:
    (card,) = await applied(service, 1)
    batch = await batched(service.operator)
    await sent(service, batch.name)
    auditor = await service.client("auditor", "li")
    request = person_service_pb2.ListAccessRequest(filter=f'person = "{card.person}" AND kind = "REVEAL"')
    (found,) = (await auditor.people.ListAccess(request)).accesses
    assert found.case_reference == batch.name.removeprefix("makingBatches/")


async def test_an_employers_name_list_is_applied_for_once_and_may_take_the_longer_time(service: Served) -> None:
    person, other = (await register(service)).name, (await register(service)).name
    nobody = person[:-1] + ("0" if person[-1] != "0" else "1")
    await applying(service, wanted(person))
    result = await applying(
        service, wanted(person), wanted(person, service_bank_code="103"), wanted(nobody), wanted(other), wanted(other)
    )
    assert (result.accepted, result.repeated_items) == (1, 2)
    assert reasons(result) == {1: ("LIVE_CARD_EXISTS", ""), 2: ("PERSON_NOT_FOUND", "")}
    wanted_alone = card_service_pb2.ApplyCardRequest(
        person=(await register(service)).name, issuing_division="370200", service_bank_code="102"
    )
    alone = await service.operator.cards.ApplyCard(wanted_alone)
    listed = (await service.operator.cards.ListCards(card_service_pb2.ListCardsRequest())).cards
    assert all(card.making_due_date > alone.making_due_date for card in listed if card.name != alone.name)


async def test_many_are_applied_for_by_an_employer_or_school_with_a_letter_only(service: Served) -> None:
    person = (await register(service)).name
    assert (await refusal(applying(service, wanted(person), actor=actor_pb2.Actor()))).reason == "ACTOR_NOT_ALLOWED"
    bare = actor_pb2.Actor(kind=EMPLOYER.kind, reference=EMPLOYER.reference)
    assert (await refusal(applying(service, wanted(person), actor=bare))).reason == "PROOF_MISSING"
    somebody = actor_pb2.Actor(kind=EMPLOYER.kind, reference=identity_number(), proofs=EMPLOYER.proofs)
    found = await refusal(applying(service, wanted(person), actor=somebody))  # it would be kept and listed in clear
    assert (found.field, found.reason) == ("actor.reference", "IDENTITY_NUMBER_IN_TEXT")
    unnumbered = actor_pb2.Actor(
        kind=actor_pb2.ACTOR_KIND_SCHOOL,
        reference=EMPLOYER.reference,
        proofs=[actor_pb2.Proof(kind=proof.kind) for proof in EMPLOYER.proofs],
    )
    assert (await refusal(applying(service, wanted(person), actor=unnumbered))).field == "actor.proofs.reference"


async def test_an_employer_hands_out_the_cards_that_it_applied_for_and_no_others(service: Served) -> None:
    (card,) = await applied(service, 1)
    batch = await batched(service.operator)
    await returned(service, batch.name, 1, *map(back, await sent(service, batch.name)))
    other = actor_pb2.Actor(kind=EMPLOYER.kind, reference="91370200A00000003X", proofs=EMPLOYER.proofs)
    collect = card_service_pb2.CollectCardRequest(name=card.name, actor=other)
    assert (await refusal(service.operator.cards.CollectCard(collect))).reason == "CARD_OF_OTHERS"
    collect.actor.reference = EMPLOYER.reference
    del collect.actor.proofs[0]
    collect.actor.proofs.add(kind=actor_pb2.PROOF_KIND_LETTER)
    assert (await refusal(service.operator.cards.CollectCard(collect))).field == "actor.proofs.reference"
    collect.actor.CopyFrom(EMPLOYER)
    assert (await service.operator.cards.CollectCard(collect)).progress == card_pb2.CARD_PROGRESS_COLLECTED


async def test_a_batch_is_listed_by_how_far_it_has_come(service: Served) -> None:
    await applied(service, 2)
    first, second = await batched(service.operator, 1), await batched(service.operator)
    making = stub(service.operator)
    opened = making_pb2.MAKING_STAGE_ACCOUNTS_OPENED
    advance = making_service_pb2.AdvanceMakingBatchRequest(name=first.name, stage=opened)
    assert (await making.AdvanceMakingBatch(advance)).stage == opened
    tried = making_service_pb2.AdvanceMakingBatchRequest(name=second.name, stage=opened, validate_only=True)
    await making.AdvanceMakingBatch(tried)

    async def names(condition: str) -> list[str]:
        request = making_service_pb2.ListMakingBatchesRequest(filter=condition)
        return [batch.name for batch in (await making.ListMakingBatches(request)).making_batches]

    assert await names("") == [second.name, first.name]
    assert await names("stage = ACCOUNTS_OPENED") == [first.name]
    (line,) = await sent(service, first.name)
    await returned(service, first.name, 1, failure(line, "no account"))
    assert await names('stage = RETURNED AND service_bank_code = "102"') == [first.name]
    assert (await refusal(making.AdvanceMakingBatch(advance))).reason == "BATCH_STAGE"


async def test_cards_that_wait_too_long_are_listed_until_they_are_made(service: Served) -> None:
    cards = await applied(service, 3)
    making = stub(service.operator)

    async def overdue(condition: str = "", size: int = 0) -> tuple[list[str], str]:
        request = making_service_pb2.ListOverdueCardsRequest(filter=condition, page_size=size)
        reply = await making.ListOverdueCards(request)
        return [card.name for card in reply.cards], reply.next_page_token

    assert await overdue() == ([], "")
    await batched(service.operator, 1)
    service.clock.advance(days=60)  # 30 working days and the holidays between them

    async def told() -> bool:
        return len((await overdue())[0]) == len(cards)

    await until(told)
    assert await overdue("progress = BATCHED") == ([cards[0].name], "")
    names, token = await overdue(size=2)
    assert names == [cards[0].name, cards[1].name]
    following = making_service_pb2.ListOverdueCardsRequest(page_size=2, page_token=token)
    assert [card.name for card in (await making.ListOverdueCards(following)).cards] == [cards[2].name]
    request = card_service_pb2.MakeCardRequest(name=cards[2].name, bank_account=account())
    await service.operator.cards.MakeCard(request)
    assert (await overdue())[0] == names
