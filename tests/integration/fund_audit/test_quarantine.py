"""An event that cannot be applied is set aside, shown, tried again, or given up; the others go on."""

from dataclasses import replace
from pathlib import Path

import pytest

from services.common.cloud_event import Event
from socsec.eligibility.v1 import eligibility_events_pb2
from socsec.fundaudit.v1 import quarantine_service_pb2
from tests.integration.fund_audit.conftest import Audit
from tests.integration.fund_audit.event_streams import (
    certification_changed,
    draw_recorded,
    draw_reversed,
    event,
    id_of,
)
from tests.integration.fund_audit.serving import served
from tests.integration.fund_audit.test_api import refused
from tests.unit.fund_audit.worlds import make_draw

ListEvents = quarantine_service_pb2.ListQuarantinedEventsRequest
Retry = quarantine_service_pb2.RetryQuarantinedEventRequest
Discard = quarantine_service_pb2.DiscardQuarantinedEventRequest
OK = certification_changed("anna", 1, "CERTIFIED", "2025-01-01", "cert-anna")
GOOD = draw_recorded(make_draw(2, pooling_region="370282", origin="agency/370282"))


def drawn(**fields: object) -> Event:
    """An event about a draw that says what cannot be."""
    message = eligibility_events_pb2.DrawRecorded.FromString(draw_recorded(make_draw(1)).data)
    for name, value in fields.items():
        setattr(message, name, value)
    return event(message, f"draws/{id_of('id1')}", 1, "draw1")


POISON = {
    "no protobuf": replace(drawn(), data=b"\xff\xff"),
    "an unknown scheme": drawn(scheme=99),
    "an impossible month": drawn(benefit_month="2026-13"),
    "an impossible day": drawn(pay_date="2026-02-30"),
    "a negative amount": drawn(amount_fen=-1),
    "an overflowing amount": drawn(amount_fen=2**62),
    "no person": drawn(person=""),
    "a region that would break a subject": drawn(pooling_region="3702.>"),
    "no event of ours": replace(drawn(), type=""),
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON.keys())
async def test_a_poisoned_event_is_set_aside_and_the_rest_of_its_batch_is_applied(audit: Audit, poison: Event) -> None:
    await audit.receive(OK, poison, GOOD)
    assert await audit.rows("SELECT event_id, waiting FROM held_event") == [("draw1", "FAILED")]
    assert await audit.rows("SELECT event_id FROM draw") == [("draw2",)]
    await audit.receive(OK, poison, GOOD)  # the broker sends it again
    assert await audit.rows("SELECT event_id, waiting FROM held_event") == [("draw1", "FAILED")]


async def test_types_that_bear_on_no_rule_and_future_ones_only_count(audit: Audit) -> None:
    alarm = eligibility_events_pb2.IdentityAlarmRaised(person=f"people/{id_of('anna')}")
    certification = f"certifications/{id_of('anna')}"
    await audit.receive(
        event(alarm, certification, 1, "alarm"),
        replace(event(alarm, certification, 2, "new"), type="socsec.eligibility.v1.NotYetInvented"),
        certification_changed("anna", 3, "SUSPENDED", "2026-01-01", "cert3"),
        draw_recorded(make_draw(1)),
    )
    assert await audit.rows("SELECT count(*) FROM held_event") == [(0,)]
    assert [case.finding.rule for case in await audit.cases()] == ["R-29"]


async def test_an_operator_sees_retries_and_a_reviewer_gives_up(
    audit: Audit, migrated_url: str, tmp_path: Path
) -> None:
    await audit.receive(OK, drawn(scheme=99), GOOD, draw_reversed(make_draw(1)))
    async with served(migrated_url, tmp_path) as service:
        operator = (await service.client("operator", "zhao")).quarantine
        reviewer = (await service.client("reviewer", "qian")).quarantine

        listed = await operator.ListQuarantinedEvents(ListEvents(page_size=1))
        later = await operator.ListQuarantinedEvents(ListEvents(page_size=1, page_token=listed.next_page_token))
        held = listed.events[0]
        assert (held.event_id, held.event_type) == ("draw1", "socsec.eligibility.v1.DrawRecorded")
        assert (held.aggregate, held.aggregate_seq, held.attempts) == (f"draws/{id_of('id1')}", 1, 1)
        assert "scheme" in held.reason
        assert [waiting.event_id for waiting in later.events] == ["reversal-draw1"]

        again = await operator.RetryQuarantinedEvent(Retry(event_id="draw1"))
        assert (again.attempts, "scheme" in again.reason) == (2, True)
        early = await refused(reviewer.DiscardQuarantinedEvent(Discard(event_id="reversal-draw1", reason="wrong one")))
        assert early.code == "FAILED_PRECONDITION"
        unknown = await refused(operator.RetryQuarantinedEvent(Retry(event_id="nothing")))
        assert unknown.code == "NOT_FOUND"
        short = await refused(reviewer.DiscardQuarantinedEvent(Discard(event_id="draw1", reason="no")))
        assert (short.code, short.field) == ("INVALID_ARGUMENT", "reason")

        tried = Discard(event_id="draw1", reason="sent with a scheme that never was", validate_only=True)
        assert (await reviewer.DiscardQuarantinedEvent(tried)).event_id == "draw1"
        assert len((await operator.ListQuarantinedEvents(ListEvents())).events) == 2
        request = Discard(event_id="draw1", reason="sent with a scheme that never was", request_id="d1")
        assert await reviewer.DiscardQuarantinedEvent(request) == await reviewer.DiscardQuarantinedEvent(request)
        assert list((await operator.ListQuarantinedEvents(ListEvents())).events) == []


async def test_a_retry_applies_an_event_that_has_become_good_and_what_waited_for_it(
    audit: Audit, migrated_url: str, tmp_path: Path
) -> None:
    await audit.receive(OK, drawn(scheme=99), GOOD, draw_reversed(make_draw(1)))
    repaired = drawn().data.hex()  # as a new version of the program would read it
    value = f"decode('{repaired}', 'hex')" if migrated_url.startswith("postgresql") else f"X'{repaired}'"
    await audit.run(f"UPDATE held_event SET data = {value} WHERE event_id = 'draw1'")
    async with served(migrated_url, tmp_path) as service:
        operator = (await service.client("operator", "zhao")).quarantine
        done = await operator.RetryQuarantinedEvent(Retry(event_id="draw1"))
        assert done.reason == ""
    assert await audit.rows("SELECT event_id, reversal FROM draw ORDER BY event_id") == [
        ("draw1", "reversal-draw1"),
        ("draw2", ""),
    ]
    assert await audit.rows("SELECT count(*) FROM held_event") == [(0,)]
