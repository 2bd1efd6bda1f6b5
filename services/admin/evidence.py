"""`ssctl evidence`: what other offices know of people."""

from typing import Annotated

import typer

from services.admin import feeds
from services.admin.choosing import NumberFile, PersonName, chosen, the_person, words
from services.admin.files import add_import
from services.admin.kinds import EVIDENCE
from services.admin.listing import DEFAULT_LIMIT, Filter, Limit, pages
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from socsec.eligibility.v1 import evidence_pb2, evidence_service_pb2, evidence_service_pb2_grpc

app = typer.Typer(help="What other offices know of people: taken in, withdrawn, listed.", no_args_is_help=True)

app.add_typer(feeds.app, name="feeds")
add_import(app, EVIDENCE, "import", "Take evidence in and apply it to certifications.")


@changing(app)
async def withdraw(
    session: Session,
    change: Change,
    source: Annotated[str, typer.Option(help=f"One of: {words(evidence_pb2.EvidenceSource)}.")],
    reference: Annotated[str, typer.Option(help="The source's number of the record.")],
    reason: Annotated[str, typer.Option(help="Why it is taken back, 5 to 200 characters.")],
) -> None:
    """Take a wrong record back (a death that was none); certification and cases are put right."""
    request = evidence_service_pb2.WithdrawEvidenceRequest(
        source=chosen(evidence_pb2.EvidenceSource, "--source", source),
        reference=reference,
        reason=reason,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _evidence(session).WithdrawEvidence(request))


@reading(app, "list")
async def list_evidence(
    session: Session,
    person: PersonName = "",
    identity_number_file: NumberFile = None,
    condition: Filter = "",
    limit: Limit = DEFAULT_LIMIT,
) -> None:
    """List a person's evidence, newest event first. Filter fields: kind, source, event_date."""
    whose = await the_person(session, person, identity_number_file)
    request = evidence_service_pb2.ListEvidenceRequest(person=whose, filter=condition)
    found = pages(_evidence(session).ListEvidence, request, lambda reply: reply.evidence, limit)
    await session.printer.many(found, ("event_date", "kind", "source", "reference", "received_date"))


def _evidence(session: Session) -> "evidence_service_pb2_grpc.EvidenceServiceAsyncStub":
    return evidence_service_pb2_grpc.EvidenceServiceStub(session.channel("eligibility"))
