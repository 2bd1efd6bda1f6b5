"""A pension office for a test: the whole stack, whose day a test turns, and ssctl at its desks."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, time
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import NamedTuple

from nats.js import JetStreamContext

from services.common import outbox
from services.common.clock import BUREAU_ZONE
from services.common.database import Database
from services.common.identity import check_character
from services.common.messaging import connect
from services.eligibility.app import STREAM
from services.fund_audit.consumer import NAME
from services.local.broker import ADMIN
from tests.integration.admin.desk import Desk, write
from tests.integration.card.city import account
from tests.integration.local.running import eventually
from tests.system.bureau import Bureau

SERVICES = ("card", "eligibility", "fund_audit")
OPENS = time(9, 0)
HEARD_SECONDS = 60.0
"""For fund_audit to have heard all that was told; mostly it takes a fraction of one."""
_numbers, _references = count(1), count(1)


class Paid(NamedTuple):
    """A line of a draw list."""

    month: str
    kind: str
    fen: int
    held: str = ""
    """Why it is not paid; empty when it is."""


@dataclass(frozen=True)
class Pensioner:
    """Somebody whom the office pays."""

    number: str
    person: str
    account: str


def half_up(amount: Fraction) -> int:
    """Round to the whole fen, half up."""
    return int(amount + Fraction(1, 2))


def number_of(birth_date: str, *, woman: bool = False) -> str:
    """Give the next number of nobody who was born on a day."""
    sequence = 2 * next(_numbers) + (0 if woman else 1)
    first = f"370299{birth_date.replace('-', '')}{sequence:03d}"
    return first + check_character(first)


class Office:
    """What the clerk, the second clerk and the auditor do, one command after the other."""

    def __init__(self, bureau: Bureau, folder: Path) -> None:
        self.bureau = bureau
        self.desk = Desk(bureau.folder)
        self._folder = folder
        self._files = count(1)

    def turn_to(self, day: str) -> None:
        """Open on a day, at nine o'clock; days only go on."""
        opens = datetime.combine(datetime.fromisoformat(day), OPENS, BUREAU_ZONE)
        ahead = (opens - self.bureau.clock()).total_seconds()
        self.bureau.clock.advance(seconds=ahead)

    def take_in(self, kind: str, *lines: str, command: tuple[str, ...] = ()) -> None:
        """Import a file, of which all must be accepted."""
        file = write(self._folder, kind, lines, f"{kind}-{next(self._files)}")
        done = self.desk.one(*(command or (kind, "import")), file, "--execute")
        assert (done["accepted"], done["rejected"]) == (len(lines), 0)

    def people(self, division: str, *numbers: str) -> list[Pensioner]:
        """Register people and give them cards."""
        self.take_in("people", *(f"{number},王小明,{division},," for number in numbers))
        found = self.desk.do("people", "resolve", "--identity-number-file", "-", stdin="\n".join(numbers))
        accounts = [account() for _ in numbers]
        self.take_in(
            "cards",
            *(f"{number},370200,102,{paid_to},2020-01-02" for number, paid_to in zip(numbers, accounts, strict=True)),
        )
        return [
            Pensioner(number, str(record["person"]), paid_to)
            for number, record, paid_to in zip(numbers, found, accounts, strict=True)
        ]

    def grant(
        self, reference: str, who: Pensioner, region: str, start: str, fen: int, benefit: str = "employee_pension"
    ) -> str:
        """Put a pension on record; gives its name."""
        scheme = "RESIDENT_PENSION" if benefit == "resident_pension" else "EMPLOYEE_PENSION"
        line = f"{reference},{who.number},{benefit},{scheme},{region},{start},,{fen},{who.account}"
        self.take_in("entitlements", line)
        return str(self.desk.one("entitlements", "list", "--filter", f'reference = "{reference}"')["name"])

    def seen(self, who: Pensioner, kind: str, day: str, source: str = "HEALTH", received: str = "") -> None:
        """Take in what an office knows of somebody."""
        self.take_in("evidence", f"{source},E-{next(_references)},{who.number},{kind},{day},{received or day}")

    def certification(self, who: Pensioner) -> str:
        """Tell where somebody's certification stands."""
        found = self.desk.one("certifications", "get", "--person", who.person)
        return str(found["state"]).removeprefix("CERTIFICATION_STATE_")

    def sweep(self, day: str) -> dict[str, object]:
        return self.desk.one("certifications", "sweep", "create", "--as-of-date", day, "--wait", "--execute")

    def pay(self, region: str, month: str, pay_date: str, scheme: str = "EMPLOYEE_PENSION") -> dict[str, list[Paid]]:
        """Make the list of a month, have it released by a second clerk and paid by the bank; gives it by person."""
        order = ("--scheme", scheme, "--pooling-region", region, "--benefit-month", month, "--pay-date", pay_date)
        made = str(self.desk.one("draw-lists", "create", *order, "--wait", "--execute")["name"])
        self.desk.one("draw-lists", "release", made, "--wait", "--execute", role="reviewer")
        paid: dict[str, list[Paid]] = {}
        orders = []
        for line in self.desk.do("draw-lists", "lines", made, "--limit", "0"):
            kind = str(line["kind"]).removeprefix("DRAW_KIND_")
            held = str(line["hold_reason"])
            told = Paid(str(line["benefit_month"]), kind, int(str(line["amount_fen"])), held)
            paid.setdefault(str(line["person"]), []).append(told)
            if not held:
                reference = f"{made.removeprefix('drawLists/')}-{line['number']}"
                orders.append(f"{line['number']},{line['amount_fen']},PAID,{pay_date},,{reference}")
        self.turn_to(pay_date)
        if orders:
            self.take_in("bank_returns", *orders, command=("draw-lists", "returns", made))
        return paid

    def cases(self, who: Pensioner) -> list[dict[str, object]]:
        """Give what fund_audit flags of somebody, once it has heard all that was told."""
        assert eventually(lambda: asyncio.run(_has_heard_all(self.bureau)), HEARD_SECONDS)
        return self.desk.do("cases", "list", "--subject", who.person, role="auditor")


async def _has_heard_all(bureau: Bureau) -> bool:
    """Tell whether everything was published, and fund_audit has taken all of it."""
    for service in ("card", "eligibility"):
        database = Database(bureau.database_urls[service])
        waiting = await database.read(outbox.unpublished_count)
        await database.close()
        if waiting:
            return False
    async with _broker(bureau) as broker:
        consumers = [await broker.consumer_info(stream, NAME) for stream in ("SOCSEC_CARD", STREAM)]
    return all(one.num_pending == 0 and one.num_ack_pending == 0 for one in consumers)


@asynccontextmanager
async def _broker(bureau: Bureau) -> AsyncIterator[JetStreamContext]:
    client = await connect(bureau.files.nats(bureau.settings, ADMIN), ADMIN)
    try:
        yield client.jetstream()
    finally:
        await client.close()


def of(who: Pensioner, lines: dict[str, list[Paid]]) -> list[Paid]:
    """Give somebody's lines of a list, by month."""
    return sorted(lines.get(who.person, []))


def regular(months: Iterable[str], fen: int) -> list[Paid]:
    return [Paid(month, "REGULAR", fen) for month in months]


def back_pay(months: Iterable[str], fen: int) -> list[Paid]:
    return [Paid(month, "BACK_PAY", fen) for month in months]
