"""Deliveries and their rows as messages of the contract."""

from dataclasses import replace

from services.common.errors import InvalidInput
from services.common.resources import resource_name
from services.common.rpc.requests import date_of, enum_number, enum_of, number_of, text_of, words_of
from services.eligibility.api.fields import person_of, timestamp
from services.eligibility.baseline import Finding
from services.eligibility.evidence import EvidenceKind, Strength
from services.eligibility.feed import FeedBatch, RefusedMessage
from services.eligibility.feed_decision import Decision, Proposal
from services.eligibility.feed_row import FeedRow
from services.eligibility.service.feed import Delivered
from socsec.eligibility.v1 import evidence_pb2, feed_pb2

_MOST_REVISIONS = 1_000
_LONGEST_NUMBER = 32


def delivered_of(message: feed_pb2.FeedRow) -> Delivered:
    """Read a row, and the identity number that it comes with instead of a person.

    Dates that lie ahead are taken in: how many there are tells something of the delivery.
    """
    if bool(message.person) == bool(message.identity_number):
        raise InvalidInput("person", "FIELD_REQUIRED", "Give either person or identity_number.")
    row = FeedRow(
        reference=words_of(message.reference, "reference"),
        revision=number_of(message.revision, "revision", 0, _MOST_REVISIONS),
        person=person_of(message.person) if message.person else "",
        kind=enum_of(evidence_pb2.EvidenceKind, message.kind, EvidenceKind, "kind"),
        event_date=date_of(message.event_date, "event_date"),
        received_date=date_of(message.received_date, "received_date"),
    )
    return row, text_of(message.identity_number, "identity_number", _LONGEST_NUMBER, 0)


def with_person(row: FeedRow, number: str, person: str) -> Delivered:
    """Give a row the person that was found by its identity number; without one it keeps the number."""
    return (replace(row, person=person), "") if person else (row, number)


def batch_message(batch: FeedBatch) -> feed_pb2.FeedBatch:
    """Write a delivery."""
    counts = batch.counts
    return feed_pb2.FeedBatch(
        name=resource_name("feedBatches", batch.batch),
        source=evidence_pb2.EvidenceSource.ValueType(enum_number(evidence_pb2.EvidenceSource, batch.source)),
        reference=batch.reference,
        state=feed_pb2.FeedBatchState.ValueType(enum_number(feed_pb2.FeedBatchState, batch.state)),
        row_count=counts.rows,
        negative_count=counts.negative,
        accepted_count=counts.accepted,
        corrected_count=counts.corrected,
        repeated_count=counts.repeated,
        refused_count=counts.refused,
        waiting_count=counts.waiting,
        findings=[_finding_message(finding) for finding in batch.findings],
        proposal=_proposal_message(batch.proposal) if batch.proposal is not None else None,
        decisions=[_decision_message(decision) for decision in batch.decisions],
        restored_people_count=counts.restored_people,
        back_pay_month_count=counts.back_pay_months,
        back_pay_fen=counts.back_pay_fen,
        create_time=timestamp(batch.create_time),
        close_time=timestamp(batch.close_time),
        update_time=timestamp(batch.update_time),
        etag=str(batch.version),
        refusal=batch.refusal,
        piece_count=batch.pieces,
    )


def refused_message(refused: RefusedMessage) -> feed_pb2.RefusedMessage:
    """Write a message that was refused."""
    return feed_pb2.RefusedMessage(
        message=refused.message,
        source=evidence_pb2.EvidenceSource.ValueType(enum_number(evidence_pb2.EvidenceSource, refused.source)),
        refusal=refused.refusal,
        refuse_time=timestamp(refused.refuse_time),
    )


def row_message(row: FeedRow, strength: Strength | None) -> feed_pb2.FeedRow:
    """Write a row; an identity number that it came with is not given back."""
    number = enum_number(evidence_pb2.EvidenceStrength, strength)
    return feed_pb2.FeedRow(
        reference=row.reference,
        revision=row.revision,
        person=resource_name("people", row.person),
        kind=evidence_pb2.EvidenceKind.ValueType(enum_number(evidence_pb2.EvidenceKind, row.kind)),
        event_date=row.event_date.isoformat(),
        received_date=row.received_date.isoformat(),
        strength=evidence_pb2.EvidenceStrength.ValueType(number),
        outcome=feed_pb2.FeedRowOutcome.ValueType(enum_number(feed_pb2.FeedRowOutcome, row.outcome or None)),
    )


def _finding_message(finding: Finding) -> feed_pb2.FeedFinding:
    return feed_pb2.FeedFinding(
        check=feed_pb2.FeedCheck.ValueType(enum_number(feed_pb2.FeedCheck, finding.check)),
        measured=finding.measured,
        limit=finding.limit,
        source=finding.source,
    )


def _proposal_message(proposal: Proposal) -> feed_pb2.FeedProposal:
    kind = enum_number(feed_pb2.FeedDecisionKind, proposal.kind)
    return feed_pb2.FeedProposal(
        kind=feed_pb2.FeedDecisionKind.ValueType(kind), reason=proposal.reason, proposer=proposal.proposer
    )


def _decision_message(decision: Decision) -> feed_pb2.FeedDecision:
    return feed_pb2.FeedDecision(
        proposal=_proposal_message(decision.proposal),
        decider=decision.decider,
        approved=decision.approved,
        decide_time=timestamp(decision.time),
    )
