"""Requests that are refused whatever the method, over real gRPC on both databases."""

from collections.abc import Awaitable, Callable

import pytest
from google.protobuf.message import Message

from services.common.ids import new_id
from services.common.rpc.status import from_status
from socsec.eligibility.v1 import (
    certification_pb2,
    certification_service_pb2,
    draw_service_pb2,
    entitlement_pb2,
    entitlement_service_pb2,
    evidence_service_pb2,
)
from socsec.type.v1 import scheme_pb2
from tests.integration.eligibility.calls import certified, granted, record, refusal, submit, swept
from tests.integration.eligibility.messages import draw, evidence, grant
from tests.integration.eligibility.serving import Client, Served

Method = Callable[..., Awaitable[Message]]


async def lists(client: Client, person: str) -> list[tuple[Method, Message]]:
    """Give every list method with a request that is right."""
    return [
        (client.evidence.ListEvidence, evidence_service_pb2.ListEvidenceRequest(person=person)),
        (client.certifications.ListCertifications, certification_service_pb2.ListCertificationsRequest()),
        (client.certifications.ListSweeps, certification_service_pb2.ListSweepsRequest()),
        (client.entitlements.ListEntitlements, entitlement_service_pb2.ListEntitlementsRequest()),
        (client.draws.ListDraws, draw_service_pb2.ListDrawsRequest()),
    ]


def changed(request: Message, **fields: object) -> Message:
    copy = type(request)()
    copy.CopyFrom(request)
    for name, value in fields.items():
        setattr(copy, name, value)
    return copy


async def test_a_list_refuses_unknown_fields_wrong_sizes_and_tokens_of_other_queries(service: Served) -> None:
    first, second = await certified(service), await certified(service)
    await submit(service, evidence(first.person))
    await record(service, *(draw(one.person, one.reference) for one in (first, second)))
    for day in ("2026-10-01", "2026-10-02"):
        await swept(service, day)
    tokens = {}
    for method, request in await lists(service.operator, first.person):
        page = await method(changed(request, page_size=1))
        tokens[type(request)] = token = page.next_page_token  # type: ignore[attr-defined]  # of every list's answer
        assert token
        assert await method(changed(request, page_token=token)) != page
        for wrong, field, reason in (
            ({"filter": 'shoe_size = "43"'}, "filter", "INVALID_FILTER"),
            ({"filter": "state ="}, "filter", "INVALID_FILTER"),
            ({"page_size": -1}, "page_size", "VALUE_OUT_OF_RANGE"),
            ({"page_size": 1_001}, "page_size", "VALUE_OUT_OF_RANGE"),
            ({"page_token": token[:-2]}, "page_token", "INVALID_PAGE_TOKEN"),
        ):
            found = await refusal(method(changed(request, **wrong)))
            assert (found.code, found.field, found.reason) == ("INVALID_ARGUMENT", field, reason)
    for method, request in await lists(service.operator, first.person):
        for kind, token in tokens.items():
            if kind is not type(request):
                found = await refusal(method(changed(request, page_token=token)))
                assert (found.field, found.reason) == ("page_token", "INVALID_PAGE_TOKEN")
    of_other = evidence_service_pb2.ListEvidenceRequest(
        person=second.person, page_token=tokens[evidence_service_pb2.ListEvidenceRequest]
    )
    assert (await refusal(service.operator.evidence.ListEvidence(of_other))).reason == "INVALID_PAGE_TOKEN"


@pytest.mark.parametrize("etag", ["2", "01x", "-1", "99999999999999999999"])
async def test_a_stale_or_invented_etag_changes_nothing(service: Served, etag: str) -> None:
    entitlement = await granted(service)
    client = service.operator.entitlements
    for call in (
        client.SuspendEntitlement(
            entitlement_service_pb2.SuspendEntitlementRequest(
                name=entitlement.name, from_month="2026-08", reason="in custody", etag=etag
            )
        ),
        client.StopEntitlement(
            entitlement_service_pb2.StopEntitlementRequest(
                name=entitlement.name, end_month="2026-08", reason="moved", etag=etag
            )
        ),
        client.ResumeEntitlement(
            entitlement_service_pb2.ResumeEntitlementRequest(name=entitlement.name, from_month="2026-08", etag=etag)
        ),
    ):
        found = await refusal(call)
        assert (found.code, found.reason) == ("ABORTED", "ETAG_MISMATCH")
    get = entitlement_service_pb2.GetEntitlementRequest(name=entitlement.name)
    assert await client.GetEntitlement(get) == entitlement


async def test_a_request_id_is_bound_to_its_request_and_its_method(service: Served) -> None:
    entitlement = await granted(service)
    death = evidence(entitlement.person, "DEATH_REGISTERED", "2026-07-01", "POLICE")
    await submit(service, death)
    entitlements, certifications = service.operator.entitlements, service.operator.certifications
    suspend = entitlement_service_pb2.SuspendEntitlementRequest(
        name=entitlement.name, from_month="2026-08", reason="in custody", request_id="r1"
    )
    resume = entitlement_service_pb2.ResumeEntitlementRequest(
        name=entitlement.name, from_month="2026-10", request_id="r1"
    )
    stop = entitlement_service_pb2.StopEntitlementRequest(
        name=entitlement.name, end_month="2026-11", reason="moved", request_id="r1"
    )
    withdraw = evidence_service_pb2.WithdrawEvidenceRequest(
        source=death.source, reference=death.reference, reason="another person", request_id="r1"
    )
    sweep, later_sweep = (
        certification_service_pb2.CreateSweepRequest(sweep=certification_pb2.Sweep(as_of_date=day), request_id="r1")
        for day in ("2026-10-01", "2026-10-02")
    )
    calls: list[tuple[Method, Message, Message]] = [
        (entitlements.SuspendEntitlement, suspend, changed(suspend, from_month="2026-09")),
        (entitlements.ResumeEntitlement, resume, changed(resume, from_month="2026-11")),
        (entitlements.StopEntitlement, stop, changed(stop, end_month="2026-12")),
        (service.operator.evidence.WithdrawEvidence, withdraw, changed(withdraw, reason="a third person")),
        (certifications.CreateSweep, sweep, later_sweep),
    ]
    for method, request, other in calls:
        answer = await method(request)
        assert await method(request) == answer
        found = await refusal(method(other))
        assert (found.code, found.reason, found.field) == ("INVALID_ARGUMENT", "REQUEST_ID_REUSED", "request_id")
    get = entitlement_service_pb2.GetEntitlementRequest(name=entitlement.name)
    kept = await entitlements.GetEntitlement(get)
    assert (kept.state, kept.etag) == (entitlement_pb2.ENTITLEMENT_STATE_STOPPED, "4")


async def test_names_of_another_kind_and_of_nothing_are_told_apart(service: Served) -> None:
    client = service.operator
    wrong = await refusal(
        client.entitlements.GetEntitlement(entitlement_service_pb2.GetEntitlementRequest(name=f"draws/{new_id()}"))
    )
    assert (wrong.code, wrong.reason, wrong.field) == ("INVALID_ARGUMENT", "INVALID_RESOURCE_NAME", "name")
    for collection, call in (
        (
            "entitlements",
            lambda name: client.entitlements.GetEntitlement(entitlement_service_pb2.GetEntitlementRequest(name=name)),
        ),
        ("draws", lambda name: client.draws.GetDraw(draw_service_pb2.GetDrawRequest(name=name))),
        (
            "certifications",
            lambda name: client.certifications.GetCertification(
                certification_service_pb2.GetCertificationRequest(name=name)
            ),
        ),
        (
            "certificationSweeps",
            lambda name: client.certifications.GetSweep(certification_service_pb2.GetSweepRequest(name=name)),
        ),
        (
            "certificationSweeps",
            lambda name: client.certifications.CancelSweep(certification_service_pb2.CancelSweepRequest(name=name)),
        ),
    ):
        name = f"{collection}/{new_id()}"
        found = await refusal(call(name))
        assert (found.code, found.reason, found.metadata) == ("NOT_FOUND", "RESOURCE_NOT_FOUND", {"resource": name})


async def test_no_number_of_the_caller_holds_an_identity_number(service: Served) -> None:
    number, person = "11010519491231002X", service.cards.add(new_id())
    grants = entitlement_service_pb2.GrantEntitlementRequest(entitlement=grant(person, reference=number))
    assert (await refusal(service.operator.entitlements.GrantEntitlement(grants))).reason == "IDENTITY_NUMBER_IN_TEXT"
    outside = {"origin": "370300", "scheme": scheme_pb2.SCHEME_RESIDENT_PENSION}
    refused = [
        await record(service, draw(person, "E-1", reference=f"pension-{number}", **outside)),
        await record(service, draw(person, number, **outside)),
        await submit(service, evidence(person, reference=number)),
    ]
    assert [from_status(one.rejections[0].status).reason for one in refused] == ["IDENTITY_NUMBER_IN_TEXT"] * 3
