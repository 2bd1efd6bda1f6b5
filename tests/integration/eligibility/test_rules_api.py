"""The rules of the book over real gRPC: today's, and those of a former book that decided."""

from pathlib import Path

import pytest

from services.eligibility.book.book import Book
from socsec.eligibility.v1 import rule_pb2, rule_service_pb2
from tests.integration.eligibility.books import ALLOWANCE, city_law
from tests.integration.eligibility.calls import refusal
from tests.integration.eligibility.serving import Served, served
from tests.integration.eligibility.test_decisions import known_pensioner, record


async def listed(service: Served, size: int = 0, **wanted: str) -> list[rule_pb2.Rule]:
    request = rule_service_pb2.ListRulesRequest(page_size=size, **wanted)
    found: list[rule_pb2.Rule] = []
    while True:
        reply = await service.operator.rules.ListRules(request)
        assert len(reply.rules) <= (size or 100)
        found += reply.rules
        if not reply.next_page_token:
            return found
        request.page_token = reply.next_page_token


async def rule(service: Served, name: str, book_hash: str = "") -> rule_pb2.Rule:
    return await service.operator.rules.GetRule(
        rule_service_pb2.GetRuleRequest(name=f"rules/{name}", book_hash=book_hash)
    )


async def test_rules_are_listed_with_benefits_articles_dates_and_what_is_verified(service: Served) -> None:
    rules = await listed(service, size=7)
    names = [one.name for one in rules]
    assert names == sorted(set(names))
    assert all(version.article and not version.text for one in rules for version in one.versions)
    by_name = {one.name.removeprefix("rules/"): one for one in rules}
    age = by_name["statutory_age_months"]
    assert [(one.since_month, one.until_month) for one in age.versions] == [("", "2024-12"), ("2025-01", "")]
    assert {"employee_pension", "statutory_retirement"} <= set(age.benefits)
    basic = by_name["basic_pension_fen"]
    assert basic.unverified
    assert {one.parameter: one.unverified for one in basic.parameters}["calculation_base_fen"]
    assert [list(one.entries) for one in basic.parameters] == [[]] * len(basic.parameters)
    assert sum(table.count for table in basic.cases) > 3
    of_benefit = await listed(service, benefit="statutory_retirement")
    assert {one.name for one in of_benefit} < set(names)
    assert all("statutory_retirement" in one.benefits for one in of_benefit)


async def test_a_rule_is_read_with_its_text_formula_numbers_and_cases(service: Served) -> None:
    found = await rule(service, "delay_months")
    [version] = found.versions
    assert version.text.startswith('@rule("国务院关于渐进式延迟法定退休年龄的办法 第一条", since="2025-01-01")')
    assert version.formula.splitlines()[-1].startswith("return where(past < 0, 0, ")
    assert version.place.startswith("retirement/delayed_age.py:")
    step = next(one for one in found.parameters if one.parameter == "delay_step_months")
    [entry] = step.entries
    assert (entry.since_month, list(entry.values), entry.first_row) == ("2025-01", [4, 4, 2], 1)
    assert (entry.source, entry.published_date) == ("国务院关于渐进式延迟法定退休年龄的办法 第一条", "2024-09-13")
    assert (step.checked_date, step.picked_by, step.rows) == ("2026-11-24", "as_of_month", "retirement_group")
    age = await rule(service, "statutory_age_months")
    table = next(one for one in age.cases if one.file == "statutory_retirement/delayed_age.csv")
    assert (table.benefit, table.count, len(table.rows)) == ("statutory_retirement", len(table.rows), table.count)
    assert "=statutory_age_months" in table.columns
    assert "60y1m" in "".join(table.rows)


@pytest.mark.parametrize(
    ("name", "book_hash", "reason"),
    [
        ("nothing", "", "RESOURCE_NOT_FOUND"),
        ("", "", "INVALID_RESOURCE_NAME"),
        ("delay_months", "0" * 64, "RESOURCE_NOT_FOUND"),
    ],
)
async def test_a_rule_that_there_is_not_is_refused(service: Served, name: str, book_hash: str, reason: str) -> None:
    assert (await refusal(rule(service, name, book_hash))).reason == reason


async def test_a_benefit_that_there_is_not_is_refused(service: Served) -> None:
    assert (await refusal(listed(service, benefit="nothing"))).reason == "UNKNOWN_BENEFIT"


async def test_the_rules_of_a_former_book_are_read_by_its_hash(migrated_url: str, tmp_path: Path) -> None:
    former = city_law(tmp_path)
    async with served(migrated_url, tmp_path, former) as service:
        await record(service, await known_pensioner(service), ALLOWANCE)
    async with served(migrated_url, tmp_path) as service:
        assert (await refusal(rule(service, "city_allowance_fen"))).reason == "RESOURCE_NOT_FOUND"
        found = await rule(service, "city_allowance_fen", Book.load(folder=former).hash)
        assert found.versions[0].formula == "return contribution_months * city_rate_fen"
        assert len(await listed(service, benefit=ALLOWANCE, book_hash=Book.load(folder=former).hash)) == 3
