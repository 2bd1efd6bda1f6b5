"""The store of eligibility without its service, and the people and payments of a small city."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count

import sqlalchemy as sa

from services.common.crypto import Vault
from services.common.database import Database, T
from services.common.errors import DomainError
from services.common.ids import new_id
from services.common.months import parse_month
from services.common.outbox import EventOutbox
from services.eligibility.book.book import Book
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.domain import OWN, EntitlementGrant, Scheme
from services.eligibility.draw import DrawKind, DrawReport
from services.eligibility.evidence import Evidence, EvidenceKind, EvidenceSource
from services.eligibility.facts import Profile
from services.eligibility.rules.payability.payability import payability_law
from services.eligibility.service.draw import record_draws
from services.eligibility.service.entitlement import change_entitlement, grant_entitlements
from services.eligibility.service.evidence import submit_evidence
from services.eligibility.service.outcome import Outcome
from services.eligibility.service.sweep import create_sweep
from services.eligibility.service.sweep_step import StepSize, plan_step, take_step
from services.eligibility.store import EligibilityStore, opener
from services.eligibility.store.tables.evidence import EVIDENCE
from services.eligibility.sweep import Sweep
from tests.support.certification import LAW

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PARAMETERS = LAW
BOOK = Book.load()
PAYABILITY = payability_law(BOOK)
WEAK = LAW.weak_kinds()
OUTBOX: sa.Table = EventOutbox.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass

_numbers = count(1)


@dataclass
class Opened:
    """A store that each call opens in a transaction of its own."""

    database: Database
    vault: Vault

    async def write(self, work: Callable[[EligibilityStore], T]) -> T:
        return await self.database.write(lambda connection: work(self.open(connection)))

    async def read(self, work: Callable[[EligibilityStore], T]) -> T:
        return await self.database.read(lambda connection: work(self.open(connection)))

    def open(self, connection: sa.Connection) -> EligibilityStore:
        return opener(self.vault, lambda: NOW, WEAK, PAYABILITY)(connection)

    async def rows(self, table: sa.Table) -> list[dict[str, object]]:
        found = await self.database.read(lambda connection: connection.execute(sa.select(table)).mappings().all())
        return [dict(row) for row in found]

    async def rows_of_evidence(self, person: str) -> list[dict[str, object]]:
        return [row for row in await self.rows(EVIDENCE) if row["person"] == person]

    async def told(self, name: str) -> list[tuple[object, object]]:
        """Give aggregate and number of each event of a type, in order."""
        rows = sorted(await self.rows(OUTBOX), key=lambda row: int(str(row["pos"])))
        return [(row["aggregate"], row["aggregate_seq"]) for row in rows if str(row["type"]).endswith(f".{name}")]

    async def grant(
        self, *grants: EntitlementGrant, division: str = "370202", birth: date = date(1960, 5, 5)
    ) -> Outcome:
        profiles = {grant.person: Profile(birth, division) for grant in grants}
        return await self.write(
            lambda opened: grant_entitlements(opened, list(enumerate(grants)), profiles, NOW, PARAMETERS, BOOK)
        )

    async def submit(self, *records: Evidence) -> Outcome:
        return await self.write(lambda opened: submit_evidence(opened, list(enumerate(records)), PARAMETERS))

    async def draw(self, *reports: DrawReport) -> Outcome:
        payable = {report.person for report in reports}
        return await self.write(lambda opened: record_draws(opened, list(enumerate(reports)), payable, NOW))

    async def raise_by(self, grant: EntitlementGrant, fen: int) -> None:
        """Have a pension be worth so much more than was granted, from its first month on."""

        def change(opened: EligibilityStore) -> None:
            found = opened.entitlements.by_reference({grant.reference})[grant.reference]
            amount = grant.monthly_amount_fen + fen
            change_entitlement(
                opened, found.entitlement, None, lambda one: one.change_amount(grant.start_month, amount, "raise", NOW)
            )

        await self.write(change)

    async def step(self, law: CertificationLaw = PARAMETERS, size: StepSize | None = None) -> Sweep | None:
        """Let the sweep at work take a step; None when there is none at work."""
        of_step = size or StepSize()
        sweep = await self.read(lambda opened: opened.sweeps.running())
        if sweep is None:
            return None
        found = await self.read(lambda opened: opened.sweeps.slice(sweep.cursor, of_step.read))
        planned = plan_step(sweep, found, law, of_step)
        return await self.write(lambda opened: take_step(opened, planned, NOW, law, of_step))

    async def sweep(self, day: date, *, dry_run: bool = False, size: StepSize | None = None) -> Sweep:
        """Sweep as of a day, step by step."""
        sweep = await self.write(lambda opened: create_sweep(opened, day, dry_run, NOW))
        while (taken := await self.step(size=size)) is not None:
            sweep = taken
        return sweep

    async def pensioner(self) -> EntitlementGrant:
        """Grant a pension to somebody who was seen since."""
        return (await self.pensioners(1))[0]

    async def pensioners(self, number: int) -> list[EntitlementGrant]:
        """Grant pensions to people who were seen since."""
        grants = [grant_of(new_id()) for _ in range(number)]
        await self.grant(*grants)
        await self.submit(*(evidence_of(grant.person) for grant in grants))
        return grants


def grant_of(person: str, start: str = "2025-06", **changed: object) -> EntitlementGrant:
    number = next(_numbers)
    fields: dict[str, object] = {
        "reference": f"A-{number}",
        "person": person,
        "benefit": "employee_pension",
        "scheme": Scheme.EMPLOYEE_PENSION,
        "pooling_region": "370202",
        "start_month": parse_month(start),
        "end_month": None,
        "monthly_amount_fen": 312_345,
        "account_number": f"62220000{number:08d}",
    }
    return EntitlementGrant(**(fields | changed))  # type: ignore[arg-type]  # by name


def evidence_of(
    person: str,
    kind: EvidenceKind = EvidenceKind.HOSPITAL_STAY,
    day: str = "2026-06-10",
    source: EvidenceSource = EvidenceSource.HEALTH,
) -> Evidence:
    when = date.fromisoformat(day)
    return Evidence(source, f"E-{next(_numbers)}", person, kind, when, when)


def draw_of(grant: EntitlementGrant, month: str = "2026-08", **changed: object) -> DrawReport:
    fields: dict[str, object] = {
        "reference": f"D-{next(_numbers)}",
        "origin": OWN,
        "person": grant.person,
        "entitlement_reference": grant.reference,
        "scheme": grant.scheme,
        "pooling_region": grant.pooling_region,
        "benefit_month": parse_month(month),
        "pay_date": date(2026, 9, 15),
        "kind": DrawKind.REGULAR,
        "amount_fen": grant.monthly_amount_fen,
        "account_number": "",
    }
    return DrawReport(**(fields | changed))  # type: ignore[arg-type]  # by name


def reasons(outcome: Outcome) -> list[tuple[int, str]]:
    return [(index, error.reason) for index, error in outcome.refused]


def raised(outcomes: list[object]) -> list[str]:
    """Give the reasons of those that were refused whole."""
    return [one.reason if isinstance(one, DomainError) else repr(one) for one in outcomes if isinstance(one, Exception)]
