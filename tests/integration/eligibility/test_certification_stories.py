"""Years of pensioners over real gRPC, on both databases."""

from socsec.eligibility.v1 import (
    certification_pb2,
    certification_service_pb2,
    draw_pb2,
    eligibility_events_pb2,
    entitlement_pb2,
    evidence_service_pb2,
)
from tests.integration.eligibility.calls import (
    certification_of,
    events,
    granted,
    reasons,
    record,
    submit,
    swept,
)
from tests.integration.eligibility.messages import draw, evidence, notice
from tests.integration.eligibility.serving import Served

State = certification_pb2.CertificationState


async def state_of(service: Served, person: str) -> str:
    return State.Name((await certification_of(service, person)).state).removeprefix("CERTIFICATION_STATE_")


async def told_states(url: str) -> list[tuple[str, str]]:
    """Give each state that was told, with the day that it counts from."""
    told = [
        eligibility_events_pb2.CertificationChanged.FromString(one.data)
        for one in await events(url, "CertificationChanged")
    ]
    return [(State.Name(one.state).removeprefix("CERTIFICATION_STATE_"), one.effective_date) for one in told]


async def notify(service: Served, person: str, day: str, channel: str) -> None:
    request = certification_service_pb2.RecordNoticesRequest(notices=[notice(person, day, channel)])
    assert (await service.operator.certifications.RecordNotices(request)).accepted == 1


def monthly(entitlement: entitlement_pb2.Entitlement, month: str, pay_date: str = "") -> draw_pb2.Draw:
    return draw(entitlement.person, entitlement.reference, benefit_month=month, pay_date=pay_date or f"{month}-15")


async def test_a_year_of_a_pensioner_who_is_never_disturbed(service: Served, migrated_url: str) -> None:
    service.calendar.turn_to("2025-06-02")
    entitlement = await granted(service)
    person = entitlement.person
    months = [f"{2025 + month // 12}-{month % 12 + 1:02d}" for month in range(5, 17)]
    seen = {"2025-06": "HOSPITAL_STAY", "2025-11": "OUTPATIENT_SETTLEMENT", "2026-03": "IDENTITY_CHECKED_TRIP"}
    for month in months:
        service.calendar.turn_to(f"{month}-20")
        if month in seen:
            assert (await submit(service, evidence(person, seen[month], f"{month}-10"))).accepted == 1
        assert (await submit(service, evidence(person, "PHARMACY", f"{month}-11", "HEALTH_INSURANCE"))).accepted == 1
        counts = await swept(service, f"{month}-20")
        assert (counts.qualified_count, counts.silent_count, counts.warned_count) == (1, 1, 0)
        assert (await record(service, monthly(entitlement, month))).accepted == 1
    certification = await certification_of(service, person)
    assert (certification.valid_to, certification.notice_date) == ("2027-03-10", "")
    assert certification.method == certification_pb2.CERTIFICATION_METHOD_SILENT
    assert await told_states(migrated_url) == [("WARNING", "2025-06-01"), ("CERTIFIED", "2025-06-10")]
    assert len(await events(migrated_url, "DrawRecorded")) == 12


async def test_an_old_pensioner_is_warned_visited_and_certified(service: Served, migrated_url: str) -> None:
    service.calendar.turn_to("2025-06-20")
    entitlement = await granted(service, "1940-02-02")
    person = entitlement.person
    await submit(service, evidence(person, "LONG_TERM_CARE", "2025-06-10", "HEALTH_INSURANCE"))
    service.calendar.turn_to("2026-03-11")
    assert (await swept(service, "2026-03-11", dry_run=True)).warned_count == 1
    assert await state_of(service, person) == "CERTIFIED"
    assert (await swept(service, "2026-03-11")).warned_count == 1
    assert await state_of(service, person) == "WARNING"
    service.calendar.turn_to("2026-06-12")
    await notify(service, person, "2026-03-15", "SMS")
    await notify(service, person, "2026-05-02", "PHONE")
    overdue = await swept(service, "2026-06-12")
    # A text message suspends nobody of that age: somebody has to go and see.
    assert (overdue.unnoticed_count, overdue.suspended_count) == (1, 0)
    assert (await record(service, monthly(entitlement, "2026-06", "2026-06-12"))).accepted == 1
    service.calendar.turn_to("2026-06-25")
    await notify(service, person, "2026-06-20", "VISIT")
    await submit(service, evidence(person, "HOME_VISIT", "2026-06-20", "OWN_CHANNEL"))
    certification = await certification_of(service, person)
    assert (certification.state, certification.valid_to) == (State.CERTIFICATION_STATE_CERTIFIED, "2027-06-20")
    assert certification.method == certification_pb2.CERTIFICATION_METHOD_HOME
    counts = await swept(service, "2026-06-25")
    assert (counts.qualified_count, counts.silent_count) == (1, 0)
    assert [state for state, _ in await told_states(migrated_url)] == ["WARNING", "CERTIFIED", "WARNING", "CERTIFIED"]


async def test_a_suspended_pensioner_who_shows_up_gets_the_held_months(service: Served, migrated_url: str) -> None:
    service.calendar.turn_to("2025-06-20")
    entitlement = await granted(service)
    person = entitlement.person
    await submit(service, evidence(person, "HOSPITAL_STAY", "2025-06-10"))
    service.calendar.turn_to("2026-03-11")
    await swept(service, "2026-03-11")
    service.calendar.turn_to("2026-06-11")
    assert (await swept(service, "2026-06-11")).suspended_count == 0
    service.calendar.turn_to("2026-06-14")
    await notify(service, person, "2026-06-13", "SMS")
    assert (await swept(service, "2026-06-14")).suspended_count == 1
    held = {0: ("CERTIFICATION_HOLDS_PAYMENT", "")}
    for month in ("2026-06", "2026-07"):
        service.calendar.turn_to(f"{month}-16")
        assert reasons(await record(service, monthly(entitlement, month))) == held
    service.calendar.turn_to("2026-08-05")
    await submit(service, evidence(person, "FACE_RECOGNITION", "2026-08-03", "OWN_CHANNEL"))
    assert await state_of(service, person) == "CERTIFIED"
    # Not as of a day on which payment was held, but now, both months, and each once.
    assert reasons(await record(service, monthly(entitlement, "2026-07"))) == held
    paid_now = [monthly(entitlement, month, "2026-08-05") for month in ("2026-06", "2026-07")]
    assert (await record(service, *paid_now)).accepted == 2
    again = await record(service, *(monthly(entitlement, month, "2026-08-05") for month in ("2026-06", "2026-07")))
    assert reasons(again) == {0: ("ALREADY_DRAWN", ""), 1: ("ALREADY_DRAWN", "")}
    assert (await told_states(migrated_url))[-2:] == [("SUSPENDED", "2026-06-14"), ("CERTIFIED", "2026-08-03")]


async def test_a_wrong_death_of_a_single_office_holds_payment_and_is_undone(service: Served, migrated_url: str) -> None:
    service.calendar.turn_to("2026-06-20")
    entitlement = await granted(service)
    person = entitlement.person
    await submit(service, evidence(person, "HOSPITAL_STAY", "2026-06-10"))
    before = await certification_of(service, person)
    service.calendar.turn_to("2026-07-05")
    death = evidence(person, "DEATH_REGISTERED", "2026-07-01", "POLICE")
    await submit(service, death)
    assert await state_of(service, person) == "UNDER_VERIFICATION"
    service.calendar.turn_to("2026-07-16")
    counts = await swept(service, "2026-07-16")
    assert (counts.to_verify_count, counts.lost_count, counts.suspended_count) == (1, 0, 0)
    assert reasons(await record(service, monthly(entitlement, "2026-07"))) == {0: ("CERTIFICATION_HOLDS_PAYMENT", "")}
    service.calendar.turn_to("2026-07-20")
    request = evidence_service_pb2.WithdrawEvidenceRequest(
        source=death.source, reference=death.reference, reason="another person of that name"
    )
    await service.operator.evidence.WithdrawEvidence(request)
    after = await certification_of(service, person)
    assert (after.state, after.state_since, after.valid_to) == (before.state, before.state_since, before.valid_to)
    # The held day itself is put right: it never was, so the payment of that day may be made.
    assert (await record(service, monthly(entitlement, "2026-07"))).accepted == 1
    assert (await told_states(migrated_url))[-2:] == [
        ("UNDER_VERIFICATION", "2026-07-01"),
        ("CERTIFIED", "2026-07-01"),
    ]
