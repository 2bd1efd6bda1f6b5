"""The month's payment list of many pensions: made and released, in the first months and after a year of draws.

The baseline is the same region's second list: what is settled must not make a list slower, however long it has been
paid. The card service is not asked: everybody's account may be paid. The ratio is that of this process's
processor time, with SQLite within it and without PostgreSQL's: a rate on a busy machine says how busy it is.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import sqlalchemy as sa

from services.common.crypto import KeyFile, Vault
from services.common.database import Database
from services.common.ids import new_id
from services.common.months import first_day, parse_month
from services.common.transactions import Transactions
from services.eligibility.assessment import Grounds, assess
from services.eligibility.book.book import Book
from services.eligibility.certification import Certification
from services.eligibility.domain import Amount, EntitlementGrant, EntitlementState, Scheme
from services.eligibility.draw_line import Order
from services.eligibility.entitlement import Entitlement
from services.eligibility.evidence import Evidence, EvidenceKind, EvidenceSource
from services.eligibility.rules.certification.certification import certification_law
from services.eligibility.rules.payability.payability import payability_law
from services.eligibility.service.draw_list import create_draw_list, plan_step, release_draw_list, take_step
from services.eligibility.service.store import Store
from services.eligibility.store import EligibilityStore, opener
from services.local.keys import make_field_keys
from tests.bench.report import Bound, Row
from tests.bench.serving import new_migrated_url
from tests.bench.timing import Sample, Scale

FIRST = parse_month("2026-01")
PAID_MONTHS = 12
_AT_ONCE = 5_000
_FEN = 312_345
_FLAT = Bound("ratio", 0.7, 0.9)
# The draws of the year between: as lists would have made them.
_HISTORY = """
INSERT INTO draw (draw, origin, reference, person, entitlement_reference, scheme, pooling_region, benefit_month,
    pay_date, kind, amount_fen, "offset", offset_fen, account_key, masked_account, reverse_date, reverse_reason, slot,
    create_time)
SELECT entitlement || '-{month}', '', entitlement || '-{month}', person, reference, scheme, pooling_region, {month},
    '2026-01-15', 'REGULAR', {fen}, '', 0, account_key, masked_account, '', '', '{month}/' || reference, create_time
FROM entitlement
"""


@dataclass(slots=True)
class _City:
    """Pensions of one region."""

    transactions: Transactions[Store]
    people: frozenset[str]

    async def pay(self, month: int) -> tuple[Sample, Sample]:
        """Make and release the list of a month; measure both."""
        order = Order(Scheme.EMPLOYEE_PENSION, "370202", month, first_day(month))
        now = datetime.combine(order.pay_date, datetime.min.time(), UTC)
        made = await self.transactions.write(lambda store: create_draw_list(store, order, "operator/wang", now))
        making = await self._work(now)
        await self.transactions.write(lambda store: release_draw_list(store, made.draw_list, None, "reviewer/li", now))
        releasing = await self._work(now)
        return making, releasing

    async def _work(self, now: datetime) -> Sample:
        started, cpu_before = time.perf_counter(), time.process_time()
        while (step := await self.transactions.read(plan_step)) is not None:
            await self.transactions.write(lambda store, step=step: take_step(store, step, self.people, now))  # type: ignore[misc]  # bound at once
        took, cpu_used = time.perf_counter() - started, time.process_time() - cpu_before
        return Sample(len(self.people) / took, cpu_used / len(self.people) * 1e6)


async def run(folder: Path, scale: Scale, backend: str) -> list[Row]:
    """Pay the first two months and, after a year of draws, two more, of which the last is measured."""
    database, city = await _settle(folder, scale.list_people, backend)
    await city.pay(FIRST)
    early = await city.pay(FIRST + 1)
    for month in range(FIRST + 2, FIRST + PAID_MONTHS):
        history = sa.text(_HISTORY.format(month=month, fen=_FEN))
        await database.write(lambda connection, history=history: connection.execute(history))  # type: ignore[misc]  # bound at once
    await city.pay(FIRST + PAID_MONTHS)
    late = await city.pay(FIRST + PAID_MONTHS + 1)
    await database.close()
    name = f"list/{backend}: {scale.list_people:,} pensions, month {PAID_MONTHS + 2}"
    return [
        Row(
            f"{name}, {what}",
            now.per_second,
            "pensions/s",
            "the second month",
            then.per_second,
            (_FLAT,),
            then.cpu_us / now.cpu_us,
            f"by CPU: {now.cpu_us:.0f} us a pension, {then.cpu_us:.0f} in the second month",
        )
        for what, now, then in zip(("made", "released"), late, early, strict=True)
    ]


async def _settle(folder: Path, people: int, backend: str) -> tuple[Database, _City]:
    keys = folder / f"lists-{backend}.keys"
    make_field_keys(keys)
    book, vault = Book.load(), Vault(KeyFile.load(keys))
    database = Database(await asyncio.to_thread(new_migrated_url, folder, backend, "services.eligibility"))
    await database.start()
    law = certification_law(book)
    open_store = opener(vault, _clock, law.weak_kinds(), payability_law(book))
    seen = Evidence(EvidenceSource.HEALTH, "1", "p", EvidenceKind.HOSPITAL_STAY, date(2026, 1, 3), date(2026, 1, 5))
    certified = assess(Grounds(date(2025, 1, 1), date(1960, 1, 1), (seen,)), law)
    named = [new_id() for _ in range(people)]

    def grant(connection: sa.Connection, first: int) -> None:
        store = open_store(connection)
        some = range(first, min(first + _AT_ONCE, people))
        store.entitlements.add([_pension(store, place, named[place], _clock()) for place in some])
        store.certifications.save(
            [Certification(named[place], "370202", None, date(2025, 1, 1), certified) for place in some]
        )

    for first in range(0, people, _AT_ONCE):
        await database.write(lambda connection, first=first: grant(connection, first))  # type: ignore[misc]  # bound at once
    return database, _City(Transactions(database, open_store, _clock), frozenset(named))


def _clock() -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC)


def _pension(store: EligibilityStore, number: int, person: str, now: datetime) -> tuple[Entitlement, EntitlementGrant]:
    start, account = FIRST - 12, f"62220000{number:08d}"
    grant = EntitlementGrant(
        f"A-{number}", person, "employee_pension", Scheme.EMPLOYEE_PENSION, "370202", start, None, _FEN, account
    )
    entitlement = Entitlement(
        entitlement=new_id(),
        reference=grant.reference,
        person=person,
        benefit=grant.benefit,
        scheme=grant.scheme,
        pooling_region=grant.pooling_region,
        start_month=start,
        end_month=None,
        amounts=(Amount(start, _FEN),),
        account=store.entitlements.account_of(account),
        state=EntitlementState.ACTIVE,
        suspensions=(),
        create_time=now,
        update_time=now,
    )
    return entitlement, grant
