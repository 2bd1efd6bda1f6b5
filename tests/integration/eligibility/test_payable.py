"""What an entitlement answers when it is not paid though the register has it active, over real gRPC."""

from socsec.eligibility.v1 import entitlement_pb2, entitlement_service_pb2
from tests.integration.eligibility.calls import certified, refusal, submit
from tests.integration.eligibility.messages import evidence
from tests.integration.eligibility.serving import Served


async def told(service: Served, name: str) -> tuple[str, str, str]:
    """Read state, payability and reason."""
    request = entitlement_service_pb2.GetEntitlementRequest(name=name)
    found = await service.operator.entitlements.GetEntitlement(request)
    return (
        entitlement_pb2.EntitlementState.Name(found.state).removeprefix("ENTITLEMENT_STATE_"),
        entitlement_pb2.Payability.Name(found.payability).removeprefix("PAYABILITY_"),
        found.payability_reason,
    )


async def listed(service: Served, condition: str, size: int = 100) -> list[str]:
    """List all pages by name."""
    request = entitlement_service_pb2.ListEntitlementsRequest(filter=condition, page_size=size)
    names: list[str] = []
    while True:
        page = await service.operator.entitlements.ListEntitlements(request)
        names += [one.name for one in page.entitlements]
        if not page.next_page_token:
            return names
        request.page_token = page.next_page_token


async def test_an_entitlement_tells_what_is_paid_of_it_now_and_why_not(service: Served) -> None:
    usual, prisoner, reported, paused = [await certified(service) for _ in range(4)]
    service.calendar.turn_to("2026-12-10")
    await submit(service, evidence(prisoner.person, "SENTENCED", "2026-11-20", "POLICE"))
    await submit(service, evidence(prisoner.person, "COURT_JUDGMENT", "2026-11-20", "JUSTICE"))
    await submit(service, evidence(reported.person, "SENTENCED", "2026-11-20", "POLICE"))
    suspend = entitlement_service_pb2.SuspendEntitlementRequest(
        name=paused.name, from_month="2026-12", reason="address unknown"
    )
    await service.operator.entitlements.SuspendEntitlement(suspend)
    assert [await told(service, one.name) for one in (usual, prisoner, paused)] == [
        ("ACTIVE", "DUE", ""),
        ("ACTIVE", "NOT_DUE", "PRISON"),
        ("SUSPENDED", "HELD", "SUSPENSION"),
    ]
    assert (await told(service, reported.name))[:2] == ("ACTIVE", "HELD")
    assert await listed(service, "payability = NOT_DUE", 1) == [prisoner.name]
    assert await listed(service, "state = ACTIVE AND payability = HELD", 1) == [reported.name]
    assert await listed(service, "payability = DUE", 1) == [usual.name]
    unpaid = [one.name for one in (paused, reported, prisoner)]
    assert await listed(service, "(payability = HELD OR payability = NOT_DUE)", 2) == unpaid
    assert await listed(service, "NOT payability = DUE", 1) == unpaid
    mixed = entitlement_service_pb2.ListEntitlementsRequest(filter="state = ACTIVE OR payability = HELD")
    assert (await refusal(service.operator.entitlements.ListEntitlements(mixed))).reason == "INVALID_FILTER"

    service.calendar.turn_to("2027-03-20")
    await submit(service, evidence(prisoner.person, "RELEASED", "2027-02-26", "JUSTICE"))
    assert await told(service, prisoner.name) == ("ACTIVE", "DUE", "")
    stop = entitlement_service_pb2.StopEntitlementRequest(name=usual.name, end_month="2027-02", reason="moved away")
    await service.operator.entitlements.StopEntitlement(stop)
    assert await told(service, usual.name) == ("STOPPED", "ENDED", "")
