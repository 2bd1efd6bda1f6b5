"""`ssctl certifications self|visit|infirm` and `notices due|list`: what is done where no office knows anything."""

from typing import Annotated

import typer

from services.admin.choosing import NumberFile, PersonName, chosen, the_person, words
from services.admin.listing import DEFAULT_LIMIT, Limit, pages
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from socsec.eligibility.v1 import certifying_service_pb2, certifying_service_pb2_grpc

Proof = Annotated[str, typer.Option(help="Number of the recording, the form or the visit's record.")]
Day = Annotated[str, typer.Option("--date", help="When, YYYY-MM-DD.")]


def add_verbs(certifications: typer.Typer, notices: typer.Typer) -> None:
    """Give the groups their verbs."""
    changing(certifications, "self")(_self_certify)
    changing(certifications, "visit")(_visit)
    changing(certifications, "infirm")(_infirm)
    reading(notices, "due")(_due)
    reading(notices, "list")(_list)


async def _self_certify(
    session: Session,
    change: Change,
    assurance: Annotated[str, typer.Option(help=f"One of: {words(certifying_service_pb2.Assurance)}.")],
    proof: Proof,
    date: Day,
    person: PersonName = "",
    identity_number_file: NumberFile = None,
) -> None:
    """Record that a person certified: HIGH by face, MEDIUM by video call; LOW, a declaration, certifies nobody."""
    request = certifying_service_pb2.SelfCertifyRequest(
        person=await the_person(session, person, identity_number_file),
        assurance=chosen(certifying_service_pb2.Assurance, "--assurance", assurance),
        proof=proof,
        certify_date=date,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _certifying(session).SelfCertify(request))


async def _visit(
    session: Session,
    change: Change,
    outcome: Annotated[str, typer.Option(help=f"One of: {words(certifying_service_pb2.VisitOutcome)}.")],
    proof: Proof,
    date: Day,
    person: PersonName = "",
    identity_number_file: NumberFile = None,
) -> None:
    """Record a visit at home: who was met is certified."""
    request = certifying_service_pb2.RecordHomeVisitRequest(
        person=await the_person(session, person, identity_number_file),
        visit_date=date,
        outcome=chosen(certifying_service_pb2.VisitOutcome, "--outcome", outcome),
        proof=proof,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _certifying(session).RecordHomeVisit(request))


async def _infirm(
    session: Session,
    change: Change,
    since: Annotated[str, typer.Option(help="Since when, YYYY-MM-DD; without it: no longer, from today.")] = "",
    person: PersonName = "",
    identity_number_file: NumberFile = None,
) -> None:
    """Record that a person is infirm, or no longer: the infirm are visited before a suspension, like the old."""
    request = certifying_service_pb2.RecordInfirmityRequest(
        person=await the_person(session, person, identity_number_file),
        infirm_since=since,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _certifying(session).RecordInfirmity(request))


async def _due(
    session: Session,
    as_of_date: Annotated[str, typer.Option(help="The day to look from, YYYY-MM-DD; without it today.")] = "",
    limit: Limit = DEFAULT_LIMIT,
) -> None:
    """List who is to be reminded next, and how: text message, then telephone, then visit."""
    request = certifying_service_pb2.ListDueNoticesRequest(as_of_date=as_of_date)
    found = pages(_certifying(session).ListDueNotices, request, lambda reply: reply.due_notices, limit)
    await session.printer.many(found, ("person", "channel", "warned_since", "valid_to", "division"))


async def _list(
    session: Session, person: PersonName = "", identity_number_file: NumberFile = None, limit: Limit = DEFAULT_LIMIT
) -> None:
    """List a person's notices, delivered and failed, newest first."""
    request = certifying_service_pb2.ListNoticesRequest(person=await the_person(session, person, identity_number_file))
    found = pages(_certifying(session).ListNotices, request, lambda reply: reply.notices, limit)
    await session.printer.many(found, ("delivered_date", "channel", "delivery", "proof"))


def _certifying(session: Session) -> "certifying_service_pb2_grpc.CertifyingServiceAsyncStub":
    return certifying_service_pb2_grpc.CertifyingServiceStub(session.channel("eligibility"))
