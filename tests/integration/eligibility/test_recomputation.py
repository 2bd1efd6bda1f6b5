"""A law that changes backwards, and the recomputation that follows: by how much, for which months, by which article."""

from pathlib import Path

import pytest

from socsec.eligibility.v1 import (
    decision_pb2,
    decision_service_pb2,
    eligibility_service_pb2,
    entitlement_pb2,
    entitlement_service_pb2,
    recomputation_pb2,
)
from tests.integration.eligibility.books import ALLOWANCE, city_law
from tests.integration.eligibility.calls import refusal
from tests.integration.eligibility.serving import Served, served
from tests.integration.eligibility.test_decisions import asked, explained, granted_to, listed, record
from tests.integration.eligibility.test_eligibility_api import facts, pensioner, submit

RAISED = """\
    2025-07:
      value: 120
      source: 市发〔2026〕9号 第三条
      published: 2026-10-15
"""
NARROWED = '''\
from services.eligibility.book.rule import rule


@rule("市发〔2026〕9号 第一条", since="2026-03-01", published="2026-10-15")
def enough_city_months(contribution_months: int, min_city_months: int, deemed_months: int) -> bool:
    """Whether enough was paid for the allowance."""
    return contribution_months - deemed_months >= min_city_months * 2 + 1
'''


async def granted(service: Served) -> entitlement_pb2.Entitlement:
    """Grant the allowance from January 2025 on to somebody who has paid 300 months: 300 yuan."""
    person = pensioner(service)
    await submit(service, facts(person))
    return await granted_to(service, person, benefit=ALLOWANCE, start_month="2025-01", monthly_amount_fen=30_000)


async def recomputed(service: Served, condition: str = "", through: str = "") -> list[recomputation_pb2.Recomputation]:
    request = decision_service_pb2.RecomputeDecisionsRequest(
        page_size=2, filter=asked(condition), through_month=through
    )
    found: list[recomputation_pb2.Recomputation] = []
    while True:
        reply = await service.operator.decisions.RecomputeDecisions(request)
        assert reply.examined <= 2
        found += reply.recomputations
        if not reply.next_page_token:
            return found
        request.page_token = reply.next_page_token


async def allowance(service: Served, person: str, day: str, known: str = "") -> decision_pb2.Decision:
    return await service.operator.eligibility.Evaluate(
        eligibility_service_pb2.EvaluateRequest(person=person, benefit=ALLOWANCE, as_of_date=day, known_date=known)
    )


async def test_a_law_that_changes_backwards_is_found_by_month_with_its_article_and_settled(
    migrated_url: str, tmp_path: Path
) -> None:
    async with served(migrated_url, tmp_path, city_law(tmp_path)) as service:
        entitlement = await granted(service)
        [decided] = await listed(service)
        assert (decided.entitlement, decided.results["city_allowance_fen"]) == (entitlement.name, 30_000)
        assert await recomputed(service) == []  # today's own book has nothing to say against itself

    async with served(migrated_url, tmp_path, city_law(tmp_path, more_numbers=RAISED)) as service:
        for known, amount in (("2026-10-14", 30_000), ("2026-10-15", 36_000), ("", 36_000)):
            then = await allowance(service, entitlement.person, "2025-08-01", known)
            assert then.results["city_allowance_fen"] == amount
        assert (await allowance(service, entitlement.person, "2025-06-30")).results["city_allowance_fen"] == 30_000

        [found] = await recomputed(service)
        assert (found.decision, found.entitlement) == (decided.name, entitlement.name)
        assert (found.outcome_before, found.outcome_after) == (decision_pb2.OUTCOME_ELIGIBLE,) * 2
        assert list(found.results) == []  # in January 2025 nothing has changed
        [change] = found.months
        assert (change.from_month, change.to_month) == ("2025-07", "2026-11")
        assert (change.before_fen, change.after_fen, change.registered_fen) == (30_000, 36_000, 30_000)
        assert (found.back_pay_fen, found.overpaid_fen, change.total_fen) == (17 * 6_000, 0, 17 * 6_000)
        [cause] = change.causes
        assert (cause.name, cause.before, cause.after) == ("city_rate_fen", 100, 120)
        assert (cause.source, cause.since_month) == ("市发〔2026〕9号 第三条", "2025-07")
        assert cause.published_date == "2026-10-15"
        assert (await recomputed(service, through="2025-08"))[0].back_pay_fen == 2 * 6_000
        assert await recomputed(service, f'person = "{pensioner(service)}"') == []
        explanation = await explained(service, decided.name)
        assert explanation.reproduced

        await record(service, entitlement.person, ALLOWANCE, entitlement=entitlement.name)
        assert await recomputed(service) == []  # decided anew: that decision stands


async def test_months_that_are_not_paid_and_months_after_the_end_are_left_out(
    migrated_url: str, tmp_path: Path
) -> None:
    async with served(migrated_url, tmp_path, city_law(tmp_path)) as service:
        entitlement = await granted(service)
        register = service.operator.entitlements
        await register.SuspendEntitlement(
            entitlement_service_pb2.SuspendEntitlementRequest(
                name=entitlement.name, from_month="2025-10", reason="no evidence"
            )
        )
        await register.ResumeEntitlement(
            entitlement_service_pb2.ResumeEntitlementRequest(name=entitlement.name, from_month="2026-01")
        )
        await register.StopEntitlement(
            entitlement_service_pb2.StopEntitlementRequest(name=entitlement.name, end_month="2026-05", reason="death")
        )
    async with served(migrated_url, tmp_path, city_law(tmp_path, more_numbers=RAISED)) as service:
        [found] = await recomputed(service)
        months = [(change.from_month, change.to_month) for change in found.months]
        assert months == [("2025-07", "2025-09"), ("2026-01", "2026-05")]
        assert found.back_pay_fen == 8 * 6_000


@pytest.mark.parametrize("lowered", ["value: 90", "value: 100\n    2025-05:\n      value: 90"])
async def test_a_law_that_lowers_backwards_is_told_as_overpaid(migrated_url: str, tmp_path: Path, lowered: str) -> None:
    """Whether it is asked back is another matter: this only tells."""
    async with served(migrated_url, tmp_path, city_law(tmp_path)) as service:
        await granted(service)
    async with served(migrated_url, tmp_path, city_law(tmp_path, ("value: 100", lowered))) as service:
        [found] = await recomputed(service, through="2025-06")
        count = 6 if lowered == "value: 90" else 2
        assert (found.back_pay_fen, found.overpaid_fen) == (0, count * 3_000)


async def test_a_rule_that_changes_backwards_ends_the_right_and_is_the_cause(migrated_url: str, tmp_path: Path) -> None:
    async with served(migrated_url, tmp_path, city_law(tmp_path)) as service:
        entitlement = await granted(service)
        alone = await record(service, entitlement.person, ALLOWANCE, facts={"deemed_months": 60})
    async with served(migrated_url, tmp_path, city_law(tmp_path, more_rules=NARROWED)) as service:
        bare, of_register = await recomputed(service)
        [change] = of_register.months
        # The fact that the new rule asks for was not among those of the decision: it cannot be told yet.
        assert (change.from_month, change.HasField("after_fen"), of_register.back_pay_fen) == ("2026-03", False, 0)
        assert (bare.decision, list(bare.months)) == (alone.name, [])
        assert bare.outcome_after == decision_pb2.OUTCOME_UNKNOWN


async def test_the_right_that_a_rule_takes_backwards_is_overpaid_from_its_first_month(
    migrated_url: str, tmp_path: Path
) -> None:
    stricter = NARROWED.replace(", deemed_months: int", "").replace(" - deemed_months", "").replace("* 2 + 1", "* 3")
    async with served(migrated_url, tmp_path, city_law(tmp_path)) as service:
        await granted(service)
    async with served(migrated_url, tmp_path, city_law(tmp_path, more_rules=stricter)) as service:
        [found] = await recomputed(service)
        [change] = found.months
        assert (change.from_month, change.before_fen, change.after_fen) == ("2026-03", 30_000, 0)
        assert found.overpaid_fen == 9 * 30_000
        assert [(cause.name, cause.source) for cause in change.causes] == [
            ("enough_city_months", "市发〔2026〕9号 第一条")
        ]


async def test_a_decision_that_was_recorded_on_demand_tells_which_results_would_differ(
    migrated_url: str, tmp_path: Path
) -> None:
    async with served(migrated_url, tmp_path, city_law(tmp_path)) as service:
        person = pensioner(service)
        await submit(service, facts(person))
        made = [await record(service, person, ALLOWANCE, as_of_date=day) for day in ("2025-06-01", "2026-01-01")]
    async with served(migrated_url, tmp_path, city_law(tmp_path, more_numbers=RAISED)) as service:
        [found] = await recomputed(service)
        assert found.decision == made[1].name
        assert [(one.name, one.before, one.after) for one in found.results] == [("city_allowance_fen", 30_000, 36_000)]
        assert [cause.name for cause in found.causes] == ["city_rate_fen"]
        assert (found.entitlement, list(found.months)) == ("", [])


async def test_a_benefit_that_todays_book_does_not_have_any_more_is_told(migrated_url: str, tmp_path: Path) -> None:
    async with served(migrated_url, tmp_path, city_law(tmp_path)) as service:
        entitlement = await granted(service)
    async with served(migrated_url, tmp_path) as service:
        [found] = await recomputed(service)
        assert found.entitlement == entitlement.name
        assert "no such benefit" in found.obstacle
        assert found.outcome_after == decision_pb2.OUTCOME_UNSPECIFIED


async def test_rules_that_the_engine_cannot_read_any_more_are_told_and_the_decision_stays_readable(
    migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(migrated_url, tmp_path, city_law(tmp_path)) as service:
        entitlement = await granted(service)
        [decided] = await listed(service)
    async with served(migrated_url, tmp_path) as service:
        monkeypatch.setattr("services.eligibility.book.module._CALLS", frozenset())
        explanation = await explained(service, decided.name)
        assert (explanation.reproduced, len(explanation.steps) > 3) == (False, True)
        assert "may not use a call" in explanation.obstacle
        [found] = await recomputed(service)
        assert (found.entitlement, "may not use a call" in found.obstacle) == (entitlement.name, True)


async def test_a_month_that_is_none_is_refused(service: Served) -> None:
    assert (await refusal(recomputed(service, through="2025"))).field == "through_month"
