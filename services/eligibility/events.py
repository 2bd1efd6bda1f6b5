"""What happened in eligibility, as event messages (proto/socsec/eligibility/v1/eligibility_events.proto)."""

from datetime import date, datetime

from google.protobuf.message import Message

from services.common.cloud_event import Event
from services.common.ids import new_id
from services.common.months import format_month
from services.common.rpc.requests import enum_number, type_name
from services.common.telemetry import current_traceparent
from services.eligibility.certification import (
    BackPayOwed,
    CertificationChanged,
    CertificationEvent,
    IdentityAlarmRaised,
    OverpaymentFound,
)
from services.eligibility.draw import DrawEvent, DrawRecorded, DrawReversed
from services.eligibility.entitlement import (
    Entitlement,
    EntitlementAccountChanged,
    EntitlementAmountChanged,
    EntitlementEvent,
    EntitlementGranted,
    EntitlementReinstated,
    EntitlementResumed,
    EntitlementStopped,
    EntitlementSuspended,
)
from services.eligibility.evidence import EvidenceEvent, EvidenceWithdrawn, NegativeEvidenceReceived
from services.eligibility.feed import FeedBatchChanged
from services.eligibility.proposal import ProposalChanged
from services.eligibility.proposal_events import proposal_changed
from socsec.eligibility.v1 import (
    certification_pb2,
    draw_pb2,
    eligibility_events_pb2,
    evidence_pb2,
    feed_pb2,
)
from socsec.type.v1 import scheme_pb2

SOURCE = "/socsec/eligibility"

DomainEvent = FeedBatchChanged | EvidenceEvent | CertificationEvent | EntitlementEvent | DrawEvent | ProposalChanged


def to_event(happened: DomainEvent, now: datetime) -> Event:
    """Put an event into its message, numbered within its aggregate."""
    message, aggregate, number, division = _convert(happened)
    return Event(
        event_id=new_id(),
        type=type_name(message),
        source=SOURCE,
        subject_resource=aggregate,
        aggregate=aggregate,
        aggregate_seq=number,
        division=division,
        occurred_time=now,
        data=message.SerializeToString(),
        traceparent=current_traceparent(),
    )


def _convert(happened: DomainEvent) -> tuple[Message, str, int, str]:
    match happened:
        case NegativeEvidenceReceived() | EvidenceWithdrawn():
            return _evidence(happened)
        case FeedBatchChanged(batch):
            return _feed_batch(happened), f"feedBatches/{batch.batch}", batch.event_count, ""
        case ProposalChanged(found):
            return proposal_changed(found), f"proposals/{found.proposal}", found.event_count, found.division
        case CertificationChanged() | IdentityAlarmRaised() | BackPayOwed() | OverpaymentFound():
            return _certification(happened), f"certifications/{happened.person}", happened.sequence, happened.division
        case DrawRecorded(draw) | DrawReversed(draw):
            # A draw has two events at most, so their kinds are their numbers.
            recorded = isinstance(happened, DrawRecorded)
            message = _draw_recorded(happened) if isinstance(happened, DrawRecorded) else _draw_reversed(happened)
            return message, f"draws/{draw.draw}", 1 if recorded else 2, draw.report.pooling_region
        case _:
            of = happened.entitlement
            return _entitlement(happened), f"entitlements/{of.entitlement}", of.version, of.pooling_region


def _evidence(happened: EvidenceEvent) -> tuple[Message, str, int, str]:
    record = happened.evidence
    kind = evidence_pb2.EvidenceKind.ValueType(enum_number(evidence_pb2.EvidenceKind, record.kind))
    source = evidence_pb2.EvidenceSource.ValueType(enum_number(evidence_pb2.EvidenceSource, record.source))
    person = f"people/{record.person}"
    message: Message
    if isinstance(happened, NegativeEvidenceReceived):
        message = eligibility_events_pb2.NegativeEvidenceReceived(
            evidence=record.name, person=person, kind=kind, source=source, event_date=record.event_date.isoformat()
        )
    else:
        message = eligibility_events_pb2.EvidenceWithdrawn(
            evidence=record.name, person=person, kind=kind, source=source
        )
    return message, f"evidence/{record.name}", record.event_count, happened.division


def _feed_batch(happened: FeedBatchChanged) -> Message:
    batch = happened.batch
    return eligibility_events_pb2.FeedBatchChanged(
        feed_batch=f"feedBatches/{batch.batch}",
        source=evidence_pb2.EvidenceSource.ValueType(enum_number(evidence_pb2.EvidenceSource, batch.source)),
        state=feed_pb2.FeedBatchState.ValueType(enum_number(feed_pb2.FeedBatchState, batch.state)),
        row_count=batch.counts.rows,
        negative_count=batch.counts.negative,
        restored_people_count=batch.counts.restored_people,
        back_pay_month_count=batch.counts.back_pay_months,
        back_pay_fen=batch.counts.back_pay_fen,
    )


def _certification(happened: CertificationEvent) -> Message:
    person = f"people/{happened.person}"
    if isinstance(happened, BackPayOwed):
        return eligibility_events_pb2.BackPayOwed(
            person=person,
            entitlement=f"entitlements/{happened.entitlement}",
            months=[format_month(month) for month in happened.months],
            amount_fen=happened.amount_fen,
        )
    if isinstance(happened, OverpaymentFound):
        return eligibility_events_pb2.OverpaymentFound(
            person=person,
            lost_date=happened.lost_on.isoformat(),
            months=[format_month(month) for month in happened.months],
            amount_fen=happened.amount_fen,
        )
    if isinstance(happened, IdentityAlarmRaised):
        return eligibility_events_pb2.IdentityAlarmRaised(
            person=person, death_date=happened.death_date.isoformat(), seen_date=happened.seen_date.isoformat()
        )
    return eligibility_events_pb2.CertificationChanged(
        person=person,
        state=certification_pb2.CertificationState.ValueType(
            enum_number(certification_pb2.CertificationState, happened.state)
        ),
        effective_date=happened.effective_date.isoformat(),
        valid_to=_date(happened.valid_to),
    )


def _entitlement(happened: EntitlementEvent) -> Message:
    found = happened.entitlement
    name, person = f"entitlements/{found.entitlement}", f"people/{found.person}"
    match happened:
        case EntitlementSuspended(_, month):
            return eligibility_events_pb2.EntitlementSuspended(
                entitlement=name, person=person, from_month=format_month(month)
            )
        case EntitlementResumed(_, month):
            return eligibility_events_pb2.EntitlementResumed(
                entitlement=name, person=person, from_month=format_month(month)
            )
        case EntitlementStopped(_, month):
            return eligibility_events_pb2.EntitlementStopped(
                entitlement=name, person=person, end_month=format_month(month)
            )
        case EntitlementReinstated():
            return eligibility_events_pb2.EntitlementReinstated(
                entitlement=name,
                person=person,
                end_month=format_month(found.end_month) if found.end_month is not None else "",
            )
        case EntitlementAmountChanged(_, month):
            return eligibility_events_pb2.EntitlementAmountChanged(
                entitlement=name,
                person=person,
                from_month=format_month(month),
                monthly_amount_fen=found.monthly_amount_fen,
            )
        case EntitlementAccountChanged():
            return eligibility_events_pb2.EntitlementAccountChanged(
                entitlement=name,
                person=person,
                account_key=found.account.key,
                masked_account=found.account.masked,
            )
        case EntitlementGranted():
            return _granted(found, name, person)


def _granted(found: Entitlement, name: str, person: str) -> Message:
    return eligibility_events_pb2.EntitlementGranted(
        entitlement=name,
        reference=found.reference,
        person=person,
        benefit=found.benefit,
        scheme=scheme_pb2.Scheme.ValueType(enum_number(scheme_pb2.Scheme, found.scheme)),
        pooling_region=found.pooling_region,
        start_month=format_month(found.start_month),
        end_month=format_month(found.end_month) if found.end_month is not None else "",
        monthly_amount_fen=found.monthly_amount_fen,
        account_key=found.account.key,
        masked_account=found.account.masked,
        paid_once_for=found.once,
    )


def _draw_recorded(happened: DrawRecorded) -> Message:
    draw, report = happened.draw, happened.draw.report
    return eligibility_events_pb2.DrawRecorded(
        draw=f"draws/{draw.draw}",
        reference=report.reference,
        origin=report.origin,
        person=f"people/{report.person}",
        entitlement_reference=report.entitlement_reference,
        scheme=scheme_pb2.Scheme.ValueType(enum_number(scheme_pb2.Scheme, report.scheme)),
        pooling_region=report.pooling_region,
        benefit_month=format_month(report.benefit_month),
        pay_date=report.pay_date.isoformat(),
        kind=draw_pb2.DrawKind.ValueType(enum_number(draw_pb2.DrawKind, report.kind)),
        amount_fen=report.amount_fen,
        account_key=draw.account.key,
        masked_account=draw.account.masked,
        offset=f"offsets/{report.offset}" if report.offset else "",
        offset_fen=report.offset_fen,
    )


def _draw_reversed(happened: DrawReversed) -> Message:
    draw = happened.draw
    return eligibility_events_pb2.DrawReversed(
        draw=f"draws/{draw.draw}",
        person=f"people/{draw.report.person}",
        reverse_date=_date(draw.reverse_date),
        reason=draw.reverse_reason,
        account_key=draw.account.key,
    )


def _date(day: date | None) -> str:
    return day.isoformat() if day is not None else ""
