"""What a kind of file to import is, and the kinds that eligibility takes in; card_kinds.py has those of cards."""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import grpc
from google.protobuf.message import Message

from services.admin.profile import ServiceName
from services.admin.records import Column, PersonColumn, RecordType, Whole, word
from socsec.eligibility.v1 import (
    certification_pb2,
    certification_service_pb2,
    certification_service_pb2_grpc,
    decision_pb2,
    draw_list_pb2,
    draw_list_service_pb2,
    draw_list_service_pb2_grpc,
    draw_pb2,
    draw_service_pb2,
    draw_service_pb2_grpc,
    eligibility_service_pb2,
    eligibility_service_pb2_grpc,
    entitlement_pb2,
    entitlement_service_pb2,
    entitlement_service_pb2_grpc,
    evidence_pb2,
    evidence_service_pb2,
    evidence_service_pb2_grpc,
)
from socsec.type.v1 import batch_pb2, scheme_pb2

M = TypeVar("M", bound=Message)
Q = TypeVar("Q", bound=Message)


@dataclass(frozen=True)
class FileKind(Generic[M, Q]):
    """A kind of file."""

    name: str
    """As the journal knows it."""
    service: ServiceName
    """Who takes it in."""
    records: RecordType[M]
    """Its lines."""
    request: Callable[[int, Sequence[M], bool], Q]
    """Makes the request of a batch: its number, its records, whether to check only."""
    send: Callable[[grpc.aio.Channel, AsyncIterator[Q]], AsyncIterable[batch_pb2.BatchResult]]
    """Sends batches; answers in their order, each once it is durable."""


async def _one_by_one(
    call: Callable[[Q], Awaitable[batch_pb2.BatchResult]], requests: AsyncIterator[Q]
) -> AsyncIterator[batch_pb2.BatchResult]:
    """Send batches to a method that takes one a call."""
    async for request in requests:
        yield await call(request)


FACTS = FileKind(
    "facts",
    "eligibility",
    RecordType(
        decision_pb2.PersonFacts,
        PersonColumn(),
        word("retirement_group", decision_pb2.RetirementGroup),
        Whole("contribution_months", optional=True),
        Whole("deemed_months", optional=True),
        Whole("avg_index_bp", optional=True),
        Whole("account_balance_fen", optional=True),
        Column("as_of_date"),
    ),
    lambda batch, facts, validate_only: eligibility_service_pb2.SubmitFactsRequest(
        batch=batch, facts=facts, validate_only=validate_only
    ),
    lambda channel, requests: eligibility_service_pb2_grpc.EligibilityServiceStub(channel).StreamFacts(requests),
)

ENTITLEMENTS = FileKind(
    "entitlements",
    "eligibility",
    RecordType(
        entitlement_pb2.EntitlementGrant,
        Column("reference"),
        PersonColumn(),
        Column("benefit"),
        word("scheme", scheme_pb2.Scheme),
        Column("pooling_region"),
        Column("start_month"),
        Column("end_month"),
        Whole("monthly_amount_fen"),
        Column("account"),
    ),
    lambda batch, grants, validate_only: entitlement_service_pb2.GrantEntitlementsRequest(
        batch=batch, entitlements=grants, validate_only=validate_only
    ),
    lambda channel, requests: entitlement_service_pb2_grpc.EntitlementServiceStub(channel).GrantEntitlements(requests),
)

EVIDENCE = FileKind(
    "evidence",
    "eligibility",
    RecordType(
        evidence_pb2.Evidence,
        word("source", evidence_pb2.EvidenceSource),
        Column("reference"),
        PersonColumn(),
        word("kind", evidence_pb2.EvidenceKind),
        Column("event_date"),
        Column("received_date"),
    ),
    lambda batch, evidence, validate_only: evidence_service_pb2.SubmitEvidenceRequest(
        batch=batch, evidence=evidence, validate_only=validate_only
    ),
    lambda channel, requests: evidence_service_pb2_grpc.EvidenceServiceStub(channel).StreamEvidence(requests),
)

NOTICES = FileKind(
    "notices",
    "eligibility",
    RecordType(
        certification_pb2.Notice,
        PersonColumn(),
        word("channel", certification_pb2.NoticeChannel),
        Column("delivered_date"),
    ),
    lambda batch, notices, validate_only: certification_service_pb2.RecordNoticesRequest(
        batch=batch, notices=notices, validate_only=validate_only
    ),
    lambda channel, requests: _one_by_one(
        certification_service_pb2_grpc.CertificationServiceStub(channel).RecordNotices, requests
    ),
)

DRAWS = FileKind(
    "draws",
    "eligibility",
    RecordType(
        draw_pb2.Draw,
        Column("reference"),
        Column("origin"),
        PersonColumn(),
        Column("entitlement_reference"),
        word("scheme", scheme_pb2.Scheme),
        Column("pooling_region"),
        Column("benefit_month"),
        Column("pay_date"),
        word("kind", draw_pb2.DrawKind),
        Whole("amount_fen"),
        Column("account"),
    ),
    lambda batch, draws, validate_only: draw_service_pb2.RecordDrawsRequest(
        batch=batch, draws=draws, validate_only=validate_only
    ),
    lambda channel, requests: draw_service_pb2_grpc.DrawServiceStub(channel).StreamDraws(requests),
)

REVERSALS = FileKind(
    "reversals",
    "eligibility",
    RecordType(draw_pb2.Reversal, Column("origin"), Column("reference"), Column("reverse_date"), Column("reason")),
    lambda batch, reversals, validate_only: draw_service_pb2.ReverseDrawsRequest(
        batch=batch, reversals=reversals, validate_only=validate_only
    ),
    lambda channel, requests: _one_by_one(draw_service_pb2_grpc.DrawServiceStub(channel).ReverseDraws, requests),
)


def bank_returns(
    draw_list: str,
) -> FileKind[draw_list_pb2.BankReturn, draw_list_service_pb2.ImportBankReturnsRequest]:
    """Give the kind of a bank's return file for one draw list."""
    return FileKind(
        f"bank's return of {draw_list}",
        "eligibility",
        RecordType(
            draw_list_pb2.BankReturn,
            Whole("number"),
            Whole("amount_fen"),
            word("result", draw_list_pb2.BankResult),
            Column("return_date"),
            Column("reason"),
            Column("draw_reference"),
        ),
        lambda batch, returns, validate_only: draw_list_service_pb2.ImportBankReturnsRequest(
            batch=batch, name=draw_list, returns=returns, validate_only=validate_only
        ),
        lambda channel, requests: _one_by_one(
            draw_list_service_pb2_grpc.DrawListServiceStub(channel).ImportBankReturns, requests
        ),
    )
