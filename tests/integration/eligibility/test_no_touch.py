"""The no-touch rate: who was certified without being disturbed, and what kept the others from it."""

from socsec.eligibility.v1 import certification_pb2, certification_service_pb2
from tests.integration.eligibility.calls import granted, refusal, submit
from tests.integration.eligibility.messages import evidence, notice
from tests.integration.eligibility.serving import Served


async def rate(service: Served, month: str, to_month: str = "") -> list[certification_pb2.NoTouchDistrict]:
    request = certification_service_pb2.GetNoTouchRateRequest(from_month=month, to_month=to_month)
    return list((await service.operator.certifications.GetNoTouchRate(request)).districts)


async def test_each_district_says_who_was_not_disturbed_and_what_kept_the_others(service: Served) -> None:
    people = [(await granted(service)).person for _ in range(9)]
    silent, reminded, own, visited, weak, nothing, doubted, dead, late = people
    service.calendar.turn_to("2026-11-24")
    await submit(
        service,
        evidence(silent, "HOSPITAL_STAY", "2026-06-10"),
        evidence(reminded, "OUTPATIENT_SETTLEMENT", "2026-06-10", "HEALTH_INSURANCE"),
        evidence(own, "FACE_RECOGNITION", "2026-06-10", "OWN_CHANNEL"),
        evidence(own, "HOSPITAL_STAY", "2026-03-10"),
        evidence(visited, "HOME_VISIT", "2026-06-10", "OWN_CHANNEL"),
        evidence(weak, "PHARMACY", "2026-06-10", "HEALTH_INSURANCE"),
        evidence(doubted, "DEATH_REGISTERED", "2026-06-10", "POLICE"),
        evidence(dead, "DEATH_REGISTERED", "2026-06-10", "POLICE"),
        evidence(dead, "CREMATED", "2026-06-12", "CIVIL_AFFAIRS"),
        evidence(late, "HOSPITAL_STAY", "2026-06-10", received_date="2026-11-20"),
        evidence(nothing, "HOSPITAL_STAY", "2025-06-10"),
    )
    request = certification_service_pb2.RecordNoticesRequest(notices=[notice(reminded, "2026-05-02", "SMS")])
    await service.operator.certifications.RecordNotices(request)

    [district, city] = await rate(service, "2026-10")
    assert (district.division, city.division) == ("370202", "")
    assert (district.obliged_count, district.no_touch_count, district.no_touch_rate_bp) == (8, 1, 1_250)
    kept = {certification_pb2.Obstacle.Name(one.obstacle)[9:]: one.people_count for one in district.obstacles}
    assert kept == {
        "REMINDED": 1,
        "SELF_CERTIFIED": 1,
        "VISITED": 1,
        "WEAK_EVIDENCE_ONLY": 1,
        "NO_EVIDENCE": 2,  # what came in November was not known in October
        "UNDER_VERIFICATION": 1,
    }
    months = await rate(service, "2026-10", "2026-11")
    assert [(one.month, one.no_touch_count) for one in months if not one.division] == [("2026-10", 1), ("2026-11", 2)]


async def test_months_that_lie_ahead_or_are_too_many_are_refused(service: Served) -> None:
    calls = service.operator.certifications
    for first, last, reason in (
        ("2026-12", "", "DATE_IN_FUTURE"),
        ("2025-01", "2026-01", "VALUE_OUT_OF_RANGE"),
        ("2026-02", "2026-01", "VALUE_OUT_OF_RANGE"),
        ("", "", "FIELD_REQUIRED"),
    ):
        request = certification_service_pb2.GetNoTouchRateRequest(from_month=first, to_month=last)
        assert (await refusal(calls.GetNoTouchRate(request))).reason == reason
