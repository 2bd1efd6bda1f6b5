"""The migrations lead to the schema that the store expects."""

import asyncio
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from services.common import idempotency, lease, outbox
from services.common.crypto import Vault
from services.common.database import Database
from services.common.migrations import migrate
from services.eligibility import store
from services.eligibility.domain import Amount, Suspension
from services.eligibility.service.certification import get_certification, reassess
from services.eligibility.store import EligibilityStore, opener
from tests.integration.eligibility.opened import PARAMETERS, PAYABILITY, WEAK

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
FIRST_ROWS: dict[str, dict[str, object]] = {
    "certification": {
        "person": "p1",
        "division": "370202",
        "birth_date": "1960-05-05",
        "start_date": "2026-01-01",
        "state": "CERTIFIED",
        "state_since": "2026-01-01",
        "valid_to": "2027-01-01",
        "method": "SILENT",
        "last_kind": "HOSPITAL_STAY",
        "last_evidence_date": "2026-01-01",
        "notice_date": "",
        "assessed_to": "2026-02-01",
        "periods": "CERTIFIED 2026-01-01",
        "alarm_death_date": "",
        "alarm_seen_date": "",
        "event_count": 1,
        "version": 1,
        "update_time": NOW,
    },
    "certification_notice": {
        "person": "p1",
        "delivered_date": "2026-01-02",
        "channel": "SMS",
        "counts_from": "2026-01-02",
    },
    "entitlement": {
        "entitlement": "e1",
        "reference": "A-1",
        "person": "p1",
        "benefit": "employee_pension",
        "scheme": "EMPLOYEE_PENSION",
        "pooling_region": "370202",
        "start_month": 24_312,
        "end_month": None,
        "monthly_amount_fen": 312_345,
        "account_key": "ab",
        "masked_account": "****1234",
        "sealed_account": b"sealed",
        "state": "SUSPENDED",
        "suspensions": '[[24315, null, "in custody"]]',
        "create_time": NOW,
        "update_time": NOW,
        "version": 2,
    },
    "draw": {
        "draw": "d1",
        "origin": "",
        "reference": "D-1",
        "person": "p1",
        "entitlement_reference": "A-1",
        "scheme": "EMPLOYEE_PENSION",
        "pooling_region": "370202",
        "benefit_month": 24_312,
        "pay_date": "2026-01-15",
        "kind": "REGULAR",
        "amount_fen": 312_345,
        "account_key": "ab",
        "masked_account": "****1234",
        "reverse_date": "",
        "reverse_reason": "",
        "slot": "A-1/24312",
        "create_time": NOW,
    },
    "evidence": {
        "source": "HEALTH",
        "reference": "H-1",
        "person": "p1",
        "kind": "HOSPITAL_STAY",
        "event_date": "2026-01-01",
        "received_date": "2026-01-03",
        "withdrawn_date": "",
        "withdrawal_reason": "",
    },
    "person_facts": {
        "person": "p1",
        "as_of_date": "2026-01-01",
        "birth_date": "1960-05-05",
        "retirement_group": "MALE_60",
        "contribution_months": 300,
        "deemed_months": None,
        "avg_index_bp": 8_000,
        "account_balance_fen": 12_000_000,
    },
}
"""A row of each kind as the first schema had them."""

EVERY_TABLE = [store.METADATA, idempotency.METADATA, lease.METADATA, outbox.METADATA]


def test_the_migrated_schema_is_that_of_the_tables(database_url: str) -> None:
    migrate(database_url, "services.eligibility")
    migrate(database_url, "services.eligibility")  # once more changes nothing

    def differences(connection: sa.Connection) -> list[object]:
        context = MigrationContext.configure(connection)
        return list(compare_metadata(context, EVERY_TABLE))  # type: ignore[arg-type]  # it takes several

    if database_url.startswith("sqlite"):
        engine = sa.create_engine(database_url)
        with engine.connect() as connection:
            assert differences(connection) == []
        engine.dispose()
        return

    async def look() -> list[object]:
        engine = create_async_engine(database_url)
        async with engine.connect() as connection:
            found = await connection.run_sync(differences)
        await engine.dispose()
        return found

    assert asyncio.run(look()) == []


async def test_rows_of_the_first_schema_are_read_and_go_on_after_every_later_migration(
    database_url: str, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = command.upgrade
    with monkeypatch.context() as patched:
        patched.setattr(command, "upgrade", lambda config, _: upgrade(config, "0001"))
        await asyncio.to_thread(migrate, database_url, "services.eligibility")
    database = Database(database_url)
    await database.start()

    def insert(connection: sa.Connection) -> None:
        for table, row in FIRST_ROWS.items():
            columns = [sa.column(name, type_=sa.DateTime(timezone=True) if row[name] is NOW else None) for name in row]
            connection.execute(sa.table(table, *columns).insert().values(row))

    await database.write(insert)
    await database.close()
    await asyncio.to_thread(migrate, database_url, "services.eligibility")
    database = Database(database_url)
    await database.start()

    def open_store(connection: sa.Connection) -> EligibilityStore:
        return opener(vault, lambda: NOW, WEAK, PAYABILITY)(connection)

    def look(connection: sa.Connection) -> None:
        opened = open_store(connection)
        entitlement = opened.entitlements.get("e1")
        assert entitlement is not None
        assert entitlement.amounts == (Amount(24_312, 312_345),)
        assert entitlement.suspensions == (Suspension(24_315, None, "in custody"),)
        resumed, _ = entitlement.resume(24_317, NOW)
        opened.entitlements.save(resumed)
        facts = opened.facts.of({"p1"})["p1"]
        assert (facts.contribution_months, facts.deemed_months, facts.more) == (300, None, ())
        before = get_certification(opened, "p1")
        assert before.assessment.valid_to == date(2027, 1, 1)
        assert reassess(opened, [before], PARAMETERS)["p1"].assessment.last_event_date == date(2026, 1, 1)

    await database.write(look)
    await database.close()
