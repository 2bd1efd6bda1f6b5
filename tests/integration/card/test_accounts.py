"""A bank account is one person's: whoever else is to get it with a card is refused, on both databases."""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.card import app
from services.card.service import account_index
from services.card.store.tables import CARD
from services.common.database import Database
from services.common.rpc.status import Refusal, from_status
from socsec.card.v1 import actor_pb2, card_pb2, card_service_pb2, making_pb2
from socsec.type.v1 import batch_pb2
from tests.integration.card.city import account, issue
from tests.integration.card.serving import Served, served
from tests.integration.card.test_api import get, issued, payable, refusal, register
from tests.integration.card.test_making import applied, back, batched, counts, returned, sent
from tests.integration.card.test_merges import approve, cards_of, merged, only_card, proposed, reviewer, undone
from tests.integration.card.test_register import existing, imported
from tests.integration.card.test_timers import idle
from tests.integration.card.test_upkeep_api import bank, by, renewal
from tests.integration.messaging.waiting import until
from tests.support.contracts import ROOT

BANK_NOTICE = by(actor_pb2.ACTOR_KIND_OPERATOR, "BANK_NOTICE")


def refused(result: batch_pb2.BatchResult) -> dict[int, Refusal]:
    return {rejection.index: from_status(rejection.status) for rejection in result.rejections}


def check_refusal(found: Refusal, given: str, line: Mapping[str, str] = {}) -> None:
    assert (found.code, found.reason) == ("FAILED_PRECONDITION", "ACCOUNT_OF_ANOTHER")
    assert found.metadata == {"field": "bank_account", **line}
    assert given not in str(found)


async def person(service: Served) -> str:
    return (await register(service)).name


async def cancelled(service: Served, card: card_pb2.Card) -> None:
    cancel = card_service_pb2.CancelCardRequest(name=card.name, reason=card_pb2.CANCEL_REASON_HOLDER_REQUEST)
    await service.operator.cards.CancelCard(cancel)


async def make(service: Served, card: card_pb2.Card, given: str) -> card_pb2.Card:
    request = card_service_pb2.MakeCardRequest(name=card.name, bank_account=given)
    return await service.operator.cards.MakeCard(request)


async def test_of_two_people_with_one_account_only_the_first_is_issued_a_card(service: Served) -> None:
    first, second, third = [await person(service) for _ in range(3)]
    one = account()
    result = await issued(service, issue(first, bank_account=one), issue(second, bank_account=one), issue(third))
    assert result.accepted == 2
    assert list(refused(result)) == [1]
    check_refusal(refused(result)[1], one)
    later = await issued(service, issue(second, bank_account=one), issue(second))
    assert (later.accepted, list(refused(later))) == (1, [0])
    assert (await issued(service, issue(first, bank_account=one))).repeated_items == 1


async def test_a_card_is_not_made_with_the_account_of_another_person(service: Served) -> None:
    one = account()
    await issued(service, issue(await person(service), bank_account=one))
    (card,) = await applied(service, 1)
    check_refusal(await refusal(make(service, card, one)), one)
    assert (await get(service, card.name)).progress == card_pb2.CARD_PROGRESS_APPLIED
    assert (await make(service, card, account())).progress == card_pb2.CARD_PROGRESS_MADE


async def test_an_account_stays_its_holders_until_the_bank_has_closed_it(service: Served) -> None:
    first, second = await person(service), await person(service)
    one = account()
    await issued(service, issue(first, bank_account=one))
    card = await only_card(service, first)
    await cancelled(service, card)
    check_refusal(refused(await issued(service, issue(second, bank_account=one)))[0], one)
    assert (await issued(service, issue(first, bank_account=one))).accepted == 1
    check_refusal(refused(await issued(service, issue(second, bank_account=one)))[0], one)
    await bank(service, await only_live_card(service, first), "CLOSED", BANK_NOTICE)
    assert (await issued(service, issue(second, bank_account=one))).accepted == 1


async def only_live_card(service: Served, of: str) -> card_pb2.Card:
    wanted = card_service_pb2.ListCardsRequest(filter=f'person = "{of}" AND status = "ENABLED"')
    (card,) = (await service.operator.cards.ListCards(wanted)).cards
    return card


async def test_a_renewed_card_takes_the_account_along_and_keeps_it_for_its_holder(service: Served) -> None:
    other = await person(service)
    card, one = await with_account(service)
    new = await service.operator.upkeep.RenewCard(renewal(card))
    check_refusal(refused(await issued(service, issue(other, bank_account=one)))[0], one)
    made = await make(service, new, one)
    assert made.masked_bank_account == card.masked_bank_account
    check_refusal(refused(await issued(service, issue(other, bank_account=one)))[0], one)
    await bank(service, made, "CLOSED", BANK_NOTICE)
    assert (await issued(service, issue(other, bank_account=one))).accepted == 1


async def with_account(service: Served) -> tuple[card_pb2.Card, str]:
    holder, one = await person(service), account()
    await issued(service, issue(holder, bank_account=one))
    return await only_card(service, holder), one


async def test_a_replaced_card_may_get_its_old_account_and_nobody_else_does(service: Served) -> None:
    card, one = await with_account(service)
    report = card_service_pb2.ReportLossRequest(name=card.name, kind=card_pb2.LOSS_KIND_FORMAL)
    await service.operator.cards.ReportLoss(report)
    new = await service.operator.cards.ReplaceCard(card_service_pb2.ReplaceCardRequest(name=card.name))
    check_refusal(refused(await issued(service, issue(await person(service), bank_account=one)))[0], one)
    assert (await make(service, new, one)).masked_bank_account.endswith(one[-4:])


async def test_a_register_comes_in_without_the_cards_whose_account_is_another_persons(service: Served) -> None:
    first, second = await person(service), await person(service)
    one = account()
    reason = card_pb2.CANCEL_REASON_REPLACED
    old = {"status": card_pb2.CARD_STATUS_CANCELLED, "cancel_reason": reason, "bank_account": one}
    result = await imported(
        service,
        existing(first, 6_000_001, bank_account=one),
        existing(first, 6_000_002, **old),
        existing(second, 6_000_003, bank_account=one),
        existing(second, 6_000_004, bank_account=""),
    )
    assert (result.accepted, list(refused(result))) == (3, [2])
    check_refusal(refused(result)[2], one)
    result = await imported(service, existing(second, 6_000_005, **old), existing(first, 6_000_006, **old))
    assert (result.accepted, list(refused(result))) == (1, [0])
    await bank(service, await only_live_card(service, first), "CLOSED", BANK_NOTICE)  # of the live card it is kept
    assert (await issued(service, issue(await person(service), bank_account=one))).accepted == 1


async def test_a_returned_line_with_another_persons_account_changes_nothing_and_the_others_are_taken(
    service: Served,
) -> None:
    _, taken = await with_account(service)
    await applied(service, 4)
    batch = await batched(service.operator)
    lines = await sent(service, batch.name)
    one = account()

    def said(place: int, given: str) -> making_pb2.MakingReturn:
        return back(lines[place], bank_account=given)

    first = await returned(service, batch.name, 4, said(0, one), said(1, taken))
    assert (first.accepted, list(refused(first))) == (1, [1])
    check_refusal(refused(first)[1], taken, {"serial": "2"})
    second = await returned(service, batch.name, 4, said(2, one), said(3, account()))  # another part of the file
    assert (second.accepted, list(refused(second))) == (1, [0])
    check_refusal(refused(second)[0], one, {"serial": "3"})
    assert (await get(service, lines[1].card)).progress == card_pb2.CARD_PROGRESS_BATCHED
    assert (await returned(service, batch.name, 4, said(1, account()), said(2, account()))).accepted == 2
    assert await counts(service, batch.name) == (4, 4, 0)


async def test_records_of_one_person_share_what_each_of_them_had(service: Served) -> None:
    survivor, other = await person(service), await person(service)
    one = account()
    await issued(service, issue(other, bank_account=one))
    await cancelled(service, await only_card(service, other))
    check_refusal(refused(await issued(service, issue(survivor, bank_account=one)))[0], one)
    await merged(service, survivor, other)
    assert (await issued(service, issue(survivor, bank_account=one))).accepted == 1


async def test_of_those_who_race_for_one_account_one_gets_it(
    service: Served, migrated_url: str, tmp_path: Path
) -> None:
    cards, one, two = await applied(service, 4), account(), account()
    async with served(migrated_url, tmp_path) as second:
        makings = [make(each, card, one) for card, each in zip(cards, (service, second, service, second), strict=True)]
        done = await asyncio.gather(*makings, return_exceptions=True)
        assert len([card for card in done if isinstance(card, card_pb2.Card)]) == 1
        people = [await person(service) for _ in range(2)]
        issues = [issued(each, issue(of, bank_account=two)) for of, each in zip(people, (service, second), strict=True)]
        results = await asyncio.gather(*issues)
    assert sorted(result.accepted for result in results) == [0, 1]
    for result in results:
        for found in refused(result).values():
            check_refusal(found, two)


async def test_cards_from_before_the_index_get_theirs_and_those_with_one_account_are_told(
    migrated_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (app, account_index):
        monkeypatch.setattr(module, "INDEXED_AT_ONCE", 3)  # so that they take several transactions
    async with served(migrated_url, tmp_path, idle) as service:
        card, one = await with_account(service)
        new = await service.operator.upkeep.RenewCard(renewal(card))
        closed, freed = await with_account(service)
        await bank(service, closed, "CLOSED", BANK_NOTICE)
        double, two = await with_account(service)
        (waiting,) = await applied(service, 1)
        await execute(migrated_url, CARD.update().values(account_index=None))
        late, three = await made_by_the_version_before(service, migrated_url)
        again = await service.operator.upkeep.RenewCard(renewal(await make(service, new, one)))
        second = await person(service)
        assert (await issued(service, issue(second, bank_account=two))).accepted == 1  # nobody knows yet
        with caplog.at_level(logging.INFO, logger="services.card.app"):
            async with served(migrated_url, tmp_path):
                await until(lambda: is_told(caplog, "card.accounts_indexed"))
        kept = await execute(migrated_url, sa.select(CARD.c.card, CARD.c.account_index))
        found = {f"cards/{name}": index for name, index in kept}
        assert [name for name, index in found.items() if index is None] == [waiting.name]
        assert found[again.name]
        assert found[late.name]
        assert [found[each.name] for each in (card, new, closed)] == [0] * 3
        told = [record for record in caplog.records if record.message == "card.account_shared"]
        assert [f"cards/{record.__dict__['card']}" for record in told] == [double.name]
        assert (await issued(service, issue(await person(service), bank_account=freed))).accepted == 1
        for given in (one, two, three):
            check_refusal(refused(await issued(service, issue(await person(service), bank_account=given)))[0], given)
        assert [f"cards/{name}" for (name,) in await execute(migrated_url, shared_accounts())] == [double.name]
        await bank(service, await only_live_card(service, second), "CLOSED", BANK_NOTICE)  # it never was this one's
        caplog.clear()
        with caplog.at_level(logging.INFO, logger="services.card.app"):
            async with served(migrated_url, tmp_path):
                await until(lambda: is_told(caplog, "card.accounts_indexed"))
        assert await execute(migrated_url, shared_accounts()) == []
        check_refusal(refused(await issued(service, issue(await person(service), bank_account=two)))[0], two)


async def made_by_the_version_before(service: Served, url: str) -> tuple[card_pb2.Card, str]:
    """Make a card as a process does that serves on while the next version begins: it leaves the index as it was."""
    (waiting,), given = await applied(service, 1), account()
    of_it = CARD.c.card == waiting.name.removeprefix("cards/")
    ((_, before),) = await execute(url, sa.select(CARD.c.card, CARD.c.account_index).where(of_it))
    card = await make(service, waiting, given)
    await execute(url, CARD.update().where(of_it).values(account_index=before))
    return card, given


def shared_accounts() -> sa.TextClause:
    """Give the query by which docs/operations.md finds the cards with an account of somebody else."""
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    return sa.text(next(text for text in page.split("`") if text.startswith("SELECT card FROM card")))


async def is_told(caplog: pytest.LogCaptureFixture, message: str) -> bool:
    return any(record.message == message for record in caplog.records)


async def execute(url: str, statement: sa.Executable) -> list[tuple[object, ...]]:
    database = Database(url)
    await database.start()

    def run(connection: sa.Connection) -> list[tuple[object, ...]]:
        result = connection.execute(statement)
        return [tuple(row) for row in result] if result.returns_rows else []

    found = await database.write(run)
    await database.close()
    return found


async def test_an_account_that_the_other_record_has_got_meanwhile_does_not_come_back_with_an_undo(
    service: Served,
) -> None:
    (kept, _), (duplicate, one) = await with_account(service), await with_account(service)
    merge = await approve(await reviewer(service), await proposed(service, kept.person, duplicate.person, kept.name))
    await cancelled(service, kept)
    assert (await issued(service, issue(kept.person, bank_account=one))).accepted == 1
    await undone(service, merge)
    restored = next(card for card in await cards_of(service, duplicate.person) if card.replaces == duplicate.name)
    assert restored.masked_bank_account == ""
    assert await payable(service, kept.person, duplicate.person) == [True, False]


async def test_a_renewed_card_that_gets_another_account_leaves_the_former_one_its_holders(service: Served) -> None:
    stranger = await person(service)
    card, one = await with_account(service)
    made = await make(service, await service.operator.upkeep.RenewCard(renewal(card)), account())
    check_refusal(refused(await issued(service, issue(stranger, bank_account=one)))[0], one)
    again = await service.operator.upkeep.RenewCard(renewal(made))
    batch = await batched(service.operator)
    [line] = await sent(service, batch.name)
    assert line.card == again.name
    assert (await returned(service, batch.name, 1, back(line, bank_account=one))).accepted == 1  # it is the holder's
    check_refusal(refused(await issued(service, issue(stranger, bank_account=one)))[0], one)
    await bank(service, await get(service, again.name), "CLOSED", BANK_NOTICE)
    assert (await issued(service, issue(stranger, bank_account=one))).accepted == 1
