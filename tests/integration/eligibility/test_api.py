"""The contract over real gRPC with mTLS, on both databases."""

import asyncio

from services.common.ids import new_id
from socsec.eligibility.v1 import (
    certification_pb2,
    certification_service_pb2,
    draw_pb2,
    draw_service_pb2,
    eligibility_events_pb2,
    entitlement_pb2,
    entitlement_service_pb2,
    evidence_service_pb2,
)
from socsec.type.v1 import batch_pb2, scheme_pb2
from tests.integration.eligibility.calls import (
    certification_of,
    certified,
    events,
    granted,
    reasons,
    record,
    refusal,
    submit,
)
from tests.integration.eligibility.messages import draw, evidence, grant, notice
from tests.integration.eligibility.serving import Served


async def test_a_pensioner_is_certified_from_evidence_and_draws(service: Served, migrated_url: str) -> None:
    entitlement = await certified(service)
    certification = await certification_of(service, entitlement.person)
    assert certification.state == certification_pb2.CERTIFICATION_STATE_CERTIFIED
    assert (certification.valid_to, certification.division) == ("2027-06-10", "370202")
    assert certification.method == certification_pb2.CERTIFICATION_METHOD_SILENT
    one = draw(entitlement.person, entitlement.reference)
    result = await record(service, one)
    assert (result.batch, result.accepted, list(result.rejections)) == (7, 1, [])
    listed = await service.operator.draws.ListDraws(
        draw_service_pb2.ListDrawsRequest(filter=f'person = "{entitlement.person}" AND benefit_month = 2026-08')
    )
    assert [found.reference for found in listed.draws] == [one.reference]
    assert listed.draws[0].masked_account == entitlement.masked_account
    assert entitlement.masked_account.endswith("*" + entitlement.masked_account[-4:])
    told = await events(migrated_url, "DrawRecorded")
    message = eligibility_events_pb2.DrawRecorded.FromString(told[0].data)
    assert (message.person, message.amount_fen, message.benefit_month) == (entitlement.person, 312_345, "2026-08")
    assert len(message.account_key) == 32
    assert (told[0].division, told[0].aggregate_seq) == ("370202", 1)


async def test_each_draw_that_may_not_be_made_says_why_and_disturbs_no_other(service: Served) -> None:
    good, lost, dead = [await certified(service) for _ in range(3)]
    service.cards.unpayable.add(lost.person)
    await submit(service, evidence(dead.person, "DEATH_REGISTERED", "2026-07-01", "POLICE"))
    result = await record(
        service,
        draw(good.person, good.reference),
        draw(good.person, good.reference),
        draw(lost.person, lost.reference),
        draw(dead.person, dead.reference),
        draw(good.person, "A-unknown"),
        draw(good.person, good.reference, benefit_month="2025-05"),
        draw(good.person, good.reference, benefit_month="2026-09", amount_fen=-1),
        draw(good.person, good.reference, benefit_month="2026-09", amount_fen=2**62),
        draw(good.person, good.reference, benefit_month="2026-09", scheme=scheme_pb2.SCHEME_UNSPECIFIED),
        draw(good.person, good.reference, benefit_month="2026-09", scheme=77),
        draw(good.person, good.reference, benefit_month="2026-09", pooling_region="990000"),
        draw(good.person, good.reference, benefit_month="2026-13"),
        draw(good.person, good.reference, pay_date="2026-02-30"),
        draw(good.person, good.reference, pay_date="2026-11-25"),
        draw("people/nobody", good.reference),
        draw(good.person, good.reference, account="6222000000000000"),
        draw(good.person, good.reference, origin="bank/102", account="12345"),
        draw(good.person, good.reference, reference="x" * 65),
        draw(good.person, good.reference, reference=""),
        draw(good.person, good.reference, benefit_month="2026-09"),
    )
    assert result.accepted == 2
    assert reasons(result) == {
        1: ("ALREADY_DRAWN", ""),
        2: ("ACCOUNT_NOT_PAYABLE", ""),
        3: ("CERTIFICATION_HOLDS_PAYMENT", ""),
        4: ("ENTITLEMENT_NOT_IN_FORCE", ""),
        5: ("ENTITLEMENT_NOT_IN_FORCE", ""),
        6: ("AMOUNT_OUT_OF_RANGE", "amount_fen"),
        7: ("AMOUNT_OUT_OF_RANGE", "amount_fen"),
        8: ("UNKNOWN_VALUE", "scheme"),
        9: ("UNKNOWN_VALUE", "scheme"),
        10: ("UNKNOWN_DIVISION", "pooling_region"),
        11: ("IMPOSSIBLE_DATE", "benefit_month"),
        12: ("IMPOSSIBLE_DATE", "pay_date"),
        13: ("DATE_IN_FUTURE", "pay_date"),
        14: ("INVALID_RESOURCE_NAME", "person"),
        15: ("INVALID_TEXT", "account"),
        16: ("INVALID_TEXT", "account"),
        17: ("INVALID_TEXT", "reference"),
        18: ("FIELD_REQUIRED", "reference"),
    }


async def test_a_repeated_draw_changes_nothing_and_another_one_under_its_number_is_refused(service: Served) -> None:
    entitlement = await certified(service)
    one = draw(entitlement.person, entitlement.reference)
    assert (await record(service, one, one)).repeated_items == 1
    result = await record(service, one, draw(entitlement.person, entitlement.reference, reference=one.reference))
    assert (result.accepted, result.repeated_items) == (0, 2)
    other = draw(entitlement.person, entitlement.reference, reference=one.reference, amount_fen=5)
    assert reasons(await record(service, other)) == {0: ("RESOURCE_EXISTS", "")}


async def test_draws_of_outside_payers_are_recorded_as_reported(service: Served, migrated_url: str) -> None:
    entitlement = await certified(service)
    outside = [
        draw(f"people/{new_id()}", "whatever", origin="agency/370283", account="6217000000009999"),
        draw(entitlement.person, entitlement.reference, origin="bank/102", pooling_region="371300"),
        draw(entitlement.person, entitlement.reference, origin="bank/102"),
    ]
    result = await record(service, *outside)
    assert result.accepted == 3
    assert (await record(service, *outside)).repeated_items == 3
    assert service.cards.calls.count("CheckPayees") == 0
    told = [
        eligibility_events_pb2.DrawRecorded.FromString(one.data) for one in await events(migrated_url, "DrawRecorded")
    ]
    assert [one.origin for one in told] == ["agency/370283", "bank/102", "bank/102"]
    assert told[0].masked_account == "************9999"
    assert (told[1].account_key, told[1].masked_account) == ("", "")


async def test_sixty_four_concurrent_calls_record_one_draw_per_entitlement_and_month(service: Served) -> None:
    entitlements = [await certified(service) for _ in range(3)]
    calls = [
        record(service, *(draw(one.person, one.reference, benefit_month=month) for one in entitlements))
        for month in ("2026-07", "2026-08")
        for _ in range(32)
    ]
    results = await asyncio.gather(*calls)
    assert sum(result.accepted for result in results) == 6
    assert {reason for result in results for reason, _ in reasons(result).values()} == {"ALREADY_DRAWN"}
    listed = await service.operator.draws.ListDraws(draw_service_pb2.ListDrawsRequest(page_size=100))
    assert len({(one.entitlement_reference, one.benefit_month) for one in listed.draws}) == len(listed.draws) == 6


async def test_a_reversed_draw_frees_its_month(service: Served, migrated_url: str) -> None:
    entitlement = await certified(service)
    one = draw(entitlement.person, entitlement.reference)
    await record(service, one)

    async def reverse(reference: str, day: str = "2026-08-20") -> batch_pb2.BatchResult:
        reversal = draw_pb2.Reversal(reference=reference, reverse_date=day, reason="account closed")
        return await service.operator.draws.ReverseDraws(draw_service_pb2.ReverseDrawsRequest(reversals=[reversal]))

    assert reasons(await reverse("D-unknown")) == {0: ("RESOURCE_NOT_FOUND", "")}
    assert reasons(await reverse(one.reference, "2026-08-14")) == {0: ("VALUE_OUT_OF_RANGE", "reverse_date")}
    assert (await reverse(one.reference)).accepted == 1
    assert (await reverse(one.reference)).repeated_items == 1
    assert reasons(await reverse(one.reference, "2026-08-21")) == {0: ("DRAW_REVERSED", "")}
    assert (await record(service, draw(entitlement.person, entitlement.reference))).accepted == 1
    [told] = await events(migrated_url, "DrawReversed")
    assert told.aggregate_seq == 2
    listed = await service.operator.draws.ListDraws(draw_service_pb2.ListDrawsRequest())
    assert [found.reverse_date for found in listed.draws] == ["", "2026-08-20"]
    got = await service.operator.draws.GetDraw(draw_service_pb2.GetDrawRequest(name=listed.draws[1].name))
    assert got == listed.draws[1]


async def test_bad_grants_are_refused_each_with_its_field(service: Served) -> None:
    person = service.cards.add(new_id())
    other = service.cards.add(new_id())
    first = grant(person)
    batch = [
        first,
        grant(person, benefit="resident_pension", scheme=scheme_pb2.SCHEME_RESIDENT_PENSION),
        grant(f"people/{new_id()}"),
        grant(other, monthly_amount_fen=-5),
        grant(other, monthly_amount_fen=10_000_001),
        grant(other, scheme=99),
        grant(other, pooling_region="37020"),
        grant(other, start_month="2025-00"),
        grant(other, end_month="2025-05"),
        grant(other, account="abc"),
        grant(other, account=""),
        grant(other, reference=first.reference),
        first,
        grant(other),
    ]
    request = entitlement_service_pb2.GrantEntitlementsRequest(batch=3, entitlements=batch)
    call = service.operator.entitlements.GrantEntitlements(iter([request]))
    [result] = [result async for result in call]
    assert (result.batch, result.accepted, result.repeated_items) == (3, 2, 1)
    assert reasons(result) == {
        1: ("CONFLICTING_ENTITLEMENT", ""),
        2: ("PERSON_NOT_FOUND", ""),
        3: ("AMOUNT_OUT_OF_RANGE", "monthly_amount_fen"),
        4: ("AMOUNT_OUT_OF_RANGE", "monthly_amount_fen"),
        5: ("UNKNOWN_VALUE", "scheme"),
        6: ("UNKNOWN_DIVISION", "pooling_region"),
        7: ("IMPOSSIBLE_DATE", "start_month"),
        8: ("VALUE_OUT_OF_RANGE", "end_month"),
        9: ("INVALID_TEXT", "account"),
        10: ("FIELD_REQUIRED", "account"),
        11: ("RESOURCE_EXISTS", ""),
    }


async def test_an_entitlement_is_suspended_resumed_and_stopped(service: Served, migrated_url: str) -> None:
    entitlement = await certified(service)
    client = service.operator.entitlements
    suspend = entitlement_service_pb2.SuspendEntitlementRequest(
        name=entitlement.name, from_month="2026-08", reason="in custody", etag=entitlement.etag
    )
    suspended = await client.SuspendEntitlement(suspend)
    assert suspended.state == entitlement_pb2.ENTITLEMENT_STATE_SUSPENDED
    assert reasons(await record(service, draw(entitlement.person, entitlement.reference))) == {
        0: ("ENTITLEMENT_NOT_IN_FORCE", "")
    }
    stale = await refusal(client.SuspendEntitlement(suspend))
    assert (stale.code, stale.reason) == ("ABORTED", "ETAG_MISMATCH")
    resume = entitlement_service_pb2.ResumeEntitlementRequest(name=entitlement.name, from_month="2026-10")
    resumed = await client.ResumeEntitlement(resume)
    assert [(one.from_month, one.to_month) for one in resumed.suspensions] == [("2026-08", "2026-09")]
    back_pay = draw(entitlement.person, entitlement.reference, kind=draw_pb2.DRAW_KIND_BACK_PAY)
    assert (await record(service, back_pay)).accepted == 1
    stop = entitlement_service_pb2.StopEntitlementRequest(name=entitlement.name, end_month="2026-11", reason="moved")
    stopped = await client.StopEntitlement(stop)
    assert (stopped.state, stopped.end_month) == (entitlement_pb2.ENTITLEMENT_STATE_STOPPED, "2026-11")
    final = await refusal(client.ResumeEntitlement(resume))
    assert (final.code, final.reason, final.metadata["found"]) == (
        "FAILED_PRECONDITION",
        "ENTITLEMENT_STATE",
        "STOPPED",
    )
    listed = await client.ListEntitlements(
        entitlement_service_pb2.ListEntitlementsRequest(
            filter=f"state = STOPPED AND reference = {entitlement.reference}"
        )
    )
    assert list(listed.entitlements) == [stopped]
    names = ("EntitlementGranted", "EntitlementSuspended", "EntitlementResumed", "EntitlementStopped")
    assert [[one.aggregate_seq for one in await events(migrated_url, name)] for name in names] == [[1], [2], [3], [4]]


async def test_an_entitlements_amount_and_account_are_changed(service: Served, migrated_url: str) -> None:
    entitlement = await certified(service)
    client = service.operator.entitlements
    amount = entitlement_service_pb2.ChangeEntitlementAmountRequest(
        name=entitlement.name, from_month="2026-01", monthly_amount_fen=320_000, reason="yearly adjustment"
    )
    raised = await client.ChangeEntitlementAmount(amount)
    found = [(one.from_month, one.monthly_amount_fen, one.reason) for one in raised.amounts]
    assert found == [("2025-06", 312_345, ""), ("2026-01", 320_000, "yearly adjustment")]
    assert raised.monthly_amount_fen == 320_000
    account = entitlement_service_pb2.ChangeEntitlementAccountRequest(
        name=entitlement.name, account="6217000011112222", etag=raised.etag
    )
    moved = await client.ChangeEntitlementAccount(account)
    assert (moved.masked_account[-4:], moved.etag) == ("2222", "3")
    account.etag = ""
    assert await client.ChangeEntitlementAccount(account) == moved
    await record(service, draw(entitlement.person, entitlement.reference))
    paid = await client.GetEntitlement(entitlement_service_pb2.GetEntitlementRequest(name=entitlement.name))
    assert paid == moved
    drawn = await service.operator.draws.ListDraws(draw_service_pb2.ListDrawsRequest())
    assert [one.masked_account[-4:] for one in drawn.draws] == ["2222"]
    names = ("EntitlementAmountChanged", "EntitlementAccountChanged")
    assert [[one.aggregate_seq for one in await events(migrated_url, name)] for name in names] == [[2], [3]]
    amount.monthly_amount_fen = 0
    nothing = await refusal(client.ChangeEntitlementAmount(amount))
    assert (nothing.reason, nothing.field) == ("AMOUNT_OUT_OF_RANGE", "monthly_amount_fen")
    account.account = "12"
    short = await refusal(client.ChangeEntitlementAccount(account))
    assert (short.reason, short.field) == ("INVALID_TEXT", "account")


async def test_evidence_that_is_wrong_is_refused_each_with_its_field(service: Served) -> None:
    person = (await granted(service)).person
    good = evidence(person)
    result = await submit(
        service,
        good,
        good,
        evidence(person, "DEATH_REGISTERED", reference=good.reference),
        evidence(person, day="2026-11-25"),
        evidence(person, day="2026-02-29"),
        evidence(person, received_date="2026-06-09"),
        evidence(person, kind="UNSPECIFIED"),
        evidence(person, source="UNSPECIFIED"),
        evidence("cards/1"),
    )
    assert (result.accepted, result.repeated_items) == (1, 1)
    assert reasons(result) == {
        2: ("RESOURCE_EXISTS", ""),
        3: ("DATE_IN_FUTURE", "received_date"),
        4: ("IMPOSSIBLE_DATE", "received_date"),
        5: ("VALUE_OUT_OF_RANGE", "received_date"),
        6: ("UNKNOWN_VALUE", "kind"),
        7: ("UNKNOWN_VALUE", "source"),
        8: ("INVALID_RESOURCE_NAME", "person"),
    }


async def test_a_wrong_death_is_withdrawn_and_everything_is_as_before(service: Served, migrated_url: str) -> None:
    entitlement = await certified(service)
    before = await certification_of(service, entitlement.person)
    death = evidence(entitlement.person, "DEATH_REGISTERED", "2026-07-01", "POLICE")
    cremation = evidence(entitlement.person, "CREMATED", "2026-07-03", "CIVIL_AFFAIRS")
    await submit(service, death)
    held = await certification_of(service, entitlement.person)
    assert held.state == certification_pb2.CERTIFICATION_STATE_UNDER_VERIFICATION
    await submit(service, cremation)
    assert (await certification_of(service, entitlement.person)).state == certification_pb2.CERTIFICATION_STATE_LOST
    for one in (death, cremation):
        request = evidence_service_pb2.WithdrawEvidenceRequest(
            source=one.source, reference=one.reference, reason="another person", request_id=f"w{one.reference}"
        )
        ended = await service.operator.evidence.WithdrawEvidence(request)
        assert ended.end_date == "2026-11-24"
        ended.end_date = ""
        assert ended == one
        request.request_id = ""
        assert (await refusal(service.operator.evidence.WithdrawEvidence(request))).reason == "EVIDENCE_WITHDRAWN"
    after = await certification_of(service, entitlement.person)
    assert (after.state, after.state_since, after.valid_to) == (before.state, before.state_since, before.valid_to)
    told = [
        eligibility_events_pb2.CertificationChanged.FromString(one.data)
        for one in await events(migrated_url, "CertificationChanged")
    ]
    assert [certification_pb2.CertificationState.Name(one.state)[20:] for one in told] == [
        "WARNING",
        "CERTIFIED",
        "UNDER_VERIFICATION",
        "LOST",
        "CERTIFIED",  # from the day of the first report to that of the second, which alone holds payment
        "UNDER_VERIFICATION",
        "CERTIFIED",
    ]
    negative = await events(migrated_url, "NegativeEvidenceReceived")
    withdrawn = await events(migrated_url, "EvidenceWithdrawn")
    assert [one.aggregate for one in negative] == [one.aggregate for one in withdrawn]
    assert [one.aggregate_seq for one in negative + withdrawn] == [1, 1, 2, 2]


async def test_negative_evidence_about_a_stranger_is_told_too(service: Served, migrated_url: str) -> None:
    await submit(service, evidence(f"people/{new_id()}", "CREMATED", "2026-07-03", "CIVIL_AFFAIRS"))
    assert len(await events(migrated_url, "NegativeEvidenceReceived")) == 1


async def test_somebody_seen_after_a_reported_death_raises_an_alarm(service: Served, migrated_url: str) -> None:
    entitlement = await certified(service)
    await submit(service, evidence(entitlement.person, "BANK_IN_PERSON", "2026-07-20", "BANK"))
    await submit(service, evidence(entitlement.person, "DEATH_REGISTERED", "2026-07-01", "POLICE"))
    [told] = await events(migrated_url, "IdentityAlarmRaised")
    alarm = eligibility_events_pb2.IdentityAlarmRaised.FromString(told.data)
    assert (alarm.death_date, alarm.seen_date) == ("2026-07-01", "2026-07-20")


async def test_a_persons_evidence_is_listed_newest_first_in_pages(service: Served) -> None:
    person = (await granted(service)).person
    await submit(service, *(evidence(person, day=f"2026-0{n % 3 + 1}-05") for n in range(9)))
    request = evidence_service_pb2.ListEvidenceRequest(person=person, page_size=4)
    found = []
    while True:
        page = await service.operator.evidence.ListEvidence(request)
        found += list(page.evidence)
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    keys = [(one.event_date, one.reference) for one in found]
    assert keys == sorted(keys, reverse=True)
    assert len(set(keys)) == 9
    filtered = evidence_service_pb2.ListEvidenceRequest(person=person, filter="event_date < 2026-02-01")
    assert len((await service.operator.evidence.ListEvidence(filtered)).evidence) == 3
    filtered.page_token = request.page_token
    assert (await refusal(service.operator.evidence.ListEvidence(filtered))).reason == "INVALID_PAGE_TOKEN"
    filtered = evidence_service_pb2.ListEvidenceRequest(person=person, filter="name = x")
    assert (await refusal(service.operator.evidence.ListEvidence(filtered))).reason == "INVALID_FILTER"


async def test_a_request_id_is_answered_once(service: Served) -> None:
    person = service.cards.add(new_id())
    request = entitlement_service_pb2.GrantEntitlementRequest(entitlement=grant(person), request_id="r1")
    first = await service.operator.entitlements.GrantEntitlement(request)
    assert await service.operator.entitlements.GrantEntitlement(request) == first
    request.entitlement.monthly_amount_fen += 1
    assert (await refusal(service.operator.entitlements.GrantEntitlement(request))).reason == "REQUEST_ID_REUSED"


async def test_a_validation_changes_nothing(service: Served, migrated_url: str) -> None:
    person = service.cards.add(new_id())
    request = entitlement_service_pb2.GrantEntitlementRequest(entitlement=grant(person), validate_only=True)
    assert (await service.operator.entitlements.GrantEntitlement(request)).person == person
    listed = await service.operator.entitlements.ListEntitlements(entitlement_service_pb2.ListEntitlementsRequest())
    assert list(listed.entitlements) == []
    assert await events(migrated_url, "EntitlementGranted") == []


async def test_batches_have_a_size_and_callers_a_role(service: Served) -> None:
    empty = draw_service_pb2.RecordDrawsRequest()
    assert (await refusal(service.operator.draws.RecordDraws(empty))).reason == "FIELD_REQUIRED"
    large = draw_service_pb2.RecordDrawsRequest(draws=[draw("people/x", "A")] * 1001)
    assert (await refusal(service.operator.draws.RecordDraws(large))).reason == "BATCH_TOO_LARGE"
    auditor = await service.client("auditor", "li")
    assert (await refusal(auditor.draws.RecordDraws(empty))).code == "PERMISSION_DENIED"
    assert list((await auditor.draws.ListDraws(draw_service_pb2.ListDrawsRequest())).draws) == []


async def test_a_card_service_that_is_away_is_told_as_unavailable(service: Served) -> None:
    person = service.cards.add(new_id())
    request = entitlement_service_pb2.GrantEntitlementRequest(entitlement=grant(person))
    entitlement = await service.operator.entitlements.GrantEntitlement(request)

    service.cards.broken = True
    found = await refusal(
        service.operator.draws.RecordDraws(
            draw_service_pb2.RecordDrawsRequest(draws=[draw(person, entitlement.reference)])
        )
    )
    assert (found.code, found.reason, found.metadata) == ("UNAVAILABLE", "DEPENDENCY_UNAVAILABLE", {"service": "card"})


async def test_streams_answer_each_batch(service: Served) -> None:
    entitlement = await granted(service)
    requests = [
        evidence_service_pb2.SubmitEvidenceRequest(batch=n, evidence=[evidence(entitlement.person)]) for n in (4, 5)
    ]
    results = [result async for result in service.operator.evidence.StreamEvidence(iter(requests))]
    assert [(result.batch, result.accepted) for result in results] == [(4, 1), (5, 1)]
    payments = [
        draw_service_pb2.RecordDrawsRequest(batch=n, draws=[draw(entitlement.person, entitlement.reference)])
        for n in (1, 2)
    ]
    results = [result async for result in service.operator.draws.StreamDraws(iter(payments))]
    assert [(result.batch, result.accepted, len(result.rejections)) for result in results] == [(1, 1, 0), (2, 0, 1)]


async def test_notices_are_for_people_with_a_certification_and_counted_once(service: Served) -> None:
    person = (await granted(service)).person
    request = certification_service_pb2.RecordNoticesRequest(
        batch=2,
        notices=[
            notice(person, "2026-07-01"),
            notice(person, "2026-07-01"),
            notice(f"people/{new_id()}", "2026-07-01"),
            notice(person, "2026-11-25"),
            notice(person, "2026-07-01", "UNSPECIFIED"),
        ],
    )
    result = await service.operator.certifications.RecordNotices(request)
    assert (result.accepted, result.repeated_items) == (1, 1)
    assert reasons(result) == {
        2: ("RESOURCE_NOT_FOUND", ""),
        3: ("DATE_IN_FUTURE", "delivered_date"),
        4: ("UNKNOWN_VALUE", "channel"),
    }
    assert (await certification_of(service, person)).notice_date == "2026-07-01"
