"""The kinds of file that can be imported: their lines, and the call that takes them in."""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import grpc
from google.protobuf.message import Message

from services.admin.profile import ServiceName
from services.admin.records import Column, PersonColumn, RecordType, Whole, word
from socsec.card.v1 import (
    actor_pb2,
    card_pb2,
    card_register_service_pb2,
    card_register_service_pb2_grpc,
    card_service_pb2,
    card_service_pb2_grpc,
    making_pb2,
    making_service_pb2,
    making_service_pb2_grpc,
    person_pb2,
    person_service_pb2,
    person_service_pb2_grpc,
)
from socsec.eligibility.v1 import (
    certification_pb2,
    certification_service_pb2,
    certification_service_pb2_grpc,
    decision_pb2,
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


PEOPLE = FileKind(
    "people",
    "card",
    RecordType(
        person_pb2.PersonRegistration,
        Column("identity_number"),
        Column("full_name"),
        Column("division"),
        Column("representative_identity_number"),
        word("representative_kind", person_pb2.RepresentativeKind),
    ),
    lambda batch, people, validate_only: person_service_pb2.ImportPeopleRequest(
        batch=batch, people=people, validate_only=validate_only
    ),
    lambda channel, requests: person_service_pb2_grpc.PersonServiceStub(channel).ImportPeople(requests),
)

CARDS = FileKind(
    "cards",
    "card",
    RecordType(
        card_service_pb2.CardIssue,
        PersonColumn(),
        Column("issuing_division"),
        Column("service_bank_code"),
        Column("bank_account"),
        Column("issue_date"),
    ),
    lambda batch, cards, validate_only: card_service_pb2.IssueCardsRequest(
        batch=batch, cards=cards, validate_only=validate_only
    ),
    lambda channel, requests: card_service_pb2_grpc.CardServiceStub(channel).IssueCards(requests),
)

EXISTING_CARDS = FileKind(
    "existing cards",
    "card",
    RecordType(
        card_register_service_pb2.ExistingCard,
        PersonColumn(),
        Column("card_no"),
        Column("card_identification_code"),
        Column("issuing_division"),
        Column("service_bank_code"),
        Column("bank_account"),
        Column("issue_date"),
        Column("expire_date"),
        word("status", card_pb2.CardStatus),
        word("cancel_reason", card_pb2.CancelReason),
    ),
    lambda batch, cards, validate_only: card_register_service_pb2.ImportCardsRequest(
        batch=batch, cards=cards, validate_only=validate_only
    ),
    lambda channel, requests: card_register_service_pb2_grpc.CardRegisterServiceStub(channel).ImportCards(requests),
)

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


def card_applications(
    actor: actor_pb2.Actor,
) -> FileKind[card_service_pb2.CardApplication, card_service_pb2.ApplyCardsRequest]:
    """Give the kind of an employer's or school's name list."""
    return FileKind(
        f"card applications of {actor.reference}",
        "card",
        RecordType(
            card_service_pb2.CardApplication, PersonColumn(), Column("issuing_division"), Column("service_bank_code")
        ),
        lambda batch, applications, validate_only: card_service_pb2.ApplyCardsRequest(
            batch=batch, actor=actor, applications=applications, validate_only=validate_only
        ),
        lambda channel, requests: card_service_pb2_grpc.CardServiceStub(channel).ApplyCards(requests),
    )


def making_returns(
    batch_name: str, line_count: int
) -> FileKind[making_pb2.MakingReturn, making_service_pb2.ImportReturnRequest]:
    """Give the kind of the return file of one making batch."""
    return FileKind(
        f"return of {batch_name}",
        "card",
        RecordType(
            making_pb2.MakingReturn,
            Whole("serial"),
            Column("card_no"),
            Column("identity_number"),
            Column("full_name"),
            Column("issue_date"),
            Column("expire_date"),
            Column("card_identification_code"),
            Column("reset_code"),
            Column("service_bank_code"),
            Column("bank_account"),
            Column("box_position"),
            word("failure_stage", making_pb2.FailureStage),
            Column("failure_reason"),
        ),
        lambda batch, lines, validate_only: making_service_pb2.ImportReturnRequest(
            batch=batch, name=batch_name, line_count=line_count, lines=lines, validate_only=validate_only
        ),
        lambda channel, requests: making_service_pb2_grpc.MakingServiceStub(channel).ImportReturn(requests),
    )
