"""The story of an employer's batch: a name list, a return file with failures, a power cut, repetition, a new batch."""

import asyncio
import csv
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from services.card.calendar import load_calendar
from services.common.clock import bureau_date
from services.common.months import add_months
from socsec.card.v1 import actor_pb2, card_pb2, card_service_pb2
from tests.integration.admin.test_making import BACK
from tests.integration.card.city import account, identity_number
from tests.integration.card.serving import Served
from tests.integration.card.test_api import get, refusal, register, verified
from tests.integration.card.test_upkeep_api import HOLDER, by
from tests.system.bureau import Bureau
from tests.system.counter import ONLINE, apply

ASKED = ("--organisation", "91370200A00000002X", "--letter", "letter 12")
PLACE = ("--issuing-division", "370215", "--service-bank-code", "105", "--execute")
SENDER = by(actor_pb2.ACTOR_KIND_EMPLOYER, "LETTER", "AGENT_IDENTITY", "NAME_LIST", reference="91370200A00000002X")


class Desk:
    """The clerk's files, and what ssctl answers of batches."""

    def __init__(self, bureau: Bureau, folder: Path) -> None:
        self._bureau = bureau
        self._folder = folder

    def file(self, name: str, lines: Iterable[str]) -> Path:
        path = self._folder / name
        path.write_text("\n".join(lines) + "\n", "utf-8")
        return path

    async def do(self, *words: str | Path, code: int = 0) -> dict[str, object]:
        result = await asyncio.to_thread(self._bureau.ssctl, "making", *words, "-o", "jsonl")
        assert result.exit_code == code, result.output
        found: dict[str, object] = json.loads(result.stdout or "{}")
        return found

    async def sent(self, batch: str) -> list[dict[str, str]]:
        """Export what the card maker gets."""
        path = self._folder / f"{batch.rpartition('/')[2]}.csv"
        await self.do("export", batch, path)
        return list(csv.DictReader(path.read_text("utf-8").splitlines()))


@pytest.fixture
def desk(bureau: Bureau, tmp_path: Path) -> Desk:
    return Desk(bureau, tmp_path)


def returned(sent: dict[str, str], **said: str) -> str:
    """Write a line of a return file from the one that was sent."""
    return ",".join((sent | said).get(column, "") for column in BACK.split(","))


async def test_an_employers_batch_fails_in_part_is_repeated_and_ends_in_a_second_batch(
    city: Served, bureau: Bureau, desk: Desk
) -> None:
    numbers = [identity_number() for _ in range(5)]
    people = [(await register(city, number=number)).name for number in numbers]
    await apply(city, people[4], HOLDER)  # one has asked at the counter
    header = "identity_number,issuing_division,service_bank_code"
    names = desk.file("names.csv", [header, *(f"{number},370215,105" for number in numbers)])
    told = await desk.do("apply", names, *ASKED, "--execute", code=4)
    assert (told["accepted"], told["rejected"]) == (4, 1)
    assert "LIVE_CARD_EXISTS" in (names.with_name("names.csv.rejects.csv")).read_text("utf-8")

    batch = str((await desk.do("create", *PLACE))["name"])
    lines = await desk.sent(batch)
    cards = [card for card in await listed(city) if card.person in people[:4]]
    today, calendar = bureau_date(city.clock()), load_calendar()
    assert {card.making_due_date for card in cards} == {calendar.after(today, 30).day.isoformat()}
    expires = str(add_months(today, 120))
    made = {"issue_date": str(today), "expire_date": expires, "service_bank_code": "105"}
    back = desk.file(
        "back.csv",
        [
            BACK,
            returned(lines[0], **made, bank_account=account()),
            returned(lines[1], failure_stage="BANK", failure_reason="开户失败"),
            returned(lines[2], failure_stage="CARD_MAKING", failure_reason="芯片损坏"),
            returned(lines[3], **made, bank_account=account()),
        ],
    )
    assert (await desk.do("import", batch, back, "--execute"))["accepted"] == 4
    bureau.kill()
    bureau.serve()
    await bureau.ready()
    assert (await desk.do("import", batch, back, "--execute", "--again"))["repeated"] == 4
    found = await desk.do("get", batch)
    assert (found["made_count"], found["failed_count"]) == (2, 2)

    second = str((await desk.do("create", *PLACE))["name"])
    rest = await desk.sent(second)
    assert sorted(line["identity_number"] for line in rest) == sorted(line["identity_number"] for line in lines[1:3])
    used = {line["card_no"] for line in lines}
    assert not used & {line["card_no"] for line in rest}  # a number that was sent out is nobody's else ever
    again = desk.file("rest.csv", [BACK, *(returned(line, **made, bank_account=account()) for line in rest)])
    assert (await desk.do("import", second, again, "--execute"))["accepted"] == 2

    async with bureau.open() as after:
        await handed_out(after, cards)


async def handed_out(city: Served, cards: list[card_pb2.Card]) -> None:
    """The employer hands the cards out, and each holder enables the own one."""
    for card in cards:
        collect = card_service_pb2.CollectCardRequest(name=card.name, actor=SENDER)
        handed = await city.operator.cards.CollectCard(collect)
        assert handed.status == card_pb2.CARD_STATUS_SEALED
        enable = card_service_pb2.EnableCardRequest(name=card.name, actor=SENDER)
        assert (await refusal(city.operator.cards.EnableCard(enable))).reason == "ACTOR_NOT_ALLOWED"
        enable.actor.CopyFrom(ONLINE)
        assert await verified(city, await city.operator.cards.EnableCard(enable))
    assert len({(await get(city, card.name)).card_no for card in cards}) == 4


async def listed(city: Served) -> list[card_pb2.Card]:
    request = card_service_pb2.ListCardsRequest(filter='issuing_division = "370215"', page_size=1_000)
    return list((await city.operator.cards.ListCards(request)).cards)
