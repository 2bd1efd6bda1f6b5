"""A filed change of a case as the event that tells of it."""

from services.common.cloud_event import Event
from services.common.ids import new_id
from services.common.telemetry import current_traceparent
from services.fund_audit.messages import kind_number, state_number
from services.fund_audit.service.model import Filed
from socsec.fundaudit.v1 import fund_audit_events_pb2

SOURCE = "/socsec/fundaudit"


def event_of(filed: Filed) -> Event:
    """Tell of a change; its number within the case is the case's version."""
    change, case = filed.change, filed.change.case
    name = f"cases/{case.id}"
    message = fund_audit_events_pb2.CaseChanged(
        case=name,
        kind=kind_number(change.kind),
        state=state_number(case.state),
        rule=case.finding.rule,
        amount_at_risk_fen=case.finding.amount_at_risk_fen,
        ledger_position=filed.position,
    )
    return Event(
        event_id=new_id(),
        type=message.DESCRIPTOR.full_name,
        source=SOURCE,
        subject_resource=name,
        aggregate=name,
        aggregate_seq=case.version,
        division=case.finding.division,
        occurred_time=case.changed_time,
        data=message.SerializeToString(),
        traceparent=current_traceparent(),
    )
