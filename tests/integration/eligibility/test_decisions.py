"""Recorded decisions over real gRPC with mTLS, on both databases: kept, explained, and made again by their own book."""

import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.common.crypto import KeyFile, Vault
from services.common.database import Database
from services.common.ids import new_id
from services.eligibility.book.book import Book
from services.eligibility.store.tables.decision import DECISION, RULE_BOOK
from socsec.eligibility.v1 import (
    decision_pb2,
    decision_service_pb2,
    eligibility_service_pb2,
    entitlement_pb2,
    entitlement_service_pb2,
    explanation_pb2,
)
from tests.integration.eligibility.books import ALLOWANCE, city_law
from tests.integration.eligibility.calls import granted, refusal
from tests.integration.eligibility.messages import grant
from tests.integration.eligibility.serving import Served, served
from tests.integration.eligibility.test_eligibility_api import PENSION, RETIREMENT, facts, pensioner, submit

YEAR = 12
MAN = {"birth_month": 1965 * YEAR, "retirement_group": 1, "contribution_months": 300, "deemed_months": 60}


async def record(service: Served, person: str, benefit: object = PENSION, **changed: object) -> decision_pb2.Decision:
    request = decision_service_pb2.RecordDecisionRequest(person=person, benefit=str(benefit))
    for name, value in changed.items():
        getattr(request, name).update(value) if name == "facts" else setattr(request, name, value)
    return await service.operator.decisions.RecordDecision(request)


def asked(condition: str = "") -> str:
    """Leave out the decisions of benefits that the service finds by itself: they are of the first of a month."""
    found = "NOT as_of_date = 2026-11-01 AND NOT as_of_date = 2026-12-01"
    return f"{condition} AND {found}" if condition else found


async def listed(service: Served, condition: str = "", size: int = 0) -> list[decision_pb2.Decision]:
    request = decision_service_pb2.ListDecisionsRequest(filter=asked(condition), page_size=size)
    found: list[decision_pb2.Decision] = []
    while True:
        reply = await service.operator.decisions.ListDecisions(request)
        found += reply.decisions
        if not reply.next_page_token:
            return found
        request.page_token = reply.next_page_token


async def explained(service: Served, name: str) -> explanation_pb2.Explanation:
    return await service.operator.decisions.ExplainDecision(decision_service_pb2.ExplainDecisionRequest(name=name))


async def half_known_pensioner(service: Served) -> str:
    person = pensioner(service)
    await submit(service, decision_pb2.PersonFacts(person=person, contribution_months=300, as_of_date="2026-06-30"))
    return person


async def granted_to(service: Served, person: str, **changed: object) -> entitlement_pb2.Entitlement:
    request = entitlement_service_pb2.GrantEntitlementRequest(entitlement=grant(person, **changed))
    return await service.operator.entitlements.GrantEntitlement(request)


async def known_pensioner(service: Served) -> str:
    person = pensioner(service)
    assert (await submit(service, facts(person))).accepted == 1
    return person


async def test_a_decision_is_recorded_with_its_facts_their_sources_and_times(service: Served) -> None:
    person = await known_pensioner(service)
    decision = await record(service, person, as_of_date="2026-06-01", facts={"contribution_months": 320})
    assert decision.name.startswith("decisions/")
    assert (decision.person, decision.benefit, decision.as_of_date) == (person, PENSION, "2026-06-01")
    assert (decision.outcome, decision.known_date) == (decision_pb2.OUTCOME_ELIGIBLE, "")
    assert decision.create_time.ToDatetime().year == 2026
    told = {fact.fact: (fact.value, fact.origin, fact.as_of_date) for fact in decision.facts}
    assert told["contribution_months"] == (320, decision_pb2.FACT_ORIGIN_REQUEST, "2026-11-24")
    assert told["deemed_months"] == (60, decision_pb2.FACT_ORIGIN_RECORD, "2026-06-30")
    assert told["birth_month"] == (1965 * YEAR, decision_pb2.FACT_ORIGIN_VAULT, "2026-11-24")
    assert told["as_of_month"] == (2026 * YEAR + 5, decision_pb2.FACT_ORIGIN_REQUEST, "2026-11-24")
    assert len(decision.steps) > 20
    assert await service.operator.decisions.GetDecision(_get(decision.name)) == decision
    request = eligibility_service_pb2.EvaluateRequest(
        person=person, benefit=PENSION, as_of_date="2026-06-01", facts={"contribution_months": 320}
    )
    evaluated = await service.operator.eligibility.Evaluate(request)
    assert (evaluated.steps, evaluated.results) == (decision.steps, decision.results)
    assert evaluated.name == ""


async def test_a_birth_that_the_vault_corrected_since_the_facts_came_is_decided_by(service: Served) -> None:
    person = await known_pensioner(service)
    service.cards.add(person.removeprefix("people/"), "1966-02-15")
    decision = await record(service, person)
    assert {fact.fact: fact.value for fact in decision.facts}["birth_month"] == 1966 * YEAR + 1
    [told] = [step for step in (await explained(service, decision.name)).steps if step.name == "birth_month"]
    assert told.value == 1966 * YEAR + 1
    granted = await granted_to(service, person)
    [of_grant] = await listed(service, f'entitlement = "{granted.name}"')
    assert of_grant.results["statutory_retirement_month"] == decision.results["statutory_retirement_month"]


async def test_a_repeated_request_records_once_and_a_trial_not_at_all(service: Served) -> None:
    person = await known_pensioner(service)
    tried = await record(service, person, validate_only=True)
    assert tried.outcome == decision_pb2.OUTCOME_ELIGIBLE
    assert await listed(service) == []
    first = await record(service, person, request_id="once")
    assert await record(service, person, request_id="once") == first
    assert [one.name for one in await listed(service)] == [first.name]


async def test_decisions_are_listed_newest_first_by_person_benefit_and_day(service: Served) -> None:
    people = [await known_pensioner(service) for _ in range(2)]
    made = [await record(service, person, benefit) for person in people for benefit in (PENSION, RETIREMENT)]
    service.calendar.turn_to("2026-12-01")
    made.append(await record(service, people[0], as_of_date="2024-06-01"))
    names = [one.name for one in reversed(made)]
    assert [one.name for one in await listed(service, size=2)] == names
    assert all(not one.steps and not one.facts and one.results for one in await listed(service))
    for condition, places in (
        (f'person = "{people[1]}"', [3, 2]),
        (f'person = "{people[0]}" AND benefit = {PENSION}', [4, 0]),
        ("create_date >= 2026-12-01", [4]),
        ("as_of_date < 2025-01-01", [4]),
        ("outcome = NOT_ELIGIBLE", [4]),
        (f"book_hash = {made[0].book_hash} AND NOT benefit = {PENSION}", [3, 1]),
        (f'entitlement = "entitlements/{new_id()}"', []),
    ):
        assert [one.name for one in await listed(service, condition)] == [made[place].name for place in places]
    wrong = await refusal(listed(service, "person = 1"))
    assert wrong.reason == "INVALID_FILTER"


async def test_a_grant_records_what_the_book_decides_for_its_first_month(service: Served) -> None:
    entitlement = await granted_to(service, await half_known_pensioner(service))
    [decision] = await listed(service, f'entitlement = "{entitlement.name}"')
    assert (decision.person, decision.benefit, decision.as_of_date) == (entitlement.person, PENSION, "2025-06-01")
    assert decision.outcome == decision_pb2.OUTCOME_UNKNOWN
    assert "account_balance_fen" in decision.missing_facts
    await submit(service, facts(entitlement.person))
    again = await record(service, entitlement.person, entitlement=entitlement.name)
    assert (again.entitlement, again.outcome) == (entitlement.name, decision_pb2.OUTCOME_ELIGIBLE)


async def test_a_grant_to_somebody_of_whom_nothing_is_on_record_records_no_decision(service: Served) -> None:
    await granted(service, "1965-01-15")
    assert await listed(service) == []


async def test_a_grant_that_is_repeated_refused_or_unknown_to_the_book_records_nothing_more(service: Served) -> None:
    entitlement = await granted_to(service, await half_known_pensioner(service))
    repeated = entitlement_pb2.EntitlementGrant(
        reference=entitlement.reference,
        person=entitlement.person,
        benefit=entitlement.benefit,
        scheme=entitlement.scheme,
        pooling_region=entitlement.pooling_region,
        start_month=entitlement.start_month,
        monthly_amount_fen=entitlement.monthly_amount_fen,
        account="6222000012345678",
    )
    request = entitlement_service_pb2.GrantEntitlementRequest(entitlement=repeated)
    assert (await refusal(service.operator.entitlements.GrantEntitlement(request))).reason == "RESOURCE_EXISTS"
    await granted_to(service, await half_known_pensioner(service), start_month="1995-01")
    await granted_to(service, await half_known_pensioner(service), benefit="farm_allowance")
    assert len(await listed(service)) == 1


async def test_an_entitlement_of_somebody_else_is_not_decided_anew(service: Served) -> None:
    entitlement, person = await granted(service), await known_pensioner(service)
    for wanted in (
        record(service, person, entitlement=entitlement.name),
        record(service, entitlement.person, RETIREMENT, entitlement=entitlement.name),
        record(service, person, entitlement=f"entitlements/{new_id()}"),
    ):
        assert (await refusal(wanted)).reason == "RESOURCE_NOT_FOUND"


async def test_an_explanation_has_article_dates_and_what_is_verified_and_where_each_fact_is_from(
    service: Served,
) -> None:
    decision = await record(service, await known_pensioner(service))
    explanation = await explained(service, decision.name)
    assert explanation.reproduced
    assert (list(explanation.differences), explanation.obstacle) == ([], "")
    assert [(step.name, step.value) for step in explanation.steps] == [(s.name, s.value) for s in decision.steps]
    steps = {step.name: step for step in explanation.steps}
    rule = steps["statutory_age_months"]
    assert (rule.kind, rule.since_month) == (explanation_pb2.STEP_KIND_RULE, "2025-01")
    assert rule.formula == "return former_age_months + delay_months"
    assert "第一条" in rule.source
    parameter = steps["longest_delay_months"]
    assert (parameter.kind, parameter.since_month) == (explanation_pb2.STEP_KIND_PARAMETER, "2025-01")
    assert (parameter.published_date, parameter.checked_date) == ("2024-09-13", "2026-11-24")
    base = steps["calculation_base_fen"]
    assert (base.unverified, base.checked_date) == (True, "")
    minimum = (
        steps["min_contribution_months"]
        if "min_contribution_months" in steps
        else steps["chosen_min_contribution_months"]
    )
    assert (minimum.since_month, minimum.until_month) == ("2011-07", "2029-12")
    fact = steps["deemed_months"]
    assert (fact.kind, fact.origin) == (explanation_pb2.STEP_KIND_FACT, decision_pb2.FACT_ORIGIN_RECORD)
    assert fact.fact_date == "2026-06-30"


async def test_what_is_only_asked_is_explained_too_and_not_kept(service: Served) -> None:
    evaluation = eligibility_service_pb2.EvaluateRequest(benefit=RETIREMENT, as_of_date="2026-01-01", facts=MAN)
    request = decision_service_pb2.ExplainDecisionRequest(evaluation=evaluation)
    explanation = await service.operator.decisions.ExplainDecision(request)
    assert (explanation.reproduced, explanation.decision.name) == (True, "")
    assert {step.kind for step in explanation.steps} == {1, 2, 3}
    person = await known_pensioner(service)
    request.evaluation.person, request.evaluation.benefit = person, PENSION
    explanation = await service.operator.decisions.ExplainDecision(request)
    assert explanation.decision.person == person
    assert await listed(service) == []
    neither = service.operator.decisions.ExplainDecision(decision_service_pb2.ExplainDecisionRequest())
    assert (await refusal(neither)).reason == "FIELD_REQUIRED"


@pytest.mark.parametrize(
    ("changed", "field", "reason"),
    [
        ({"benefit": "nothing"}, "benefit", "UNKNOWN_BENEFIT"),
        ({"facts": {"nothing": 1}}, "facts", "INVALID_FACT"),
        ({"facts": {"contribution_months": -1}}, "facts", "INVALID_FACT"),
        ({"facts": {"retirement_group": 9}}, "facts", "INVALID_FACT"),
        ({"as_of_date": "2026-02-30"}, "as_of_date", "IMPOSSIBLE_DATE"),
        ({"as_of_date": "1990-01-01"}, "as_of_date", "VALUE_OUT_OF_RANGE"),
        ({"known_date": "2027-01-01"}, "known_date", "DATE_IN_FUTURE"),
        ({"known_date": "2024-09-12"}, "as_of_date", "VALUE_OUT_OF_RANGE"),
        ({"known_date": "1949-01-01"}, "benefit", "UNKNOWN_BENEFIT"),
        ({"entitlement": "drawings/1"}, "entitlement", "INVALID_RESOURCE_NAME"),
    ],
)
async def test_what_cannot_be_decided_is_refused_by_name(
    service: Served, changed: dict[str, object], field: str, reason: str
) -> None:
    refused = await refusal(record(service, await known_pensioner(service), **({"benefit": PENSION} | changed)))
    assert (refused.field, refused.reason) == (field, reason)
    if reason == "INVALID_FACT":
        assert refused.metadata["fact"] in str(changed["facts"])


async def test_an_unknown_decision_is_not_found(service: Served) -> None:
    name = f"decisions/{new_id()}"
    assert (await refusal(service.operator.decisions.GetDecision(_get(name)))).reason == "RESOURCE_NOT_FOUND"
    assert (await refusal(explained(service, name))).reason == "RESOURCE_NOT_FOUND"


async def test_what_did_we_know_then_is_answered_by_the_publications_of_that_day(service: Served) -> None:
    request = eligibility_service_pb2.EvaluateRequest(
        benefit=RETIREMENT, as_of_date="2024-09-01", facts=MAN | {"birth_month": 1975 * YEAR}, known_date="2024-09-12"
    )
    before = await service.operator.eligibility.Evaluate(request)
    request.known_date = "2024-09-13"
    after = await service.operator.eligibility.Evaluate(request)
    results = [decision.results["min_contribution_months"] for decision in (before, after)]
    assert (before.known_date, results) == ("2024-09-12", [180, 216])
    assert before.book_hash == after.book_hash


async def test_a_decision_of_a_former_book_is_made_again_byte_for_byte_by_that_book(
    migrated_url: str, tmp_path: Path
) -> None:
    former = city_law(tmp_path, ("contribution_months * city_rate_fen", "contribution_months * city_rate_fen * 2"))
    async with served(migrated_url, tmp_path, former) as service:
        decision = await record(service, await known_pensioner(service), ALLOWANCE)
        assert decision.results == {"city_allowance_fen": 60_000}
    async with served(migrated_url, tmp_path) as service:
        today = await service.operator.eligibility.ListBenefits(eligibility_service_pb2.ListBenefitsRequest())
        assert today.book_hash != decision.book_hash == Book.load(folder=former).hash
        explanation = await explained(service, decision.name)
        assert (explanation.reproduced, list(explanation.differences)) == (True, [])
        steps = {step.name: step for step in explanation.steps}
        assert steps["city_allowance_fen"].formula == "return contribution_months * city_rate_fen * 2"
        assert await service.operator.decisions.GetDecision(_get(decision.name)) == decision


async def _change_row(url: str, table: sa.Table, change: Callable[[dict[str, object]], dict[str, object]]) -> None:
    """Change the first row as somebody could who has the database."""
    database = Database(url)
    await database.start()

    def write(connection: sa.Connection) -> None:
        (key,) = table.primary_key
        row = dict(connection.execute(sa.select(table).order_by(key).limit(1)).mappings().one())
        connection.execute(table.update().where(key == row[key.name]).values(change(row)))

    await database.write(write)
    await database.close()


async def test_a_decision_that_comes_out_otherwise_says_where(
    service: Served, migrated_url: str, tmp_path: Path
) -> None:
    decision = await record(service, await known_pensioner(service))
    vault, place = Vault(KeyFile.load(tmp_path / "eligibility.keys")), decision.name

    def other_amount(row: dict[str, object]) -> dict[str, object]:
        sealed = row["sealed_content"]
        assert isinstance(sealed, bytes)
        text = zlib.decompress(vault.open_bytes(sealed, place)).decode()
        changed = text.replace("鲁政发〔2006〕92号", "京政发〔2006〕92号")
        assert changed != text
        return {"sealed_content": vault.seal_bytes(zlib.compress(changed.encode()), place)}

    await _change_row(migrated_url, DECISION, other_amount)
    explanation = await explained(service, decision.name)
    assert not explanation.reproduced
    found = {one.name: (one.before, one.after) for one in explanation.differences}
    assert {"basic_pension_fen", "transitional_pension_fen"} <= set(found)
    before, after = found["basic_pension_fen"]
    assert "京政发" in before
    assert "鲁政发" in after


@pytest.mark.parametrize("table", [DECISION, RULE_BOOK], ids=str)
async def test_nobody_slips_another_decision_or_other_rules_in_through_the_database(
    migrated_url: str, tmp_path: Path, table: sa.Table
) -> None:
    former = city_law(tmp_path)
    async with served(migrated_url, tmp_path, former) as service:
        decision = await record(service, await known_pensioner(service))

    def forge(row: dict[str, object]) -> dict[str, object]:
        sealed = row["sealed_content"]
        assert isinstance(sealed, bytes)
        return {"sealed_content": sealed[:-1] + bytes([sealed[-1] ^ 1])}

    await _change_row(migrated_url, table, forge)
    async with served(migrated_url, tmp_path) as service:
        refused = await refusal(explained(service, decision.name))
        assert refused.reason == "INTERNAL"


def _get(name: str) -> decision_service_pb2.GetDecisionRequest:
    return decision_service_pb2.GetDecisionRequest(name=name)
