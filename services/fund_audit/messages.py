"""Cases, ledger entries and held events as messages of the contract."""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from services.common.inbox import HeldEvent
from services.common.months import format_month
from services.common.resources import resource_name
from services.common.rpc.requests import enum_number
from services.fund_audit.detectors.registry import RULES
from services.fund_audit.domain import CaseState, ChangeKind
from services.fund_audit.service.cases import subject_name
from services.fund_audit.service.model import CaseView, EvidenceNote, LedgerEntry
from socsec.fundaudit.v1 import case_pb2, case_service_pb2, ledger_service_pb2, quarantine_service_pb2


def case_message(view: CaseView) -> case_pb2.Case:
    """Write a case."""
    case, finding = view.filed.change.case, view.filed.change.case.finding
    rule = RULES[finding.rule]
    return case_pb2.Case(
        name=resource_name("cases", case.id),
        rule=finding.rule,
        rule_version=finding.rule_version,
        title=rule.title,
        severity=case_pb2.Severity.ValueType(enum_number(case_pb2.Severity, rule.severity)),
        state=state_number(case.state),
        subject=subject_name(finding.subject),
        people=[resource_name("people", person) for person in finding.people],
        benefit_months=[format_month(month) for month in finding.months],
        amount_at_risk_fen=finding.amount_at_risk_fen,
        evidence=[_evidence_message(note) for note in view.evidence],
        division=finding.division,
        taken_by=case.taken_by,
        decided_by=case.decided_by,
        decision_reason=case.decision_reason,
        open_time=_timestamp(case.opened_time),
        update_time=_timestamp(case.changed_time),
        ledger_position=view.filed.position,
        etag=case.etag,
    )


def change_message(view: CaseView) -> case_service_pb2.CaseChange:
    """Write a change of a case."""
    change = view.filed.change
    return case_service_pb2.CaseChange(
        kind=kind_number(change.kind),
        case=case_message(view),
        ledger_position=view.filed.position,
        change_time=_timestamp(change.case.changed_time),
        actor=change.actor,
    )


def entry_message(entry: LedgerEntry) -> ledger_service_pb2.LedgerEntry:
    """Write an entry of the ledger."""
    return ledger_service_pb2.LedgerEntry(
        position=entry.position,
        leaf=entry.leaf,
        leaf_hash=entry.leaf_hash,
        append_time=_timestamp(entry.append_time),
    )


def held_message(held: HeldEvent) -> quarantine_service_pb2.QuarantinedEvent:
    """Write an event that could not be applied."""
    return quarantine_service_pb2.QuarantinedEvent(
        event_id=held.event.event_id,
        event_type=held.event.type,
        aggregate=held.event.aggregate,
        aggregate_seq=held.event.aggregate_seq,
        reason=held.reason,
        attempts=held.attempts,
        quarantine_time=_timestamp(held.first_time),
    )


def state_number(state: CaseState) -> case_pb2.CaseState.ValueType:
    """Give the contract's number of a state."""
    return case_pb2.CaseState.ValueType(enum_number(case_pb2.CaseState, state))


def kind_number(kind: ChangeKind) -> case_pb2.CaseChangeKind.ValueType:
    """Give the contract's number of a kind of change."""
    return case_pb2.CaseChangeKind.ValueType(enum_number(case_pb2.CaseChangeKind, kind))


def _evidence_message(note: EvidenceNote) -> case_pb2.CaseEvidence:
    return case_pb2.CaseEvidence(
        event_id=note.event_id, event_type=note.event_type, resource=note.resource, summary=note.summary
    )


def _timestamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
