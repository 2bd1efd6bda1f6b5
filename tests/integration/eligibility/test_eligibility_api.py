"""Facts and decisions over real gRPC with mTLS, on both databases."""

import asyncio

import pytest

from services.common.ids import new_id
from services.common.rpc.status import from_status
from socsec.eligibility.v1 import decision_pb2, eligibility_service_pb2
from socsec.type.v1 import batch_pb2
from tests.integration.eligibility.calls import refusal
from tests.integration.eligibility.serving import Served

PENSION, RETIREMENT = "employee_pension", "statutory_retirement"
MALE_60 = decision_pb2.RETIREMENT_GROUP_MALE_60


def facts(person: str, **changed: object) -> decision_pb2.PersonFacts:
    """Give the facts of a man who retires in February 2025 (born in January 1965), unless a test changes them."""
    fields: dict[str, object] = {
        "person": person,
        "retirement_group": MALE_60,
        "contribution_months": 300,
        "deemed_months": 60,
        "avg_index_bp": 9_000,
        "account_balance_fen": 8_000_000,
        "as_of_date": "2026-06-30",
    }
    return decision_pb2.PersonFacts(**(fields | changed))  # type: ignore[arg-type]  # by name


def pensioner(service: Served, birth_date: str = "1965-01-15") -> str:
    return service.cards.add(new_id(), birth_date)


async def submit(
    service: Served, *records: decision_pb2.PersonFacts, validate_only: bool = False
) -> batch_pb2.BatchResult:
    return await service.operator.eligibility.SubmitFacts(
        eligibility_service_pb2.SubmitFactsRequest(batch=3, facts=records, validate_only=validate_only)
    )


async def evaluate(
    service: Served, person: str = "", benefit: str = PENSION, day: str = "2026-11-24", **given: int
) -> decision_pb2.Decision:
    request = eligibility_service_pb2.EvaluateRequest(person=person, benefit=benefit, as_of_date=day, facts=given)
    return await service.operator.eligibility.Evaluate(request)


async def evaluate_batch(service: Served, people: list[str], benefit: str = PENSION) -> list[decision_pb2.Decision]:
    request = eligibility_service_pb2.BatchEvaluateRequest(people=people, benefit=benefit)
    return list((await service.operator.eligibility.BatchEvaluate(request)).decisions)


async def test_the_book_lists_its_benefits_with_what_they_need(service: Served) -> None:
    listed = await service.operator.eligibility.ListBenefits(eligibility_service_pb2.ListBenefitsRequest())
    benefits = {one.benefit: one for one in listed.benefits}
    assert list(benefits) == sorted(benefits)
    pension, retirement = benefits[PENSION], benefits[RETIREMENT]
    assert set(retirement.facts) == {"birth_month", "contribution_months", "deemed_months", "retirement_group"}
    assert list(pension.optional_facts) == ["early_ground_confirmed", "retirement_ground", "retirement_month"]
    assert "enough_months_at_choice" in pension.conditions
    assert (pension.unverified, retirement.unverified) == (True, False)
    assert (pension.since_month, retirement.since_month) == ("2006-01", "1997-07")
    assert listed.book_hash == (await evaluate(service)).book_hash != ""


async def test_a_person_on_record_is_decided_with_the_article_of_each_step(service: Served) -> None:
    person = pensioner(service)
    assert (await submit(service, facts(person))).accepted == 1
    decision = await evaluate(service, person)
    assert (decision.person, decision.benefit, decision.as_of_date) == (person, PENSION, "2026-11-24")
    assert decision.outcome == decision_pb2.OUTCOME_ELIGIBLE
    assert decision.results["statutory_age_months"] == 721
    assert decision.results["statutory_retirement_month"] == 2025 * 12 + 1
    parts = [decision.results[f"{name}_pension_fen"] for name in ("basic", "account", "transitional")]
    assert min(parts) > 0
    assert decision.results["total_pension_fen"] == sum(parts)
    assert decision.unverified
    steps = {step.name: step for step in decision.steps}
    assert all(step.title and step.unit and step.source for step in steps.values())
    assert "国发〔2005〕38号" in steps["basic_pension_fen"].source
    assert steps["total_pension_fen"].givens["basic_pension_fen"] == parts[0]
    assert steps["birth_month"].value == 1965 * 12
    assert any(step.unverified for step in steps.values())
    assert not steps["total_pension_fen"].unverified


async def test_survivors_of_a_person_on_record_are_decided_when_only_the_death_is_told(service: Served) -> None:
    person = pensioner(service)
    await submit(service, facts(person))
    told = {"died_by_work_injury": 0, "died_serving_sentence": 0, "funeral_grant_drawn_elsewhere": 0}
    dead = await evaluate(service, person, "survivors_benefit", "2022-06-01", death_month=2022 * 12 + 2, **told)
    assert (dead.outcome, list(dead.missing_facts)) == (
        decision_pb2.OUTCOME_UNKNOWN,
        ["drew_employee_pension_at_death"],
    )
    retired = {"drew_employee_pension_at_death": 1, "pension_drawn_months": 500}
    paid = await evaluate(
        service, person, "survivors_benefit", "2022-06-01", death_month=2022 * 12 + 2, **told, **retired
    )
    assert (paid.outcome, paid.results["survivors_total_fen"]) == (decision_pb2.OUTCOME_ELIGIBLE, 4_314_383)
    assert paid.unverified  # the income per head of the year before


async def test_facts_given_win_over_facts_on_record_and_change_nothing(service: Served) -> None:
    person = pensioner(service)
    await submit(service, facts(person))
    before = await evaluate(service, person)
    other = await evaluate(service, person, contribution_months=100, deemed_months=0)
    assert other.outcome == decision_pb2.OUTCOME_NOT_ELIGIBLE
    assert list(other.unmet_conditions) == ["enough_months_at_choice"]
    younger = await evaluate(service, person, birth_month=1970 * 12)
    assert "retirement_month_reached" in younger.unmet_conditions
    assert await evaluate(service, person) == before


async def test_facts_alone_are_enough_and_nobody_is_asked(service: Served) -> None:
    decision = await evaluate(
        service, "", RETIREMENT, birth_month=1965 * 12, retirement_group=1, contribution_months=180, deemed_months=0
    )
    assert (decision.person, decision.outcome) == ("", decision_pb2.OUTCOME_ELIGIBLE)
    assert not decision.unverified
    assert service.cards.calls == []


async def test_the_birth_date_is_the_vaults(service: Served) -> None:
    person = pensioner(service, "1970-05-05")
    decision = await evaluate(service, person, RETIREMENT)
    assert decision.outcome == decision_pb2.OUTCOME_UNKNOWN
    assert list(decision.missing_facts) == ["contribution_months", "deemed_months", "retirement_group"]
    await submit(service, facts(person))
    known = await evaluate(service, person, RETIREMENT)
    assert known.results["statutory_retirement_month"] == 1970 * 12 + 4 + 720 + 17
    service.cards.add(person.removeprefix("people/"), "1970-04-05")  # the identity number was wrong, and is corrected
    corrected = await evaluate(service, person, RETIREMENT)
    assert corrected.results["statutory_retirement_month"] == 1970 * 12 + 3 + 720 + 16
    [of_batch] = await evaluate_batch(service, [person], RETIREMENT)
    assert of_batch.results == corrected.results


@pytest.mark.parametrize("birth_date", ["", "1799-12-31"])
async def test_a_birth_that_is_unknown_or_impossible_is_missing_and_fails_nobody_else(
    service: Served, birth_date: str
) -> None:
    person, other = pensioner(service, birth_date), pensioner(service)
    await submit(service, facts(person), facts(other))
    assert list((await evaluate(service, person)).missing_facts) == ["birth_month"]
    outcomes = [decision.outcome for decision in await evaluate_batch(service, [person, other])]
    assert outcomes == [decision_pb2.OUTCOME_UNKNOWN, decision_pb2.OUTCOME_ELIGIBLE]
    assert (await evaluate(service, person, birth_month=1965 * 12)).outcome == decision_pb2.OUTCOME_ELIGIBLE


async def test_a_batch_says_what_single_calls_say_in_the_order_asked(service: Served) -> None:
    people = [pensioner(service, f"19{year}-0{month}-01") for year in (55, 64, 65, 66, 75) for month in (1, 5)]
    await submit(
        service,
        *(
            facts(person, contribution_months=170 + 5 * place, deemed_months=None if place == 3 else place)
            for place, person in enumerate(people[:-1])
        ),
    )
    asked = [*reversed(people), people[0]]
    batch = await evaluate_batch(service, asked)
    assert [decision.person for decision in batch] == asked
    for decision in batch:
        alone = await evaluate(service, decision.person)
        del alone.steps[:]
        assert decision == alone
    assert {decision.outcome for decision in batch} == set(decision_pb2.Outcome.values()) - {0}
    assert list(batch[0].missing_facts) == sorted(
        {"account_balance_fen", "avg_index_bp", "contribution_months", "deemed_months", "retirement_group"}
    )


async def test_older_facts_never_overwrite_newer_ones(service: Served) -> None:
    person = pensioner(service)
    newest = facts(person, as_of_date="2026-06-30", contribution_months=301)
    older = facts(person, as_of_date="2026-05-31", contribution_months=299)
    assert (await submit(service, newest, older)).accepted == 1
    result = await submit(service, older, newest)
    assert (result.accepted, result.repeated_items) == (0, 2)

    async def months() -> int:
        return (await evaluate(service, person)).results["total_contribution_months"]

    assert await months() == 361
    assert (await submit(service, facts(person, contribution_months=302))).accepted == 1
    assert await months() == 362
    assert (await submit(service, facts(person, as_of_date="2026-07-31"), validate_only=True)).accepted == 1
    assert await months() == 362
    assert (await submit(service, facts(person, as_of_date="2026-07-31", deemed_months=None))).accepted == 1
    assert list((await evaluate(service, person)).missing_facts) == ["deemed_months"]


async def test_concurrent_facts_of_many_days_leave_the_newest(service: Served) -> None:
    person = pensioner(service)
    days = [f"2026-06-{day:02d}" for day in range(1, 31)]
    await asyncio.gather(
        *(submit(service, facts(person, as_of_date=day, contribution_months=int(day[-2:]))) for day in days)
    )
    assert (await evaluate(service, person)).results["total_contribution_months"] == 90


async def test_wrong_facts_are_refused_each_with_its_field_and_disturb_no_other(service: Served) -> None:
    person = pensioner(service)
    result = await submit(
        service,
        facts(person),
        facts(person, contribution_months=-1),
        facts(person, contribution_months=961),
        facts(person, deemed_months=961),
        facts(person, avg_index_bp=50_001),
        facts(person, account_balance_fen=-1),
        facts(person, account_balance_fen=2**62),
        facts(person, retirement_group=9),
        facts(person, as_of_date="2026-02-30"),
        facts(person, as_of_date="2026-11-25"),
        facts(person, as_of_date=""),
        facts("people/nobody"),
        facts(f"people/{new_id()}"),
        facts(person),
    )
    assert (result.batch, result.accepted, result.repeated_items) == (3, 1, 1)
    found = {rejection.index: from_status(rejection.status) for rejection in result.rejections}
    assert {index: (one.reason, one.field) for index, one in found.items()} == {
        1: ("VALUE_OUT_OF_RANGE", "contribution_months"),
        2: ("VALUE_OUT_OF_RANGE", "contribution_months"),
        3: ("VALUE_OUT_OF_RANGE", "deemed_months"),
        4: ("VALUE_OUT_OF_RANGE", "avg_index_bp"),
        5: ("AMOUNT_OUT_OF_RANGE", "account_balance_fen"),
        6: ("AMOUNT_OUT_OF_RANGE", "account_balance_fen"),
        7: ("UNKNOWN_VALUE", "retirement_group"),
        8: ("IMPOSSIBLE_DATE", "as_of_date"),
        9: ("DATE_IN_FUTURE", "as_of_date"),
        10: ("FIELD_REQUIRED", "as_of_date"),
        11: ("INVALID_RESOURCE_NAME", "person"),
        12: ("PERSON_NOT_FOUND", ""),
    }


@pytest.mark.parametrize(
    ("fact", "value"),
    [("contribution_months", -1), ("account_balance_fen", 2**62), ("shoe_size", 43), ("as_of_month", 24_000)],
)
async def test_a_wrong_fact_of_an_evaluation_is_named(service: Served, fact: str, value: int) -> None:
    request = eligibility_service_pb2.EvaluateRequest(benefit=PENSION, facts={fact: value})
    found = await refusal(service.operator.eligibility.Evaluate(request))
    assert (found.code, found.reason, found.field) == ("INVALID_ARGUMENT", "INVALID_FACT", "facts")
    assert found.metadata["fact"] == fact


async def test_what_cannot_be_decided_is_refused_with_its_field(service: Served) -> None:
    person = pensioner(service)
    for benefit in ("", "winter_fuel"):
        for call in (evaluate(service, person, benefit), evaluate_batch(service, [person], benefit)):
            found = await refusal(call)
            assert (found.code, found.reason, found.field) == ("INVALID_ARGUMENT", "UNKNOWN_BENEFIT", "benefit")
    assert (await refusal(evaluate(service, person, day="2026-02-29"))).reason == "IMPOSSIBLE_DATE"
    too_early = await refusal(evaluate(service, person, day="2005-12-31"))
    assert (too_early.reason, too_early.field, too_early.metadata["min"]) == (
        "VALUE_OUT_OF_RANGE",
        "as_of_date",
        "2006-01",
    )
    assert (await refusal(evaluate(service, "cards/1"))).field == "person"
    wrong_name = await refusal(evaluate_batch(service, [person, "people/x"]))
    assert (wrong_name.reason, wrong_name.field) == ("INVALID_RESOURCE_NAME", "people[1]")
    assert (await refusal(evaluate_batch(service, []))).reason == "FIELD_REQUIRED"
    assert (await refusal(evaluate_batch(service, [person] * 1_001))).reason == "BATCH_TOO_LARGE"
    stranger = f"people/{new_id()}"
    for call in (evaluate(service, stranger), evaluate_batch(service, [person, stranger])):
        found = await refusal(call)
        assert (found.code, found.reason, found.metadata) == ("NOT_FOUND", "PERSON_NOT_FOUND", {"resource": stranger})


async def test_today_is_decided_when_no_day_is_asked(service: Served) -> None:
    assert (await evaluate(service, day="")).as_of_date == "2026-11-24"


async def test_a_stream_of_facts_answers_each_batch_and_auditors_only_read(service: Served) -> None:
    person = pensioner(service)
    requests = [
        eligibility_service_pb2.SubmitFactsRequest(batch=number, facts=[facts(person, as_of_date=day)])
        for number, day in ((8, "2026-06-30"), (9, "2026-07-31"), (10, "2026-07-31"))
    ]
    stream = service.operator.eligibility.StreamFacts(iter(requests))
    results = [(result.batch, result.accepted, result.repeated_items) async for result in stream]
    assert results == [(8, 1, 0), (9, 1, 0), (10, 0, 1)]
    auditor = await service.client("auditor", "li")
    denied = await refusal(auditor.eligibility.SubmitFacts(requests[0]))
    assert (denied.code, denied.reason) == ("PERMISSION_DENIED", "ROLE_NOT_ALLOWED")
    request = eligibility_service_pb2.EvaluateRequest(person=person, benefit=PENSION)
    assert (await auditor.eligibility.Evaluate(request)).outcome == decision_pb2.OUTCOME_ELIGIBLE


async def test_facts_wait_for_a_card_service_that_is_away(service: Served) -> None:
    person = pensioner(service)
    await submit(service, facts(person))
    service.cards.people_broken = True
    found = await refusal(submit(service, facts(person)))
    assert (found.code, found.reason) == ("UNAVAILABLE", "DEPENDENCY_UNAVAILABLE")
    found = await refusal(evaluate(service, person))  # the vault may have corrected the birth meanwhile
    assert (found.code, found.reason) == ("UNAVAILABLE", "DEPENDENCY_UNAVAILABLE")
    alone = await evaluate(
        service, "", RETIREMENT, birth_month=1965 * 12, retirement_group=1, contribution_months=180, deemed_months=0
    )
    assert alone.outcome == decision_pb2.OUTCOME_ELIGIBLE


async def test_facts_that_other_benefits_need_are_taken_by_name(service: Served) -> None:
    person = pensioner(service, "1966-01-15")
    further = {
        "residence_district": 1,
        "resident_contribution_months": 180,
        "resident_account_balance_fen": 1_390_000,
        "draws_employee_pension": 0,
    }
    assert (await submit(service, facts(person, facts=further))).accepted == 1
    assert (await submit(service, facts(person, facts=further))).accepted == 0
    alone = await evaluate(service, person, "resident_pension")
    assert alone.outcome == decision_pb2.OUTCOME_ELIGIBLE
    assert alone.results["resident_account_pension_fen"] == 10_000
    bare = pensioner(service)
    await submit(service, facts(bare))
    told, unknown = await evaluate_batch(service, [person, bare], "resident_pension")
    assert (told.outcome, dict(told.results)) == (alone.outcome, dict(alone.results))
    assert set(unknown.missing_facts) == set(further)
    await submit(service, facts(person, as_of_date="2026-07-01"))
    assert (await evaluate(service, person, "resident_pension")).outcome == decision_pb2.OUTCOME_UNKNOWN


@pytest.mark.parametrize(
    "further",
    [
        {"shoe_size": 43},
        {"birth_month": 23_000},
        {"as_of_month": 24_000},
        {"contribution_months": 10},
        {"resident_contribution_months": 961},
        {"draws_employee_pension": 2},
        {"residence_district": 0},
    ],
)
async def test_a_fact_by_name_that_cannot_be_is_rejected(service: Served, further: dict[str, int]) -> None:
    [rejection] = (await submit(service, facts(pensioner(service), facts=further))).rejections
    told = from_status(rejection.status)
    assert (told.reason, told.field) == ("INVALID_FACT", "facts")
    assert told.metadata["fact"] == next(iter(further))
