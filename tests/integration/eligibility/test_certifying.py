"""People certify themselves, are reminded step by step, and are visited before anybody old or infirm is suspended."""

from services.common.ids import new_id
from socsec.eligibility.v1 import (
    certification_pb2,
    certification_service_pb2,
    certifying_service_pb2,
    decision_pb2,
    evidence_pb2,
)
from tests.integration.eligibility.calls import certification_of, certified, granted, record, refusal, submit, swept
from tests.integration.eligibility.messages import draw, evidence, notice
from tests.integration.eligibility.serving import Served

State = certification_pb2.CertificationState


def state_of(certification: certification_pb2.Certification) -> str:
    return State.Name(certification.state).removeprefix("CERTIFICATION_STATE_")


async def warned(service: Served, birth_date: str = "1960-05-05") -> str:
    """Have somebody last seen in December 2025, warned on 1 October 2026."""
    person = (await granted(service, birth_date)).person
    await submit(service, evidence(person, day="2025-12-20"))
    service.calendar.turn_to("2026-10-01")
    await swept(service, "2026-10-01")
    return person


async def due(service: Served, day: str) -> dict[str, str]:
    request = certifying_service_pb2.ListDueNoticesRequest(as_of_date=day)
    found = (await service.operator.certifying.ListDueNotices(request)).due_notices
    return {one.person: certification_pb2.NoticeChannel.Name(one.channel)[15:] for one in found}


async def told(service: Served, person: str, day: str, channel: str, *, failed: bool = False) -> None:
    one = notice(person, day, channel)
    if failed:
        one.delivery = certification_pb2.NOTICE_DELIVERY_FAILED
    request = certification_service_pb2.RecordNoticesRequest(notices=[one])
    assert (await service.operator.certifications.RecordNotices(request)).accepted == 1


async def certify(
    service: Served, person: str, assurance: str, proof: str, day: str
) -> certification_pb2.Certification:
    request = certifying_service_pb2.SelfCertifyRequest(
        person=person,
        assurance=certifying_service_pb2.Assurance.Value(f"ASSURANCE_{assurance}"),
        proof=proof,
        certify_date=day,
    )
    return await service.operator.certifying.SelfCertify(request)


async def visit(service: Served, person: str, outcome: str, proof: str, day: str) -> certification_pb2.Certification:
    request = certifying_service_pb2.RecordHomeVisitRequest(
        person=person,
        outcome=certifying_service_pb2.VisitOutcome.Value(f"VISIT_OUTCOME_{outcome}"),
        proof=proof,
        visit_date=day,
    )
    return await service.operator.certifying.RecordHomeVisit(request)


async def test_reminders_follow_each_other_and_a_failed_one_brings_the_next_forward(service: Served) -> None:
    person = await warned(service)
    service.calendar.turn_to("2026-12-30")
    assert await due(service, "2026-10-01") == {person: "SMS"}
    await told(service, person, "2026-10-02", "SMS")
    assert await due(service, "2026-10-20") == {}
    assert await due(service, "2026-11-01") == {person: "PHONE"}
    await told(service, person, "2026-11-02", "PHONE", failed=True)
    assert await due(service, "2026-11-02") == {person: "VISIT"}
    assert state_of(await visit(service, person, "NOT_MET", "V-1", "2026-11-20")) == "WARNING"
    assert await due(service, "2026-11-21") == {person: "VISIT"}
    assert state_of(await visit(service, person, "MET", "V-2", "2026-12-01")) == "CERTIFIED"
    assert await due(service, "2026-12-02") == {}
    request = certifying_service_pb2.ListNoticesRequest(person=person, page_size=3)
    first = await service.operator.certifying.ListNotices(request)
    request.page_token = first.next_page_token
    rest = await service.operator.certifying.ListNotices(request)
    assert [one.delivered_date for one in (*first.notices, *rest.notices)] == [
        "2026-12-01",
        "2026-11-20",
        "2026-11-02",
        "2026-10-02",
    ]
    assert rest.next_page_token == ""
    assert first.notices[1].delivery == certification_pb2.NOTICE_DELIVERY_FAILED


async def test_a_failed_notice_suspends_nobody_until_it_is_delivered(service: Served) -> None:
    person = await warned(service)
    service.calendar.turn_to("2026-12-30")
    await told(service, person, "2026-10-02", "SMS", failed=True)
    await swept(service, "2026-12-21")
    assert state_of(await certification_of(service, person)) == "WARNING"
    await told(service, person, "2026-10-02", "SMS")
    await swept(service, "2026-12-22")
    assert state_of(await certification_of(service, person)) == "SUSPENDED"


async def test_the_infirm_are_suspended_only_after_a_visit(service: Served) -> None:
    person = await warned(service)
    request = certifying_service_pb2.RecordInfirmityRequest(person=person, infirm_since="2026-09-01")
    infirm = await service.operator.certifying.RecordInfirmity(request)
    assert infirm.infirm_since == "2026-09-01"
    service.calendar.turn_to("2027-02-01")
    await told(service, person, "2026-10-02", "SMS")
    assert await due(service, "2026-10-03") == {person: "VISIT"}
    await swept(service, "2026-12-22")
    assert state_of(await certification_of(service, person)) == "WARNING"
    request.infirm_since = ""
    assert (await service.operator.certifying.RecordInfirmity(request)).infirm_since == ""
    assert state_of(await certification_of(service, person)) == "WARNING"  # what was decided while infirm stays
    await swept(service, "2027-02-01")
    assert state_of(await certification_of(service, person)) == "SUSPENDED"


async def test_a_self_certification_counts_by_its_assurance_and_a_resumption_owes_the_held_months(
    service: Served,
) -> None:
    service.calendar.turn_to("2026-10-01")
    entitlement = await granted(service)
    person = entitlement.person
    await submit(service, evidence(person, day="2025-08-20"))
    await swept(service, "2026-08-01")
    await told(service, person, "2026-08-02", "SMS")
    await swept(service, "2026-08-21")
    assert state_of(await certify(service, person, "LOW", "S-1", "2026-09-30")) == "SUSPENDED"
    for month in ("2026-09", "2026-10"):
        held = await record(service, draw(person, entitlement.reference, benefit_month=month, pay_date="2026-10-01"))
        assert len(held.rejections) == 1
    certified = await certify(service, person, "MEDIUM", "S-2", "2026-10-01")
    assert (state_of(certified), certified.method) == ("CERTIFIED", certification_pb2.CERTIFICATION_METHOD_SELF)
    found = await certification_of(service, person)
    assert list(found.back_pay_months) == ["2026-08", "2026-09"]  # October is paid regularly
    assert found.back_pay_fen == 2 * 312_345
    assert await certify(service, person, "MEDIUM", "S-2", "2026-10-01") == certified
    again = certifying_service_pb2.SelfCertifyRequest(
        person=person, assurance=certifying_service_pb2.ASSURANCE_HIGH, proof="S-2", certify_date="2026-10-01"
    )
    assert (await refusal(service.operator.certifying.SelfCertify(again))).reason == "RESOURCE_EXISTS"


async def test_a_certification_is_explained_with_articles_and_the_evidence_that_stands(service: Served) -> None:
    entitlement = await certified(service)
    name = entitlement.person.replace("people/", "certifications/")
    request = certification_service_pb2.ExplainCertificationRequest(name=name)
    told = await service.operator.certifications.ExplainCertification(request)
    assert told.certification == await certification_of(service, entitlement.person)
    assert (told.decision.outcome, list(told.decision.unmet_conditions)) == (decision_pb2.OUTCOME_ELIGIBLE, [])
    steps = {step.name: step for step in told.decision.steps}
    assert (steps["evidence_strength"].value, steps["covered_months"].value) == (3, 12)
    assert steps["certification_validity_months"].source.startswith("人社厅发〔2018〕107号")
    assert steps["certification_validity_months"].unverified
    [stay] = told.evidence
    assert stay.kind == evidence_pb2.EVIDENCE_KIND_HOSPITAL_STAY
    death = evidence(entitlement.person, "DEATH_REGISTERED", "2026-11-20", "CIVIL_AFFAIRS")
    assert (await submit(service, death)).accepted == 1
    told = await service.operator.certifications.ExplainCertification(request)
    assert list(told.decision.unmet_conditions) == ["nothing_is_asked"]
    assert [record.reference for record in told.evidence] == [death.reference, stay.reference]
    nobody = certification_service_pb2.ExplainCertificationRequest(name=f"certifications/{new_id()}")
    assert (await refusal(service.operator.certifications.ExplainCertification(nobody))).reason == "RESOURCE_NOT_FOUND"
