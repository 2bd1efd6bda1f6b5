"""`EvidenceService`."""

from collections.abc import AsyncIterator, Callable
from datetime import date

from services.common.clock import Clock, bureau_date
from services.common.errors import InvalidInput
from services.common.filtering import Fields, parse
from services.common.resources import resource_name
from services.common.rpc.call import Call
from services.common.rpc.paging import next_page_token, page_of
from services.common.rpc.requests import (
    batch_of,
    batch_result,
    convert_each,
    date_of,
    enum_number,
    enum_of,
    text_of,
    words_of,
)
from services.common.tokens import Position
from services.common.transactions import Transactions
from services.eligibility.api.fields import day_text, filter_date, filter_enum, person_of
from services.eligibility.baseline import Baseline
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.evidence import Evidence, EvidenceKind, EvidenceSource
from services.eligibility.service.evidence import submit_evidence, withdraw_evidence
from services.eligibility.service.store import Store
from socsec.eligibility.v1 import evidence_pb2, evidence_service_pb2
from socsec.type.v1 import batch_pb2

_FIELDS: Fields = {"kind": filter_enum(EvidenceKind), "source": filter_enum(EvidenceSource), "event_date": filter_date}


class EvidenceApi:
    """Takes evidence in, and back."""

    def __init__(
        self,
        transactions: Transactions[Store],
        law: CertificationLaw,
        usual: Callable[[date], Baseline],
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._law = law
        self._usual = usual
        self._clock = clock

    async def SubmitEvidence(
        self, request: evidence_service_pb2.SubmitEvidenceRequest, call: Call
    ) -> batch_pb2.BatchResult:
        today = bureau_date(self._clock())
        good, bad = convert_each(batch_of(request.evidence, "evidence"), lambda item: _evidence(item, today))
        outcome = await self._transactions.write(
            lambda store: submit_evidence(store, good, self._law, self._usual(today)),
            validate_only=request.validate_only,
        )
        return batch_result(request.batch, outcome.accepted, outcome.repeated, bad + outcome.refused)

    async def StreamEvidence(
        self, requests: AsyncIterator[evidence_service_pb2.SubmitEvidenceRequest], call: Call
    ) -> AsyncIterator[batch_pb2.BatchResult]:
        async for request in requests:
            yield await self.SubmitEvidence(request, call)

    async def WithdrawEvidence(
        self, request: evidence_service_pb2.WithdrawEvidenceRequest, call: Call
    ) -> evidence_pb2.Evidence:
        source = enum_of(evidence_pb2.EvidenceSource, request.source, EvidenceSource, "source")
        reference = text_of(request.reference, "reference")
        reason = words_of(request.reason, "reason", 200, 5)
        today = bureau_date(self._clock())
        return await self._transactions.once(
            call,
            request,
            lambda store: evidence_message(
                withdraw_evidence(store, source, reference, reason, today, self._law), self._law
            ),
            evidence_pb2.Evidence,
            validate_only=request.validate_only,
        )

    async def ListEvidence(
        self, request: evidence_service_pb2.ListEvidenceRequest, call: Call
    ) -> evidence_service_pb2.ListEvidenceResponse:
        page, wanted, person = (
            page_of(request, date, str, str, int),
            parse(request.filter, _FIELDS),
            person_of(request.person),
        )
        after = _after(page.after)
        found = await self._transactions.read(lambda store: store.evidence.page(person, wanted, page.size, after))
        last = found[-1] if len(found) == page.size else None
        position = (last.event_date.isoformat(), *last.key) if last is not None else None
        return evidence_service_pb2.ListEvidenceResponse(
            evidence=[evidence_message(record, self._law) for record in found],
            next_page_token=next_page_token(request, position),
        )


def evidence_message(record: Evidence, law: CertificationLaw) -> evidence_pb2.Evidence:
    """Write a record, with how much it proved on its day."""
    strength = enum_number(evidence_pb2.EvidenceStrength, law.on(record.event_date).strengths.get(record.kind))
    return evidence_pb2.Evidence(
        reference=record.reference,
        person=resource_name("people", record.person),
        kind=evidence_pb2.EvidenceKind.ValueType(enum_number(evidence_pb2.EvidenceKind, record.kind)),
        source=evidence_pb2.EvidenceSource.ValueType(enum_number(evidence_pb2.EvidenceSource, record.source)),
        event_date=record.event_date.isoformat(),
        received_date=record.received_date.isoformat(),
        strength=evidence_pb2.EvidenceStrength.ValueType(strength),
        revision=record.revision,
        feed_batch=resource_name("feedBatches", record.batch),
        end_date=day_text(record.end_date),
    )


def _evidence(message: evidence_pb2.Evidence, today: date) -> Evidence:
    received = date_of(message.received_date, "received_date", latest=today)
    event = date_of(message.event_date, "event_date", latest=today)
    if event > received:
        raise InvalidInput("received_date", "VALUE_OUT_OF_RANGE", "received_date must not lie before event_date.")
    return Evidence(
        source=enum_of(evidence_pb2.EvidenceSource, message.source, EvidenceSource, "source"),
        reference=words_of(message.reference, "reference"),
        person=person_of(message.person),
        kind=enum_of(evidence_pb2.EvidenceKind, message.kind, EvidenceKind, "kind"),
        event_date=event,
        received_date=received,
    )


def _after(position: Position | None) -> tuple[str, str, str, int] | None:
    if position is None:
        return None
    day, source, reference, revision = position
    return str(day), str(source), str(reference), int(revision)
