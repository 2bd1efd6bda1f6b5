"""A prison term over real gRPC, on both databases: payment lists, single draws and the account of months agree."""

from socsec.eligibility.v1 import (
    draw_list_pb2,
    draw_list_service_pb2,
    draw_pb2,
    draw_service_pb2,
    eligibility_events_pb2,
    entitlement_pb2,
    entitlement_service_pb2,
    evidence_pb2,
    evidence_service_pb2,
    settlement_pb2,
    settlement_service_pb2,
    settlement_service_pb2_grpc,
)
from tests.integration.eligibility.calls import certified, events, granted, reasons, record, submit
from tests.integration.eligibility.messages import draw, evidence
from tests.integration.eligibility.serving import Served
from tests.integration.eligibility.test_draw_lists import AMOUNT, built, drawn, lines_of, run

Months = dict[str, tuple[str, int]]


async def account(service: Served, entitlement: entitlement_pb2.Entitlement) -> settlement_pb2.Settlement:
    stub = settlement_service_pb2_grpc.SettlementServiceStub(service.operator.channel)
    request = settlement_service_pb2.CheckSettlementRequest(entitlement=entitlement.name)
    reply: settlement_pb2.Settlement = await stub.CheckSettlement(request)
    return reply


def states(settlement: settlement_pb2.Settlement) -> Months:
    names = settlement_pb2.MonthState.Name
    return {one.month: (names(one.state).removeprefix("MONTH_STATE_"), one.overpaid_fen) for one in settlement.months}


async def adjust(service: Served, entitlement: entitlement_pb2.Entitlement, month: str, fen: int) -> None:
    change = entitlement_service_pb2.ChangeEntitlementAmountRequest(
        name=entitlement.name, from_month=month, monthly_amount_fen=fen, reason="年度调整", is_adjustment=True
    )
    await service.operator.entitlements.ChangeEntitlementAmount(change)


async def test_a_term_stops_the_pension_and_the_release_resumes_it_at_the_old_amount(
    service: Served, migrated_url: str
) -> None:
    prisoner = await certified(service)
    await run(service, "2026-11", "2026-11-25")
    service.calendar.turn_to("2026-12-10")
    # One office only: the payment is held, nothing is ended.
    await submit(service, evidence(prisoner.person, "SENTENCED", "2026-11-28", "POLICE"))
    december = await run(service, "2026-12", "2026-12-15")
    assert [one.hold_reason for one in await lines_of(service, december.name)] == ["CERTIFICATION_HOLDS_PAYMENT"]
    # The judgement confirms it.
    await submit(service, evidence(prisoner.person, "COURT_JUDGMENT", "2026-11-28", "JUSTICE"))
    assert await drawn(service, prisoner) == [("2026-11", AMOUNT, True)]
    await adjust(service, prisoner, "2027-01", AMOUNT + 10_000)
    assert (await run(service, "2027-01", "2027-01-15")).line_count == 0
    single = draw(prisoner.person, prisoner.reference, benefit_month="2026-12", pay_date="2026-12-10")
    assert reasons(await record(service, single)) == {0: ("MONTH_NOT_DUE", "")}

    service.calendar.turn_to("2027-03-20")
    await submit(service, evidence(prisoner.person, "RELEASED", "2027-02-26", "JUSTICE", reference="R-1"))
    settled = await account(service, prisoner)
    assert {month: state for month, (state, _) in states(settled).items() if month >= "2026-11"} == {
        "2026-11": "DUE",
        "2026-12": "LOST",
        "2027-01": "LOST",
        "2027-02": "LOST",
        "2027-03": "DUE",
    }
    assert settled.overpaid_fen == 0
    march = await run(service, "2027-03", "2027-03-25")
    # The adjustment that fell into the term is not made up for.
    assert [(one.benefit_month, one.amount_fen) for one in await lines_of(service, march.name)] == [("2027-03", AMOUNT)]
    assert await drawn(service, prisoner) == [("2026-11", AMOUNT, True), ("2027-03", AMOUNT, True)]
    # It was somebody else who was released: what was paid since is to be claimed back.
    wrong = evidence_service_pb2.WithdrawEvidenceRequest(
        source=evidence_pb2.EVIDENCE_SOURCE_JUSTICE, reference="R-1", reason="another person of that name"
    )
    await service.operator.evidence.WithdrawEvidence(wrong)
    (found,) = await events(migrated_url, "OverpaymentFound")
    assert list(eligibility_events_pb2.OverpaymentFound.FromString(found.data).months) == ["2027-03"]
    (owed,) = await events(migrated_url, "BackPayOwed")
    assert list(eligibility_events_pb2.BackPayOwed.FromString(owed.data).months) == ["2027-03"]


async def test_what_was_paid_into_a_term_is_overpaid_until_the_sentence_is_withdrawn(
    service: Served, migrated_url: str
) -> None:
    prisoner = await certified(service)
    await run(service, "2026-10", "2026-11-24")
    await run(service, "2026-11", "2026-11-25")
    late = {"received_date": "2026-11-24"}  # both months were ordered by then: earlier reports would have held them
    await submit(service, evidence(prisoner.person, "SENTENCED", "2026-09-20", "JUSTICE", **late))
    await submit(service, evidence(prisoner.person, "SENTENCED", "2026-09-22", "POLICE", reference="P-1", **late))
    settled = await account(service, prisoner)
    # Months before the region's first list were others' to pay.
    assert states(settled) == {"2026-10": ("LOST", AMOUNT), "2026-11": ("LOST", AMOUNT)}
    (found,) = await events(migrated_url, "OverpaymentFound")
    told = eligibility_events_pb2.OverpaymentFound.FromString(found.data)
    assert (list(told.months), told.amount_fen) == (["2026-10", "2026-11"], 2 * AMOUNT)
    wrong = evidence_service_pb2.WithdrawEvidenceRequest(
        source=evidence_pb2.EVIDENCE_SOURCE_POLICE, reference="P-1", reason="another person of that name"
    )
    await service.operator.evidence.WithdrawEvidence(wrong)
    assert (await account(service, prisoner)).overpaid_fen == 0


async def test_a_month_of_death_that_was_held_is_paid_when_the_death_is_confirmed(service: Served) -> None:
    dead = await certified(service)
    await submit(service, evidence(dead.person, "DEATH_REGISTERED", "2026-11-20", "POLICE"))
    november = await run(service, "2026-11", "2026-11-25")
    assert november.held_count == 1
    await submit(service, evidence(dead.person, "CREMATED", "2026-11-22", "CIVIL_AFFAIRS"))
    december = await run(service, "2026-12", "2026-12-15")
    assert [(one.benefit_month, one.hold_reason) for one in await lines_of(service, december.name)] == [("2026-11", "")]
    assert await drawn(service, dead) == [("2026-11", AMOUNT, True)]


async def test_lists_single_draws_and_the_account_of_months_agree_on_everybody(service: Served) -> None:
    histories: list[list[tuple[str, str, str]]] = [
        [],
        [("SENTENCED", "2026-09-05", "JUSTICE")],
        [("COURT_JUDGMENT", "2026-09-05", "JUSTICE")],
        [("COURT_JUDGMENT", "2026-09-05", "JUSTICE"), ("RELEASED", "2026-10-05", "JUSTICE")],
        [("IN_CUSTODY", "2026-09-05", "POLICE"), ("RELEASED", "2026-11-05", "POLICE")],
        [("IN_CUSTODY", "2026-09-05", "POLICE"), ("COURT_JUDGMENT", "2026-10-05", "JUSTICE")],
        [("SENTENCED", "2026-09-05", "JUSTICE"), ("RELEASED", "2026-10-05", "JUSTICE")],
        [("DEATH_REGISTERED", "2026-10-05", "POLICE"), ("CREMATED", "2026-10-06", "CIVIL_AFFAIRS")],
        [("MISSING_DECLARED", "2026-09-05", "POLICE")],
        [("COMMUNITY_CORRECTION", "2026-09-05", "JUSTICE")],
    ]
    people = [await granted(service, start_month="2026-08") for _ in histories]
    # The region's first list pays nobody: from then on all months are owed.
    reviewer = await service.client("reviewer", "li")
    service.cards.unpayable.update(one.person for one in people)
    await run(service, "2026-08", "2026-11-24")
    service.cards.unpayable.clear()
    for one, history in zip(people, histories, strict=True):
        await submit(service, evidence(one.person))
        await adjust(service, one, "2026-10", AMOUNT + 1_000)
        for kind, day, source in history:
            await submit(service, evidence(one.person, kind, day, source))
    paused = entitlement_service_pb2.SuspendEntitlementRequest(name=people[0].name, from_month="2026-10", reason="核查")
    await service.operator.entitlements.SuspendEntitlement(paused)
    made = await built(service.operator, "2026-11", "2026-11-24")
    for one in people:
        settled = await account(service, one)
        listed = {
            line.benefit_month: line.amount_fen
            for line in await lines_of(service, made.name, f"entitlement_reference = {one.reference}")
        }
        due = {month.month: month.owed_fen or month.held_fen for month in settled.months}
        if one is people[0]:
            due |= {"2026-10": 0, "2026-11": 0}  # somebody took them off the list
        assert listed == {month: fen for month, fen in due.items() if fen}
        for month in settled.months:
            more = draw(
                one.person,
                one.reference,
                benefit_month=month.month,
                pay_date="2026-11-24",
                kind=draw_pb2.DRAW_KIND_BACK_PAY,
                amount_fen=max(month.owed_fen, 1) + (month.owed_fen > 0),
            )
            too_much = draw_service_pb2.RecordDrawsRequest(draws=[more], validate_only=True)
            assert (await service.operator.draws.RecordDraws(too_much)).accepted == 0
            more.amount_fen = month.owed_fen or 1
            exact = draw_service_pb2.RecordDrawsRequest(draws=[more], validate_only=True)
            ready = await lines_of(
                service,
                made.name,
                f"entitlement_reference = {one.reference} AND benefit_month = {month.month} AND state = READY",
            )
            assert (await service.operator.draws.RecordDraws(exact)).accepted == len(ready)
    release = draw_list_service_pb2.ReleaseDrawListRequest(name=made.name)
    assert (await reviewer.draw_lists.ReleaseDrawList(release)).state == draw_list_pb2.DRAW_LIST_STATE_RELEASING
