"""Events for tests."""

from datetime import UTC, datetime

from services.common.cloud_event import Event
from services.common.ids import new_id


def draw_event(aggregate: str, seq: int, data: bytes = b"1", division: str = "370299") -> Event:
    return Event(
        event_id=new_id(),
        type="socsec.eligibility.v1.DrawRecorded",
        source="/socsec/eligibility",
        subject_resource=aggregate,
        aggregate=aggregate,
        aggregate_seq=seq,
        division=division,
        occurred_time=datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
        data=data,
    )


def card_event(aggregate: str, seq: int, data: bytes = b"1") -> Event:
    return Event(
        event_id=new_id(),
        type="socsec.card.v1.CardIssued",
        source="/socsec/card",
        subject_resource=aggregate,
        aggregate=aggregate,
        aggregate_seq=seq,
        division="370299",
        occurred_time=datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
        data=data,
    )
