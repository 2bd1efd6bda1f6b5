"""The events of a sweep's step, thousands at once: each is what `events.to_event` makes of a `CertificationChanged`."""

from datetime import datetime

from services.common.outbox import Alike
from services.common.rpc.requests import enum_number, type_name
from services.common.telemetry import current_traceparent
from services.eligibility.certification import CertificationState
from services.eligibility.events import SOURCE
from services.eligibility.sweep_slice import Changes
from socsec.eligibility.v1 import certification_pb2, eligibility_events_pb2


def changed_events(changes: Changes, now: datetime) -> Alike:
    """Put changes into their messages."""
    # Few states and days come again and again: of each such message only the person is another one.
    messages: dict[tuple[CertificationState, str], eligibility_events_pb2.CertificationChanged] = {}
    data: list[bytes] = []
    for person, state, valid_to in zip(changes.person, changes.state, changes.valid_to, strict=True):
        message = messages.get((state, valid_to))
        if message is None:
            message = messages[state, valid_to] = eligibility_events_pb2.CertificationChanged(
                state=certification_pb2.CertificationState.ValueType(
                    enum_number(certification_pb2.CertificationState, state)
                ),
                effective_date=changes.day.isoformat(),
                valid_to=valid_to,
            )
        message.person = f"people/{person}"
        data.append(message.SerializeToString())
    return Alike(
        type=type_name(eligibility_events_pb2.CertificationChanged()),
        source=SOURCE,
        occurred_time=now,
        traceparent=current_traceparent(),
        aggregate=[f"certifications/{person}" for person in changes.person],
        aggregate_seq=changes.sequence,
        division=changes.division,
        data=data,
    )
